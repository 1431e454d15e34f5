"""Models of where bitcoin stands in its cycle, by day."""

from typing import Annotated

import msgspec
import strawberry

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector
from graph_types.fields import sparse
from graph_types.fields import value as described  # a field of a point is called `value`
from payloads.columns import Columns
from payloads.series import DailySeries, Points, timed_rows
from payloads.source import Sourced
from resolvers.rainbow import decode_rainbow
from schema.indicators.points import PricedPoint


@strawberry.type(description="The AHR999 index of bitcoin on one day.")
class AHR999Point(PricedPoint):
    value: Annotated[float | None, sparse("Index; the lower, the cheaper bitcoin is held to be.")]
    average_price_usd: Annotated[float | None, sparse("Average price, in US dollars.")]


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


@strawberry.type(description="Whether a purchase of bitcoin would be in profit today on one day.")
class ProfitableDaysPoint(PricedPoint):
    profitable: Annotated[bool | None, sparse("Whether the day is profitable.", codes={1: True, -1: False})]


@strawberry.type(description="Whether a purchase of bitcoin would be in profit today, by day.")
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
        return _decode


def _decode(data: msgspec.Raw, anomalies: AnomalyCollector) -> Columns[RainbowPoint]:
    days = decode_rainbow(data, anomalies)
    return timed_rows(
        RainbowPoint,
        [day.time for day in days],
        price_usd=[day.price for day in days],
        edges_usd=[day.edges for day in days],
    )


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
