"""Volume of market orders by side, of futures and of spot."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse, value
from payloads.series import Bars, Series, TimedRow
from payloads.source import Sourced


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
    symbol: Annotated[str | None, value("Coin.")]
    buy_percent: Annotated[float | None, sparse("Share of buys, in percent.")]
    sell_percent: Annotated[float | None, sparse("Share of sells, in percent.")]
    buy_usd: Annotated[float | None, sparse("Bought by market orders, in US dollars.")]
    sell_usd: Annotated[float | None, sparse("Sold by market orders, in US dollars.")]
    exchanges: Annotated[list[ExchangeTakerVolume] | None, value("Each exchange.")]
