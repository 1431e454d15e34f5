"""Technical indicators of one pair, over time."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse
from payloads.series import Points, Series, TimedRow


@strawberry.type(description="An indicator without a unit at one interval.")
class TechnicalPoint(TimedRow):
    value: Annotated[float | None, sparse("Value, without a unit; null where CoinGlass states none.")]


@strawberry.interface(description="A series of an indicator without a unit.")
class TechnicalSeries(Series, Points[TechnicalPoint]): ...


@strawberry.type(description="An indicator in US dollars at one interval.")
class TechnicalPointUsd(TimedRow):
    value_usd: Annotated[float | None, sparse("Value, in US dollars; null where CoinGlass states none.")]


@strawberry.interface(description="A series of an indicator in US dollars.")
class TechnicalSeriesUsd(Series, Points[TechnicalPointUsd], columns="TechnicalColumnsUsd"): ...


@strawberry.type(description="Relative strength index (RSI) over time, from 0 to 100.")
class RSISeries(TechnicalSeries): ...


@strawberry.type(description="Moving average of the price over time, simple or exponential, in US dollars.")
class MovingAverageSeries(TechnicalSeriesUsd): ...


@strawberry.type(description="MACD line over time: fast less slow exponential moving average, in US dollars.")
class MACDSeries(TechnicalSeriesUsd): ...


@strawberry.type(
    description="Average true range (ATR) over time: how far the price moves in an interval, in US dollars."
)
class AverageTrueRangeSeries(TechnicalSeriesUsd): ...


@strawberry.type(description="Bollinger bands at one interval.")
class BollingerPoint(TimedRow):
    upper_usd: Annotated[float | None, sparse("Upper band, in US dollars; null where CoinGlass states none.")]
    middle_usd: Annotated[
        float | None, sparse("Middle band, the moving average, in US dollars; null where CoinGlass states none.")
    ]
    lower_usd: Annotated[float | None, sparse("Lower band, in US dollars; null where CoinGlass states none.")]


@strawberry.type(description="Bollinger bands of the price over time, in US dollars.")
class BollingerBandsSeries(Series, Points[BollingerPoint]): ...


@strawberry.type(description="TD sequential at one interval: how long the setup under way has lasted.")
class TDSequentialPoint(TimedRow):
    buy_count: Annotated[float | None, sparse("Intervals of the buy setup; null where there is none.")]
    sell_count: Annotated[float | None, sparse("Intervals of the sell setup; null where there is none.")]


@strawberry.type(description="Setup counts of the TD sequential over time.")
class TDSequentialSeries(Series, Points[TDSequentialPoint]): ...
