"""Volume of market orders, of futures and of spot: by side, as a running sum, by price and as net flow by period."""

from collections.abc import Sequence
from typing import Annotated, Self

import strawberry

from cg_client.call import Decode
from graph_types.fields import group, sparse, value
from pagination.connections import Paged
from payloads.columns import Columns
from payloads.series import Bars, Series, ServedWindow, TimedRow
from payloads.source import Sourced
from resolvers.footprint import footprint_decoder
from resolvers.running_sum import count_from_first


@strawberry.type(description="Taker volume of one interval.")
class TakerVolumeBar(TimedRow):
    buy_usd: Annotated[float | None, value("Bought by market orders, in US dollars.")]
    sell_usd: Annotated[float | None, value("Sold by market orders, in US dollars.")]


@strawberry.type(description="Taker buy and sell volume over time, in US dollars.")
class TakerVolumeSeries(Series, Bars[TakerVolumeBar]): ...


@strawberry.type(description="Taker volume of one exchange over the period.")
class ExchangeTakerVolume:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    buy_percent: Annotated[float | None, sparse("Share of buys, in percent.")]
    sell_percent: Annotated[float | None, sparse("Share of sells, in percent.")]
    buy_usd: Annotated[float | None, sparse("Bought by market orders, in US dollars.")]
    sell_usd: Annotated[float | None, sparse("Sold by market orders, in US dollars.")]


@strawberry.type(description="Taker volume of a coin over the period: in all, and on each exchange.")
class TakerVolumeByExchange(Sourced):
    symbol: Annotated[str | None, value("Ticker of the coin, e.g. `BTC`.")]
    buy_percent: Annotated[float | None, sparse("Share of buys, in percent.")]
    sell_percent: Annotated[float | None, sparse("Share of sells, in percent.")]
    buy_usd: Annotated[float | None, sparse("Bought by market orders, in US dollars.")]
    sell_usd: Annotated[float | None, sparse("Sold by market orders, in US dollars.")]
    exchanges: Annotated[list[ExchangeTakerVolume] | None, value("Taker volume on each exchange.")]


@strawberry.type(description="Taker volume of one interval, and the running sum of buys less sells.")
class CumulativeVolumeDeltaBar(TakerVolumeBar):
    cumulative_delta_usd: Annotated[
        float | None, value("Bought less sold since the first point of the series, this one included, in US dollars.")
    ]


@strawberry.type(
    description="Cumulative volume delta over time, in US dollars: what market orders bought less what they sold, "
    "counted from the first point of the window. CoinGlass counts from the start of each request; here the sum is "
    "formed from the buys and sells, so that it depends on the window alone."
)
class CumulativeVolumeDeltaSeries(Series, Bars[CumulativeVolumeDeltaBar]):
    @classmethod
    def of(cls, window: ServedWindow) -> Self:
        return super().of(count_from_first(window, cumulative_delta_usd=("buy_usd", "sell_usd")))


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
        return footprint_decoder(FootprintBar, FootprintLevel)


@strawberry.type(description="Taker volume over a period, and its net flow.")
class TakerFlow:
    buy_usd: Annotated[float | None, sparse("Bought by market orders, in US dollars.")]
    sell_usd: Annotated[float | None, sparse("Sold by market orders, in US dollars.")]
    net_usd: Annotated[float | None, sparse("Net flow: bought less sold, in US dollars.")]


@strawberry.type(description="Taker volume over a period, its net flow, and how that compares.")
class ComparedTakerFlow(TakerFlow):
    net_change_percent: Annotated[float | None, sparse("Change of the net flow, in percent.")]
    net_market_cap_percent: Annotated[
        float | None, sparse("Net flow as a share of the coin's market capitalisation, in percent.")
    ]


@strawberry.type(description="Taker flows by period, from five minutes to 30 days.")
class FlowsToMonth:
    m5: Annotated[TakerFlow, group("Over 5 minutes.", "{}_5m")]
    m15: Annotated[TakerFlow, group("Over 15 minutes.", "{}_15m")]
    m30: Annotated[TakerFlow, group("Over 30 minutes.", "{}_30m")]
    h1: Annotated[TakerFlow, group("Over 1 hour.", "{}_1h")]
    h2: Annotated[TakerFlow, group("Over 2 hours.", "{}_2h")]
    h4: Annotated[TakerFlow, group("Over 4 hours.", "{}_4h")]
    h6: Annotated[TakerFlow, group("Over 6 hours.", "{}_6h")]
    h8: Annotated[TakerFlow, group("Over 8 hours.", "{}_8h")]
    h12: Annotated[TakerFlow, group("Over 12 hours.", "{}_12h")]
    h24: Annotated[TakerFlow, group("Over 24 hours.", "{}_24h")]
    d3: Annotated[TakerFlow, group("Over 3 days.", "{}_3d")]
    d7: Annotated[TakerFlow, group("Over 7 days.", "{}_7d")]
    d15: Annotated[TakerFlow, group("Over 15 days.", "{}_15d")]
    d30: Annotated[TakerFlow, group("Over 30 days.", "{}_30d")]


