"""Models of where bitcoin stands in its cycle, by day."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from schema.indicators.points import PricedColumns, PricedPoint
from vocabulary.fields import value as described  # a field of a point is called `value`
from vocabulary.problems import PlanGated, Unavailable, result
from vocabulary.series import DailySeries


@strawberry.type(description="The AHR999 index of bitcoin on one day.")
class AHR999Point(PricedPoint):
    value: Annotated[float | None, described("Index; the lower, the cheaper bitcoin is held to be.")]
    average_price_usd: Annotated[float | None, described("Average price, in US dollars.")]


@strawberry.type(description="The AHR999 index of bitcoin as columns, index by index.")
class AHR999Columns(PricedColumns):
    value: Annotated[Sequence[float | None], described("Index values.")]
    average_price_usd: Annotated[Sequence[float | None], described("Average prices, in US dollars.")]


@strawberry.type(description="The AHR999 index of bitcoin, by day.")
class AHR999(DailySeries):
    points: Sequence[AHR999Point] = strawberry.field(description="The days, oldest first.")
    columns: AHR999Columns = strawberry.field(description="The same days as columns.")
    latest: AHR999Point | None = strawberry.field(description="The newest day.")


AHR999Result = Annotated[AHR999 | PlanGated | Unavailable, result("AHR999")]


@strawberry.type(description="The Puell multiple of bitcoin on one day.")
class PuellMultiplePoint(PricedPoint):
    value: Annotated[float | None, described("Value of the coins issued that day divided by its average over a year.")]


@strawberry.type(description="The Puell multiple of bitcoin as columns, index by index.")
class PuellMultipleColumns(PricedColumns):
    value: Annotated[Sequence[float | None], described("Multiples.")]


@strawberry.type(description="The Puell multiple of bitcoin, by day.")
class PuellMultiple(DailySeries):
    points: Sequence[PuellMultiplePoint] = strawberry.field(description="The days, oldest first.")
    columns: PuellMultipleColumns = strawberry.field(description="The same days as columns.")
    latest: PuellMultiplePoint | None = strawberry.field(description="The newest day.")


PuellMultipleResult = Annotated[PuellMultiple | PlanGated | Unavailable, result("PuellMultiple")]


@strawberry.type(description="Price of bitcoin and time to its next halving on one day.")
class StockToFlowPoint(PricedPoint):
    days_to_halving: Annotated[float | None, described("Days to the next halving.")]


@strawberry.type(description="Price of bitcoin and time to its next halving as columns, index by index.")
class StockToFlowColumns(PricedColumns):
    days_to_halving: Annotated[Sequence[float | None], described("Days to the next halving.")]


@strawberry.type(description="Price of bitcoin and time to its next halving, by day.")
class StockToFlow(DailySeries):
    points: Sequence[StockToFlowPoint] = strawberry.field(description="The days, oldest first.")
    columns: StockToFlowColumns = strawberry.field(description="The same days as columns.")
    latest: StockToFlowPoint | None = strawberry.field(description="The newest day.")


StockToFlowResult = Annotated[StockToFlow | PlanGated | Unavailable, result("StockToFlow")]


@strawberry.type(description="Whether a purchase of bitcoin would be in profit today on one day.")
class ProfitableDaysPoint(PricedPoint):
    profitable: Annotated[bool | None, described("Whether the day is profitable.")]


@strawberry.type(description="Whether a purchase of bitcoin would be in profit today as columns, index by index.")
class ProfitableDaysColumns(PricedColumns):
    profitable: Annotated[Sequence[bool | None], described("Whether the days are profitable.")]


@strawberry.type(description="Whether a purchase of bitcoin would be in profit today, by day.")
class ProfitableDays(DailySeries):
    points: Sequence[ProfitableDaysPoint] = strawberry.field(description="The days, oldest first.")
    columns: ProfitableDaysColumns = strawberry.field(description="The same days as columns.")
    latest: ProfitableDaysPoint | None = strawberry.field(description="The newest day.")


ProfitableDaysResult = Annotated[ProfitableDays | PlanGated | Unavailable, result("ProfitableDays")]
