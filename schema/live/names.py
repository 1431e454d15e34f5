"""Arguments that name what a subscription follows, and the names as CoinGlass lists them."""

from collections.abc import Sequence

from cg_client.errors import BadArgument
from cg_client.symbols.listings import Symbols
from resolvers.arguments import argument, blamed_on
from schema.listing import required

EXCHANGE = argument("exchange", str, "Exchange in any case, e.g. `Binance`, `OKEX`.")
SYMBOL = argument("symbol", str, "The exchange's own code in any case, or base and quote (`BTC/USDT`).")


async def listed_coins(symbols: Symbols, coins: Sequence[str] | None) -> frozenset[str] | None:
    """Return the tickers of the argument `coins`, None for all; raises UnknownName and BadArgument."""
    if coins is None:
        return None
    _check(coins, "coins")
    with blamed_on("coins"):
        return frozenset(await symbols.futures_coins.find(lambda index: required(index, coins)))


async def listed_exchanges(symbols: Symbols, exchanges: Sequence[str] | None) -> frozenset[str] | None:
    """Return the names of the argument `exchanges`, None for all; raises UnknownName and BadArgument."""
    if exchanges is None:
        return None
    _check(exchanges, "exchanges")
    with blamed_on("exchanges"):
        return frozenset(await symbols.futures.find(lambda index: required(index.exchanges, exchanges)))


def _check(names: Sequence[str], name: str) -> None:
    if not names:
        raise BadArgument(f"`{name}` is empty: name some, or leave it out for all.", name)
