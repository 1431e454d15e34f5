"""Footprints: volume of market orders by price, of futures and of spot."""

from collections.abc import Sequence

import msgspec
import strawberry

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector
from payloads.columns import Columns
from payloads.series import Bars, Series, TimedRow, timed_rows
from resolvers.footprint import DecodedBar, decode_footprint


@strawberry.type(description="Market orders between two prices, inside one bar.")
class FootprintLevel:
    price_from: float = strawberry.field(description="Lower price, in the quote asset.")
    price_to: float = strawberry.field(description="Upper price, in the quote asset.")
    buy_quantity: float | None = strawberry.field(description="Bought by market orders, in coins.")
    sell_quantity: float | None = strawberry.field(description="Sold by market orders, in coins.")
    buy_quote: float | None = strawberry.field(description="Bought by market orders, in the quote asset.")
    sell_quote: float | None = strawberry.field(description="Sold by market orders, in the quote asset.")
    buy_usd: float | None = strawberry.field(description="Bought by market orders, in US dollars, as USDT counts them.")
    sell_usd: float | None = strawberry.field(description="Sold by market orders, in US dollars, as USDT counts them.")
    buy_trades: float | None = strawberry.field(description="Number of trades in which a market order bought.")
    sell_trades: float | None = strawberry.field(description="Number of trades in which a market order sold.")


@strawberry.type(description="Market orders of one interval, by price.")
class FootprintBar(TimedRow):
    levels: Sequence[FootprintLevel] = strawberry.field(description="The prices, as CoinGlass orders them.")


@strawberry.type(description="Footprints over time: which market orders were executed at which price in each interval.")
class FootprintSeries(Series, Bars[FootprintBar], columns=None):
    @classmethod
    def decoder(cls) -> Decode[Columns[FootprintBar]]:
        return _decode


def _decode(data: msgspec.Raw, anomalies: AnomalyCollector) -> Columns[FootprintBar]:
    bars = decode_footprint(data, anomalies)
    return timed_rows(FootprintBar, [bar.time for bar in bars], levels=list(map(_levels, bars)))


def _levels(bar: DecodedBar) -> list[FootprintLevel]:
    return [FootprintLevel(**msgspec.structs.asdict(level)) for level in bar.levels]
