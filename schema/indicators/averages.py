"""Moving averages of bitcoin's price and multiples of them, by day."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from graph_types.fields import sparse, value
from payloads.series import DailySeries
from schema.indicators.points import PricedColumns, PricedPoint


@strawberry.type(description="The Pi cycle indicator of bitcoin on one day.")
class PiCyclePoint(PricedPoint):
    moving_average_111_usd: Annotated[float | None, sparse("111-day average of the price, in US dollars.")]
    moving_average_350_doubled_usd: Annotated[
        float | None, sparse("350-day average of the price, times 2, in US dollars.")
    ]


@strawberry.type(description="The Pi cycle indicator of bitcoin as columns, index by index.")
class PiCycleColumns(PricedColumns):
    moving_average_111_usd: Annotated[Sequence[float | None], value("111-day averages of the price, in US dollars.")]
    moving_average_350_doubled_usd: Annotated[
        Sequence[float | None], value("350-day averages of the price, times 2, in US dollars.")
    ]


@strawberry.type(description="The Pi cycle indicator of bitcoin, by day.")
class PiCycle(DailySeries):
    points: Sequence[PiCyclePoint] = strawberry.field(description="The days, oldest first.")
    columns: PiCycleColumns = strawberry.field(description="The same days as columns.")
    latest: PiCyclePoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="The golden ratio multiplier of bitcoin on one day.")
class GoldenRatioMultiplierPoint(PricedPoint):
    moving_average_usd: Annotated[float | None, sparse("350-day average of the price, in US dollars.")]
    accumulation_high_usd: Annotated[float | None, sparse("The average times 1.6, in US dollars.")]
    low_bull_high_usd: Annotated[float | None, sparse("The average times 2, in US dollars.")]
    times_3_usd: Annotated[float | None, sparse("The average times 3, in US dollars.")]
    times_5_usd: Annotated[float | None, sparse("The average times 5, in US dollars.")]
    times_8_usd: Annotated[float | None, sparse("The average times 8, in US dollars.")]
    times_13_usd: Annotated[float | None, sparse("The average times 13, in US dollars.")]
    times_21_usd: Annotated[float | None, sparse("The average times 21, in US dollars.")]


@strawberry.type(description="The golden ratio multiplier of bitcoin as columns, index by index.")
class GoldenRatioMultiplierColumns(PricedColumns):
    moving_average_usd: Annotated[Sequence[float | None], value("350-day averages of the price, in US dollars.")]
    accumulation_high_usd: Annotated[Sequence[float | None], value("The averages times 1.6, in US dollars.")]
    low_bull_high_usd: Annotated[Sequence[float | None], value("The averages times 2, in US dollars.")]
    times_3_usd: Annotated[Sequence[float | None], value("The averages times 3, in US dollars.")]
    times_5_usd: Annotated[Sequence[float | None], value("The averages times 5, in US dollars.")]
    times_8_usd: Annotated[Sequence[float | None], value("The averages times 8, in US dollars.")]
    times_13_usd: Annotated[Sequence[float | None], value("The averages times 13, in US dollars.")]
    times_21_usd: Annotated[Sequence[float | None], value("The averages times 21, in US dollars.")]


@strawberry.type(description="The golden ratio multiplier of bitcoin, by day.")
class GoldenRatioMultiplier(DailySeries):
    points: Sequence[GoldenRatioMultiplierPoint] = strawberry.field(description="The days, oldest first.")
    columns: GoldenRatioMultiplierColumns = strawberry.field(description="The same days as columns.")
    latest: GoldenRatioMultiplierPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="The 2-year moving average of bitcoin's price and its fivefold on one day.")
class TwoYearMovingAverageMultiplierPoint(PricedPoint):
    moving_average_usd: Annotated[float | None, sparse("730-day average of the price, in US dollars.")]
    moving_average_times_5_usd: Annotated[float | None, sparse("The average times 5, in US dollars.")]


@strawberry.type(
    description="The 2-year moving average of bitcoin's price and its fivefold as columns, index by index."
)
class TwoYearMovingAverageMultiplierColumns(PricedColumns):
    moving_average_usd: Annotated[Sequence[float | None], value("730-day averages of the price, in US dollars.")]
    moving_average_times_5_usd: Annotated[Sequence[float | None], value("The averages times 5, in US dollars.")]


@strawberry.type(description="The 2-year moving average of bitcoin's price and its fivefold, by day.")
class TwoYearMovingAverageMultiplier(DailySeries):
    points: Sequence[TwoYearMovingAverageMultiplierPoint] = strawberry.field(description="The days, oldest first.")
    columns: TwoYearMovingAverageMultiplierColumns = strawberry.field(description="The same days as columns.")
    latest: TwoYearMovingAverageMultiplierPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="The 200-week moving average of bitcoin's price on one day.")
class TwoHundredWeekMovingAveragePoint(PricedPoint):
    moving_average_usd: Annotated[float | None, sparse("200-week average of the price, in US dollars.")]
    increase_percent: Annotated[float | None, sparse("Increase of the average within 30 days, in percent.")]


@strawberry.type(description="The 200-week moving average of bitcoin's price as columns, index by index.")
class TwoHundredWeekMovingAverageColumns(PricedColumns):
    moving_average_usd: Annotated[Sequence[float | None], value("200-week averages of the price, in US dollars.")]
    increase_percent: Annotated[Sequence[float | None], value("Increases of the average within 30 days, in percent.")]


@strawberry.type(description="The 200-week moving average of bitcoin's price, by day.")
class TwoHundredWeekMovingAverage(DailySeries):
    points: Sequence[TwoHundredWeekMovingAveragePoint] = strawberry.field(description="The days, oldest first.")
    columns: TwoHundredWeekMovingAverageColumns = strawberry.field(description="The same days as columns.")
    latest: TwoHundredWeekMovingAveragePoint | None = strawberry.field(description="The newest day.")
