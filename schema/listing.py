"""Pages of the pairs that exchanges list, and filters of lists."""

from collections.abc import Iterable
from typing import Annotated

import strawberry

from cg_client.errors import UnknownName
from cg_client.symbols.instruments import Instrument, InstrumentIndex, NameIndex
from pagination.connections import Connection, page
from resolvers.arguments import blamed_on
from resolvers.context import Info
from schema.pair import Pair
from schema.spot_pair import SpotPair

ExchangeFilter = Annotated[str | None, strawberry.argument(description="Only of this exchange.")]
CoinFilter = Annotated[str | None, strawberry.argument(description="Only with this base asset.")]


async def pairs_page(
    info: Info, exchange: str | None, coin: str | None, first: int, after: str | None
) -> Connection[Pair]:
    """Futures instruments; raises UnknownName, BadArgument and the listing's CoinglassError."""
    found = await info.context.symbols.futures.find(lambda index: _chosen(index, exchange, coin))
    return page([Pair.of(one) for one in found], _key, first, after)


async def spot_pairs_page(
    info: Info, exchange: str | None, coin: str | None, first: int, after: str | None
) -> Connection[SpotPair]:
    """As `pairs_page`, of spot pairs."""
    found = await info.context.symbols.spot.find(lambda index: _chosen(index, exchange, coin))
    return page([SpotPair.of(one) for one in found], _key, first, after)


def _chosen(index: InstrumentIndex, exchange: str | None, coin: str | None) -> list[Instrument]:
    """In order of exchange and code."""
    with blamed_on("exchange"):
        venues = sorted(index.listing) if exchange is None else [index.exchanges.require(exchange)]
    with blamed_on("coin"):
        base = None if coin is None else index.coins.require(coin)
    listed = (one for venue in venues for one in sorted(index.listing[venue], key=lambda one: one.symbol))
    return [one for one in listed if base is None or one.base == base]


def required(known: NameIndex, names: Iterable[str]) -> tuple[str, ...]:
    """CoinGlass' names; raises one UnknownName for all that are unknown."""
    found, unknown = [], []
    for name in names:
        try:
            found.append(known.require(name))
        except UnknownName as error:
            unknown.append(error)
    if unknown:
        suggestions = dict.fromkeys(one for error in unknown for one in error.suggestions)
        raise UnknownName(" ".join(dict.fromkeys(map(str, unknown))), list(suggestions))
    return tuple(found)


def _key(pair: Pair | SpotPair) -> str:
    return f"{pair.exchange}\n{pair.symbol}"
