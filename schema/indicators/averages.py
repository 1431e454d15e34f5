"""Moving averages of bitcoin's price and multiples of them, by day."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse
from payloads.series import DailySeries, Points
from schema.indicators.points import PricedPoint


@strawberry.type(description="The Pi cycle indicator of bitcoin on one day.")
class PiCyclePoint(PricedPoint):
    moving_average_111_usd: Annotated[float | None, sparse("111-day average of the price, in US dollars.")]
    moving_average_350_doubled_usd: Annotated[
        float | None, sparse("350-day average of the price, times 2, in US dollars.")
    ]


@strawberry.type(description="The Pi cycle indicator of bitcoin, by day.")
class PiCycle(DailySeries, Points[PiCyclePoint]): ...


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


@strawberry.type(description="The golden ratio multiplier of bitcoin, by day.")
class GoldenRatioMultiplier(DailySeries, Points[GoldenRatioMultiplierPoint]): ...


@strawberry.type(description="The 2-year moving average of bitcoin's price and its fivefold on one day.")
class TwoYearMovingAverageMultiplierPoint(PricedPoint):
    moving_average_usd: Annotated[float | None, sparse("730-day average of the price, in US dollars.")]
    moving_average_times_5_usd: Annotated[float | None, sparse("The average times 5, in US dollars.")]


@strawberry.type(description="The 2-year moving average of bitcoin's price and its fivefold, by day.")
class TwoYearMovingAverageMultiplier(DailySeries, Points[TwoYearMovingAverageMultiplierPoint]): ...


@strawberry.type(description="The 200-week moving average of bitcoin's price on one day.")
class TwoHundredWeekMovingAveragePoint(PricedPoint):
    moving_average_usd: Annotated[float | None, sparse("200-week average of the price, in US dollars.")]
    increase_percent: Annotated[float | None, sparse("Increase of the average within 30 days, in percent.")]


@strawberry.type(description="The 200-week moving average of bitcoin's price, by day.")
class TwoHundredWeekMovingAverage(DailySeries, Points[TwoHundredWeekMovingAveragePoint]): ...
