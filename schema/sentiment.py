"""Sentiment around a coin, of fields that have each their own result."""

from typing import Any

import strawberry

from cg_client.endpoints import futures, indicators
from cg_client.errors import NoData, UnknownName
from cg_client.intervals import Interval
from graph_types.problems import Result
from resolvers.arguments import blamed_on
from resolvers.context import Context
from resolvers.daily import upstream_daily
from resolvers.exchanges import futures_exchanges
from resolvers.field import upstream
from schema.futures.long_short import BY_KIND, LongShortSeries
from schema.futures.taker_volume import TakerVolumeSeries
from schema.indicators.market import FearGreedIndex, OptionsFuturesRatio


async def _usdt_pair(context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with the coin's USDT pair on the exchange."""
    exchange, coin = arguments["exchange"], arguments["symbol"]
    with blamed_on("exchange"):
        venue = await context.symbols.futures.find(lambda index: index.exchanges.require(exchange))
    try:
        pair = await context.symbols.pair(venue, f"{coin}/USDT")
    except UnknownName as unknown:
        raise NoData(f"{unknown} Choose another `exchange`.") from unknown
    return arguments | {"exchange": pair.exchange, "symbol": pair.symbol}


@strawberry.type(description="Sentiment around a coin. Each field has its own result or problem.")
class Sentiment:
    coin: str = strawberry.field(description="Ticker of the coin, e.g. `BTC`.")
    unresolved: strawberry.Private[Exception | None] = None

    fear_greed: Result[FearGreedIndex] = upstream_daily(indicators.market.FEAR_GREED, FearGreedIndex)
    options_futures_ratio: Result[OptionsFuturesRatio] = upstream_daily(
        indicators.market.OPTIONS_FUTURES_RATIO, OptionsFuturesRatio
    )
    long_short_ratio: Result[LongShortSeries] = upstream(
        BY_KIND,
        LongShortSeries,
        bind={"symbol": "coin"},
        prepare=_usdt_pair,
        defaults={"exchange": "Binance", "interval": Interval.H4},
        description="Long/short ratio on the coin's USDT pair of one exchange.",
    )
    taker_volume: Result[TakerVolumeSeries] = upstream(
        futures.taker_volume.AGGREGATED_HISTORY,
        TakerVolumeSeries,
        bind={"symbol": "coin"},
        prepare=futures_exchanges,
        defaults={"interval": Interval.H4},
    )
