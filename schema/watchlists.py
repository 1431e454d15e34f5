"""Watchlists: entities in the requested order. An unknown name is an error of its own item alone."""

from collections.abc import Sequence
from typing import TypeAlias, TypeVar, cast

import strawberry

from cg_client.errors import CoinglassError, UnknownName
from cg_client.symbols.instruments import Instrument, InstrumentIndex
from cg_client.symbols.listings import Listing
from cg_client.symbols.name_index import CoinIndex
from resolvers.context import Info
from schema.coin import Coin
from schema.trading_pair import TradingPair

MAX_NAMES = 500  # of one watchlist

P = TypeVar("P", bound=TradingPair)
T = TypeVar("T")

Entity: TypeAlias = T | UnknownName  # graphql-core makes null and an error of an exception in a list


@strawberry.input(description="A pair of an exchange. Both names as callers may write them for `pair`.")
class PairKey:
    exchange: str = strawberry.field(description="Exchange in any case, e.g. `Binance`.")
    symbol: str = strawberry.field(
        description="As `symbol` of `pair`: the exchange's own code, `BTC/USDT`, or as TradingView or ccxt write it."
    )


async def coins_by_symbol(info: Info, symbols: Sequence[str]) -> list[Coin | None]:
    """Return the coins with futures or, failing that, with spot markets."""
    listings = info.context.symbols
    coins = await _coins(info, listings.futures_coins, symbols)
    unknown = {index: coin for index, coin in enumerate(coins) if isinstance(coin, UnknownName)}
    if unknown:
        others = await _coins(info, listings.spot_coins, [symbols[index] for index in unknown])
        for (index, error), other in zip(unknown.items(), others, strict=True):
            coins[index] = _merged(error, other) if isinstance(other, UnknownName) else other
    return cast("list[Coin | None]", coins)


async def pairs_by_key(info: Info, kind: type[P], keys: Sequence[PairKey]) -> list[P | None]:
    """Return the pairs of a kind; without their listing all are unresolved."""
    try:
        instruments = await kind.listing(info.context.symbols).find_each(_instrument, keys)
    except CoinglassError as error:
        info.context.validity.mark_uncacheable()
        return [kind(exchange=key.exchange, symbol=key.symbol, unresolved=error) for key in keys]
    pairs = [_blamed(item, "keys") if isinstance(item, UnknownName) else kind.of(item) for item in instruments]
    return cast("list[P | None]", pairs)


async def _coins(info: Info, listing: Listing[CoinIndex], symbols: Sequence[str]) -> list[Entity[Coin]]:
    try:
        names = await listing.find_each(CoinIndex.require, symbols)
    except CoinglassError as error:
        info.context.validity.mark_uncacheable()
        return [Coin(symbol=symbol, unresolved=error) for symbol in symbols]
    return [_blamed(name, "symbols") if isinstance(name, UnknownName) else Coin(symbol=name) for name in names]


def _instrument(index: InstrumentIndex, key: PairKey) -> Instrument:
    return index.find(key.exchange, key.symbol)


def _blamed(error: UnknownName, argument: str) -> UnknownName:
    error.argument = argument
    return error


def _merged(error: UnknownName, other: UnknownName) -> UnknownName:
    """Return the error with the suggestions of both listings."""
    suggestions = dict.fromkeys([*error.suggestions, *other.suggestions])
    return UnknownName(str(error), list(suggestions), error.argument)
