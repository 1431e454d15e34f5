"""Technical indicators of one pair, over time."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from graph_types.fields import sparse
from graph_types.fields import value as described  # a field of the rows is called `value`
from payloads.series import Series, Time, TimestampOfTime, Timestamps


@strawberry.type(description="An indicator without a unit at one interval.")
class TechnicalPoint:
    time: Time
    timestamp: TimestampOfTime
    value: Annotated[float | None, sparse("Value, without a unit; null where CoinGlass states none.")]


@strawberry.type(description="An indicator without a unit as columns, index by index.")
class TechnicalColumns:
    timestamp: Timestamps
    value: Annotated[Sequence[float | None], described("Values, without a unit.")]


@strawberry.interface(description="A series of an indicator without a unit.")
class TechnicalSeries(Series):
    points: Sequence[TechnicalPoint] = strawberry.field(description="The points, oldest first.")
    columns: TechnicalColumns = strawberry.field(description="The same points as columns.")
    latest: TechnicalPoint | None = strawberry.field(description="The newest point.")


@strawberry.type(description="An indicator in US dollars at one interval.")
class TechnicalPointUsd:
    time: Time
    timestamp: TimestampOfTime
    value_usd: Annotated[float | None, sparse("Value, in US dollars; null where CoinGlass states none.")]


@strawberry.type(description="An indicator in US dollars as columns, index by index.")
class TechnicalColumnsUsd:
    timestamp: Timestamps
    value_usd: Annotated[Sequence[float | None], described("Values, in US dollars.")]


@strawberry.interface(description="A series of an indicator in US dollars.")
class TechnicalSeriesUsd(Series):
    points: Sequence[TechnicalPointUsd] = strawberry.field(description="The points, oldest first.")
    columns: TechnicalColumnsUsd = strawberry.field(description="The same points as columns.")
    latest: TechnicalPointUsd | None = strawberry.field(description="The newest point.")


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
class BollingerPoint:
    time: Time
    timestamp: TimestampOfTime
    upper_usd: Annotated[float | None, sparse("Upper band, in US dollars; null where CoinGlass states none.")]
    middle_usd: Annotated[
        float | None, sparse("Middle band, the moving average, in US dollars; null where CoinGlass states none.")
    ]
    lower_usd: Annotated[float | None, sparse("Lower band, in US dollars; null where CoinGlass states none.")]


@strawberry.type(description="Bollinger bands as columns, index by index.")
class BollingerColumns:
    timestamp: Timestamps
    upper_usd: Annotated[Sequence[float | None], described("Upper bands, in US dollars.")]
    middle_usd: Annotated[Sequence[float | None], described("Middle bands, in US dollars.")]
    lower_usd: Annotated[Sequence[float | None], described("Lower bands, in US dollars.")]


@strawberry.type(description="Bollinger bands of the price over time, in US dollars.")
class BollingerBandsSeries(Series):
    points: Sequence[BollingerPoint] = strawberry.field(description="The points, oldest first.")
    columns: BollingerColumns = strawberry.field(description="The same points as columns.")
    latest: BollingerPoint | None = strawberry.field(description="The newest point.")


@strawberry.type(description="TD sequential at one interval: how long the setup under way has lasted.")
class TDSequentialPoint:
    time: Time
    timestamp: TimestampOfTime
    buy_count: Annotated[float | None, sparse("Intervals of the buy setup; null where there is none.")]
    sell_count: Annotated[float | None, sparse("Intervals of the sell setup; null where there is none.")]


@strawberry.type(description="TD sequential as columns, index by index.")
class TDSequentialColumns:
    timestamp: Timestamps
    buy_count: Annotated[Sequence[float | None], described("Intervals of the buy setups.")]
    sell_count: Annotated[Sequence[float | None], described("Intervals of the sell setups.")]


@strawberry.type(description="Setup counts of the TD sequential over time.")
class TDSequentialSeries(Series):
    points: Sequence[TDSequentialPoint] = strawberry.field(description="The points, oldest first.")
    columns: TDSequentialColumns = strawberry.field(description="The same points as columns.")
    latest: TDSequentialPoint | None = strawberry.field(description="The newest point.")
