"""The exchanges that a coin's figures are added up over."""

from collections.abc import Awaitable, Callable
from typing import Any

from cg_client.errors import BadArgument, NoData
from cg_client.symbols.instruments import InstrumentIndex
from resolvers.arguments import blamed_on
from resolvers.context import Context


async def futures_exchanges(context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with `exchanges` by CoinGlass' names; by default all that list futures of the coin."""
    return await _completed(arguments, context.symbols.futures.find)


async def spot_exchanges(context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """As `futures_exchanges`, for spot pairs."""
    return await _completed(arguments, context.symbols.spot.find)


_Find = Callable[[Callable[[InstrumentIndex], tuple[str, ...]]], Awaitable[tuple[str, ...]]]


async def _completed(arguments: dict[str, Any], find: _Find) -> dict[str, Any]:
    asked, coin = arguments.get("exchanges"), arguments["symbol"]
    _not_empty(asked)
    with blamed_on("exchanges"):
        return arguments | {"exchanges": await find(lambda index: _venues(index, coin, asked))}


def _venues(index: InstrumentIndex, coin: str, asked: list[str] | None) -> tuple[str, ...]:
    """Return the exchanges to ask for; raises UnknownName and NoData."""
    if asked is not None:
        return _named(index, asked)
    venues = index.venues_of(coin)
    if not venues:
        raise NoData(f"No exchange lists a pair with base {coin}.")
    return venues


async def named_exchanges(context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with `exchanges` by CoinGlass' names; without them where they are left out."""
    asked = arguments.get("exchanges")
    _not_empty(asked)
    if asked is None:
        return {name: value for name, value in arguments.items() if name != "exchanges"}
    with blamed_on("exchanges"):
        return arguments | {"exchanges": await context.symbols.futures.find(lambda index: _named(index, asked))}


def _not_empty(asked: list[str] | None) -> None:
    if asked is not None and not asked:
        raise BadArgument("`exchanges` is empty: name some, or leave it out for all.", "exchanges")


def _named(index: InstrumentIndex, asked: list[str]) -> tuple[str, ...]:
    """In alphabetical order, so that the same choice is the same request. Raises UnknownName."""
    return tuple(sorted({index.exchanges.require(name) for name in asked}))
