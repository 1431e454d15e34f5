"""Lists that CoinGlass gives in numbered pages, shown with `after`.

A page of ours is one of CoinGlass': nothing is lost or repeated even if it gives fewer rows than requested.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar, cast

import strawberry

from cg_client.call import Answer, Call, Decode
from cg_client.endpoint import Endpoint
from graph_types.problems import Problems
from pagination.connections import (
    FIRST,
    MAX_FIRST,
    numbered_page,
    numbered_page_info,
    upstream_page,
    upstream_page_info,
)
from payloads.source import DataSource, rows_field
from resolvers.arguments import argument, arguments_of, sign
from resolvers.context import Info
from resolvers.costs import PageCost
from resolvers.decode import record_decoder, rows_decoder
from resolvers.field import Alternatives, Prepare, bound, field
from resolvers.results import NO_ALTERNATIVES

P = TypeVar("P")

_AFTER = argument("after", str | None, "Cursor of the page after which to go on.", strawberry.UNSET)


def upstream_paged(
    endpoint: Endpoint,
    payload: type[P],
    *,
    bind: Mapping[str, str] | None = None,
    prepare: Prepare | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
) -> P | Problems:
    """Make a field whose payload (a `Paged`) has one list of rows; its parameters include `page` and `per_page`."""
    name, row = rows_field(payload)
    most, decoder = min(endpoint.page_rows, MAX_FIRST), rows_decoder(row, endpoint)
    load = _loader(endpoint, decoder, bind or {}, prepare)

    async def resolve(
        self: object,
        info: Info,
        first: int = FIRST,
        after: str | None = None,
        **arguments: Any,  # noqa: ANN401  # as the signature states
    ) -> object:
        number, size = upstream_page(first, after, most)
        answer = await load(self, info, arguments, {"page": number, "per_page": size})
        page_info = upstream_page_info(number, size, len(answer.value))
        return payload(**{"source": DataSource.of([answer]), "page_info": page_info, name: answer.value})

    rows = argument("first", int, f"Rows of a page, up to {most}.", FIRST)
    sign(resolve, [*arguments_of(endpoint.params, [*(bind or {}), "page", "per_page"], {}), rows, _AFTER])
    cost = PageCost(FIRST)
    return cast("P", field(resolve, (endpoint,), alternatives, decoders={endpoint: decoder}, cost=cost))


def upstream_numbered(
    endpoint: Endpoint,
    payload: type[P],
    *,
    bind: Mapping[str, str] | None = None,
    prepare: Prepare | None = None,
    alternatives: Alternatives = NO_ALTERNATIVES,
) -> P | Problems:
    """Make a field whose payload (a `Paged`) has `total_pages`, all of one size; its parameters include `page`."""
    name, _ = rows_field(payload)
    decoder = record_decoder(cast("type", payload), endpoint)
    load = _loader(endpoint, decoder, bind or {}, prepare)

    async def resolve(self: object, info: Info, after: str | None = None, **arguments: Any) -> object:  # noqa: ANN401  # as the signature states
        number = numbered_page(after)
        answer = await load(self, info, arguments, {"page": number})
        page_info = numbered_page_info(number, answer.value["total_pages"], len(answer.value[name] or ()))
        return payload(**{"source": DataSource.of([answer]), "page_info": page_info, **answer.value})

    sign(resolve, [*arguments_of(endpoint.params, [*(bind or {}), "page"], {}), _AFTER])
    return cast("P", field(resolve, (endpoint,), alternatives, decoders={endpoint: decoder}))


def _loader(
    endpoint: Endpoint, decoder: Decode[Any], bind: Mapping[str, str], prepare: Prepare | None
) -> Callable[[object, Info, dict[str, Any], dict[str, Any]], Awaitable[Answer[Any]]]:
    """Load one page, by the arguments of the field and the number of the page."""

    async def load(parent: object, info: Info, arguments: dict[str, Any], page: dict[str, Any]) -> Answer[Any]:
        arguments = arguments | bound(parent, bind)
        complete = arguments if prepare is None else await prepare(info.context, arguments)
        return await info.context.loaders.endpoint.load(Call(endpoint, endpoint.params(**complete, **page), decoder))

    return load
