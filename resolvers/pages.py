"""Long lists of CoinGlass' own, which come in numbered pages (`page`, `per_page`), shown with `first` and `after`.

A page of ours is one of CoinGlass': nothing is lost or repeated even where it gives fewer rows than it was asked for.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import strawberry

from cg_client.call import Call
from cg_client.endpoint import Endpoint
from graph_types.problems import Problems
from pagination.connections import FIRST, MAX_FIRST, upstream_page, upstream_page_info
from payloads.source import Source, rows_field
from resolvers.arguments import argument, arguments_of, sign
from resolvers.context import Info
from resolvers.decode import rows_decoder
from resolvers.field import Alternatives, Prepare, bound, field
from resolvers.results import NO_ALTERNATIVES

P = TypeVar("P")

_AFTER = argument("after", str | None, "Cursor of the page after which to go on.", strawberry.UNSET)
_PAGING = ("page", "per_page")


def upstream_paged(
    endpoint: Endpoint,
    payload: type[P],
    *,
    bind: Mapping[str, str] | None = None,
    prepare: Prepare | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
) -> P | Problems:
    """Make a field whose payload (a `Paged`) has one list of rows; its parameters include `page` and `per_page`."""
    attributes = bind or {}
    name, row = rows_field(payload)
    most = min(endpoint.page_rows, MAX_FIRST)
    decoder = rows_decoder(row, endpoint)

    async def resolve(
        self: object,
        info: Info,
        first: int = FIRST,
        after: str | None = None,
        **arguments: Any,  # noqa: ANN401  # as the signature states
    ) -> object:
        number, size = upstream_page(first, after, most)
        arguments |= bound(self, attributes)
        complete = arguments if prepare is None else await prepare(info.context, arguments)
        params = endpoint.params(**complete | {"page": number, "per_page": size})
        answer = await info.context.loaders.endpoint.load(Call(endpoint, params, decoder))
        page_info = upstream_page_info(number, size, len(answer.value))
        return payload(**{"source": Source.of([answer]), "page_info": page_info, name: answer.value})

    rows = argument("first", int, f"Rows of a page, up to {most}.", FIRST)
    sign(resolve, [*arguments_of(endpoint.params, [*attributes, *_PAGING], {}), rows, _AFTER])
    return cast("P", field(resolve, (endpoint,), alternatives, decoders={endpoint: decoder}))