@strawberry.type(description="Taker flows by period, from five minutes to 120 days.")
class FlowsToMonths(FlowsToMonth):
    d40: Annotated[TakerFlow, group("Over 40 days.", "{}_40d")]
    d50: Annotated[TakerFlow, group("Over 50 days.", "{}_50d")]
    d60: Annotated[TakerFlow, group("Over 60 days.", "{}_60d")]
    d90: Annotated[TakerFlow, group("Over 90 days.", "{}_90d")]
    d120: Annotated[TakerFlow, group("Over 120 days.", "{}_120d")]


@strawberry.type(description="Taker flows by period, from five minutes to a year.")
class FlowsToYear:
    m5: Annotated[ComparedTakerFlow, group("Over 5 minutes.", "{}_5m")]
    m15: Annotated[ComparedTakerFlow, group("Over 15 minutes.", "{}_15m")]
    m30: Annotated[ComparedTakerFlow, group("Over 30 minutes.", "{}_30m")]
    h1: Annotated[ComparedTakerFlow, group("Over 1 hour.", "{}_1h")]
    h4: Annotated[ComparedTakerFlow, group("Over 4 hours.", "{}_4h")]
    h8: Annotated[ComparedTakerFlow, group("Over 8 hours.", "{}_8h")]
    h12: Annotated[ComparedTakerFlow, group("Over 12 hours.", "{}_12h")]
    h24: Annotated[ComparedTakerFlow, group("Over 24 hours.", "{}_24h")]
    d3: Annotated[ComparedTakerFlow, group("Over 3 days.", "{}_3d")]
    d5: Annotated[ComparedTakerFlow, group("Over 5 days.", "{}_5d")]
    d7: Annotated[ComparedTakerFlow, group("Over 7 days.", "{}_7d")]
    d10: Annotated[ComparedTakerFlow, group("Over 10 days.", "{}_10d")]
    d15: Annotated[ComparedTakerFlow, group("Over 15 days.", "{}_15d")]
    d30: Annotated[ComparedTakerFlow, group("Over 30 days.", "{}_30d")]
    d40: Annotated[ComparedTakerFlow, group("Over 40 days.", "{}_40d")]
    d50: Annotated[ComparedTakerFlow, group("Over 50 days.", "{}_50d")]
    d60: Annotated[ComparedTakerFlow, group("Over 60 days.", "{}_60d")]
    d90: Annotated[ComparedTakerFlow, group("Over 90 days.", "{}_90d")]
    d120: Annotated[ComparedTakerFlow, group("Over 120 days.", "{}_120d")]
    d150: Annotated[ComparedTakerFlow, group("Over 150 days.", "{}_150d")]
    d180: Annotated[ComparedTakerFlow, group("Over 180 days.", "{}_180d")]
    y1: Annotated[ComparedTakerFlow, group("Over 1 year.", "{}_1y")]


@strawberry.type(description="Net flow of a coin by period, added up over exchanges.")
class CoinNetflow(Sourced):
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    flows: Annotated[FlowsToYear, group("Taker volume and net flow by period.")]


@strawberry.type(description="Net flow of a coin's futures.")
class FuturesNetflow:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    market_cap_usd: Annotated[float | None, sparse("Market capitalisation, in US dollars.")]
    flows: Annotated[FlowsToMonths, group("Taker volume and net flow by period.")]


@strawberry.type(description="Net flow of each coin's futures: a page of the list.")
class FuturesNetflows(Paged):
    coins: list[FuturesNetflow] = strawberry.field(description="The coins, as CoinGlass orders them.")


@strawberry.type(description="Net flow of a coin's spot markets.")
class SpotNetflow:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    market_cap_usd: Annotated[float | None, sparse("Market capitalisation, in US dollars.")]
    flows: Annotated[FlowsToMonth, group("Taker volume and net flow by period.")]


@strawberry.type(description="Net flow of each coin's spot markets: a page of the list.")
class SpotNetflows(Paged):
    coins: list[SpotNetflow] = strawberry.field(description="The coins, as CoinGlass orders them.")
