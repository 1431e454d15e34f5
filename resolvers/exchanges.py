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
    names, coin = arguments.get("exchanges"), arguments["symbol"]
    _not_empty(names)
    with blamed_on("exchanges"):
        return arguments | {"exchanges": await find(lambda index: _venues(index, coin, names))}


def _venues(index: InstrumentIndex, coin: str, names: list[str] | None) -> tuple[str, ...]:
    """Return the exchanges to request; raises UnknownName and NoData."""
    if names is not None:
        return _named(index, names)
    venues = index.venues_of(coin)
    if not venues:
        raise NoData(f"No exchange lists a pair with base {coin}.")
    return venues


async def named_exchanges(context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with `exchanges` by CoinGlass' names; without them where they are left out."""
    names = arguments.get("exchanges")
    _not_empty(names)
    if names is None:
        return {name: value for name, value in arguments.items() if name != "exchanges"}
    with blamed_on("exchanges"):
        return arguments | {"exchanges": await context.symbols.futures.find(lambda index: _named(index, names))}


def _not_empty(names: list[str] | None) -> None:
    if names is not None and not names:
        raise BadArgument("`exchanges` is empty: name some, or leave it out for all.", "exchanges")


def _named(index: InstrumentIndex, names: list[str]) -> tuple[str, ...]:
    """In alphabetical order, so that the same choice is the same request. Raises UnknownName."""
    return tuple(sorted({index.exchanges.require(name) for name in names}))
