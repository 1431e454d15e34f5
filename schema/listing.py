"""How fields refer to what exchanges list: parameters from a pair, filters and required names."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Annotated, Protocol

import strawberry

from cg_client.errors import UnknownName
from cg_client.symbols.instruments import Instrument, InstrumentIndex
from cg_client.symbols.name_index import NameIndex
from resolvers.arguments import blamed_on

BY_PAIR = {"exchange": "exchange", "symbol": "symbol"}
ExchangeFilter = Annotated[str | None, strawberry.argument(description="Only those of this exchange, e.g. `Binance`.")]
CoinFilter = Annotated[str | None, strawberry.argument(description="Only those of this coin, e.g. `BTC`.")]


class ListedPair(Protocol):
    """A pair as the fields of it see it: its class is declared above them."""

    exchange: str
    symbol: str

    @property
    def instrument(self) -> Instrument: ...


def select(index: InstrumentIndex, exchange: str | None, coin: str | None) -> list[Instrument]:
    """Return the instruments in order of exchange and code; raises UnknownName."""
    with blamed_on("exchange"):
        venues = sorted(index.listing) if exchange is None else [index.exchanges.require(exchange)]
    with blamed_on("coin"):
        base = None if coin is None else index.coins.require(coin)
    instruments = (item for venue in venues for item in sorted(index.listing[venue], key=attrgetter("symbol")))
    return [item for item in instruments if base is None or item.base == base]


def required(index: NameIndex, names: Iterable[str]) -> tuple[str, ...]:
    """Return CoinGlass' names; raises one UnknownName for all unknown ones."""
    listed, unknown = [], []
    for name in names:
        try:
            listed.append(index.require(name))
        except UnknownName as error:
            unknown.append(error)
    if unknown:
        suggestions = dict.fromkeys(name for error in unknown for name in error.suggestions)
        raise UnknownName(" ".join(dict.fromkeys(map(str, unknown))), list(suggestions))
    return tuple(listed)
