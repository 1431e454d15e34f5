"""Subscriptions to the channels of CoinGlass' WebSocket."""

from collections.abc import Callable, Sequence
from typing import Any

import strawberry

from cg_client.errors import BadArgument
from cg_client.live.channels import Channel, ChannelKind
from cg_client.symbols.aliases import fold_exchange
from live.channel_field import Selected, streamed
from resolvers.arguments import argument
from resolvers.context import Context
from schema.futures.liquidation import LiquidationOrder
from schema.live.events import FuturesTicker, LiveLiquidations, LiveTickers, LiveTrades, Trade, liquidation_order
from schema.live.names import EXCHANGE, SYMBOL, listed_coins, listed_exchanges

_TRADE_USD = argument("min_usd", int, "Only trades of this value or more, in US dollars.", 10_000)
_EXCHANGES = argument("exchanges", list[str] | None, "Only on these exchanges. Left out: on all.", strawberry.UNSET)
_COINS = argument(
    "coins", list[str] | None, "Only of these coins, by their tickers. Left out: of all.", strawberry.UNSET
)
_LEAST_USD = argument("min_usd", float, "Only liquidations of this value or more, in US dollars.", 0.0)


async def _liquidations(
    context: Context, min_usd: float, exchanges: Sequence[str] | None = None, coins: Sequence[str] | None = None
) -> Selected:
    """Select by names as CoinGlass lists them; raises UnknownName and BadArgument."""
    if not 0 <= min_usd < float("inf"):
        raise BadArgument(f"`minUsd` is a value in US dollars from 0, not {min_usd:g}.", "minUsd")
    venues = await listed_exchanges(context.symbols, exchanges)
    tickers = await listed_coins(context.symbols, coins)
    folded = None if venues is None else frozenset(map(fold_exchange, venues))

    def holds(order: LiquidationOrder) -> bool:
        return (
            (not min_usd or (order.usd is not None and order.usd >= min_usd))
            and (tickers is None or order.base in tickers)
            and (folded is None or fold_exchange(order.exchange) in folded)
        )

    return Selected(Channel(ChannelKind.LIQUIDATION_ORDERS), holds, (min_usd, folded, tickers))


def _of_pair(kind: ChannelKind, *, spot: bool = False) -> Callable[..., Any]:
    async def select(context: Context, exchange: str, symbol: str, min_usd: int | None = None) -> Selected:
        listing = context.symbols.spot if spot else context.symbols.futures
        pair = await listing.find(lambda index: index.find(exchange, symbol))
        return Selected(Channel(kind, pair.exchange, pair.symbol, min_usd), lambda _: True)

    return select


LIQUIDATIONS = streamed(
    ChannelKind.LIQUIDATION_ORDERS,
    LiveLiquidations,
    "orders",
    liquidation_order,
    [_EXCHANGES, _COINS, _LEAST_USD],
    _liquidations,
)
FUTURES_TRADES = streamed(
    ChannelKind.FUTURES_TRADES,
    LiveTrades,
    "trades",
    Trade.of,
    [EXCHANGE, SYMBOL, _TRADE_USD],
    _of_pair(ChannelKind.FUTURES_TRADES),
)
SPOT_TRADES = streamed(
    ChannelKind.SPOT_TRADES,
    LiveTrades,
    "trades",
    Trade.of,
    [EXCHANGE, SYMBOL, _TRADE_USD],
    _of_pair(ChannelKind.SPOT_TRADES, spot=True),
)
FUTURES_TICKER = streamed(
    ChannelKind.FUTURES_TICKER,
    LiveTickers,
    "tickers",
    FuturesTicker.of,
    [EXCHANGE, SYMBOL],
    _of_pair(ChannelKind.FUTURES_TICKER),
)
