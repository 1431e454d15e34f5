"""Averages of bitcoin's price and models of its cycle, by day."""

from typing import Annotated

import strawberry

from cg_client.call import Decode
from graph_types.fields import sparse
from graph_types.fields import value as described  # a field of a point is called `value`
from payloads.columns import Columns
from payloads.series import DailySeries, Points, TimedRow
from payloads.source import Sourced
from resolvers.rainbow import rainbow_decoder


@strawberry.type(description="A day and its price.")
class PricedPoint(TimedRow):
    price_usd: Annotated[float | None, sparse("Price of bitcoin that day, in US dollars.")]


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


@strawberry.type(description="The AHR999 index of bitcoin on one day.")
class AHR999Point(PricedPoint):
    value: Annotated[float | None, sparse("Level of the index: the lower, the cheaper bitcoin is considered.")]
    average_price_usd: Annotated[
        float | None, sparse("Average price that CoinGlass compares with, in US dollars; the period is not stated.")
    ]


@strawberry.type(description="The AHR999 index of bitcoin, by day.")
class AHR999(DailySeries, Points[AHR999Point]): ...


@strawberry.type(description="The Puell multiple of bitcoin on one day.")
class PuellMultiplePoint(PricedPoint):
    value: Annotated[float | None, sparse("Value of the coins issued that day divided by its average over a year.")]


@strawberry.type(description="The Puell multiple of bitcoin, by day.")
class PuellMultiple(DailySeries, Points[PuellMultiplePoint]): ...


@strawberry.type(description="Price of bitcoin and time to its next halving on one day.")
class StockToFlowPoint(PricedPoint):
    days_to_halving: Annotated[float | None, sparse("Days to the next halving.")]


@strawberry.type(description="Price of bitcoin and time to its next halving, by day.")
class StockToFlow(DailySeries, Points[StockToFlowPoint]): ...


@strawberry.type(description="Whether bitcoin bought on one day would be in profit today.")
class ProfitableDaysPoint(PricedPoint):
    profitable: Annotated[
        bool | None, sparse("Whether bitcoin bought that day would be in profit today.", codes={1: True, -1: False})
    ]


@strawberry.type(description="Whether bitcoin bought on each day would be in profit today.")
class ProfitableDays(DailySeries, Points[ProfitableDaysPoint]): ...


@strawberry.type(description="The rainbow chart of bitcoin on one day.")
class RainbowPoint(PricedPoint):
    edges_usd: Annotated[
        list[float | None],
        described("The ten prices that part the bands, from the lower edge of the lowest band on, in US dollars."),
    ]


@strawberry.type(description="The rainbow chart of bitcoin: its price among bands that grow with time, by day.")
class Rainbow(DailySeries, Points[RainbowPoint]):
    @classmethod
    def decoder(cls) -> Decode[Columns[RainbowPoint]]:
        return rainbow_decoder(RainbowPoint)


@strawberry.type(
    description="An indicator of a bull market's peak. Each has a unit of its own, which only the texts hint "
    "at: they are what CoinGlass wrote, such as `7.9%`, `14.98M` or `175k-230k`, and null where it wrote a number."
)
class PeakIndicator:
    name: Annotated[str, described("Name, as CoinGlass words it.")]
    current: Annotated[float | None, sparse("Where it stands; of a text such as `7.9%` the number.", percent=True)]
    target: Annotated[
        float | None, sparse("Where it would signal the peak; null for a text that is no one number.", percent=True)
    ]
    previous: Annotated[float | None, sparse("Where it stood before.", percent=True)]
    change: Annotated[float | None, sparse("Change since then, in the indicator's own unit.", percent=True)]
    current_text: Annotated[
        str | None, sparse("`current` as CoinGlass wrote it.", source_name="current", verbatim=True)
    ]
    target_text: Annotated[str | None, sparse("`target` as CoinGlass wrote it.", source_name="target", verbatim=True)]
    previous_text: Annotated[
        str | None, sparse("`previous` as CoinGlass wrote it.", source_name="previous", verbatim=True)
    ]
    change_text: Annotated[str | None, sparse("`change` as CoinGlass wrote it.", source_name="change", verbatim=True)]
    comparison: Annotated[str | None, sparse("How `current` is compared with `target`, e.g. `>=`.")]
    reached: Annotated[bool | None, sparse("Whether it signals the peak.")]


@strawberry.type(description="Indicators of a bull market's peak.")
class BullMarketPeak(Sourced):
    indicators: list[PeakIndicator] = strawberry.field(description="The indicators, as CoinGlass orders them.")
