"""Long lists of CoinGlass' own whose pages have one size and state how many there are, shown with `after`."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import strawberry

from cg_client.call import Call
from cg_client.endpoint import Endpoint
from graph_types.problems import Problems
from pagination.connections import numbered_page, numbered_page_info
from payloads.source import Source, rows_field
from resolvers.arguments import argument, arguments_of, sign
from resolvers.context import Info
from resolvers.decode import record_decoder
from resolvers.field import Alternatives, Prepare, bound, field
from resolvers.results import NO_ALTERNATIVES

P = TypeVar("P")

_AFTER = argument("after", str | None, "Cursor of the page after which to go on.", strawberry.UNSET)


def upstream_numbered(
    endpoint: Endpoint,
    payload: type[P],
    *,
    bind: Mapping[str, str] | None = None,
    prepare: Prepare | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
) -> P | Problems:
    """Make a field whose payload (a `Paged`) has `total_pages`; its parameters include `page`."""
    attributes = bind or {}
    decoder = record_decoder(cast("type", payload), endpoint)
    rows, _ = rows_field(payload)

    async def resolve(self: object, info: Info, after: str | None = None, **arguments: Any) -> object:  # noqa: ANN401  # as the signature states
        number = numbered_page(after)
        arguments |= bound(self, attributes)
        complete = arguments if prepare is None else await prepare(info.context, arguments)
        call = Call(endpoint, endpoint.params(**complete | {"page": number}), decoder)
        answer = await info.context.loaders.endpoint.load(call)
        page_info = numbered_page_info(number, answer.value["total_pages"], len(answer.value[rows] or ()))
        return payload(**{"source": Source.of([answer]), "page_info": page_info, **answer.value})

    sign(resolve, [*arguments_of(endpoint.params, [*attributes, "page"], {}), _AFTER])
    return cast("P", field(resolve, (endpoint,), alternatives, decoders={endpoint: decoder}))
