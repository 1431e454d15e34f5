"""Market-wide indices, by day."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from vocabulary.fields import value as described  # a field of the index is called `value`
from vocabulary.problems import PlanGated, Unavailable, result
from vocabulary.series import DailySeries, Time, TimestampOfTime, Timestamps


@strawberry.type(description="The fear and greed index on one day.")
class FearGreedPoint:
    time: Time
    timestamp: TimestampOfTime
    value: Annotated[float, described("Index: 0 is extreme fear, 100 extreme greed.")]
    price_usd: Annotated[float | None, described("Price of bitcoin that day, in US dollars.")]


@strawberry.type(description="The fear and greed index as columns, index by index.")
class FearGreedColumns:
    timestamp: Timestamps
    value: Annotated[Sequence[float], described("Index values.")]
    price_usd: Annotated[Sequence[float | None], described("Prices of bitcoin, in US dollars.")]


@strawberry.type(description="The crypto fear and greed index, by day.")
class FearGreedIndex(DailySeries):
    points: Sequence[FearGreedPoint] = strawberry.field(description="The days, oldest first.")
    columns: FearGreedColumns = strawberry.field(description="The same days as columns.")
    latest: FearGreedPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="Options open interest relative to futures open interest on one day.")
class OptionsFuturesRatioPoint:
    time: Time
    timestamp: TimestampOfTime
    btc_percent: Annotated[float | None, described("Of bitcoin, in percent.")]
    eth_percent: Annotated[float | None, described("Of ether, in percent.")]


@strawberry.type(description="Options open interest relative to futures open interest as columns, index by index.")
class OptionsFuturesRatioColumns:
    timestamp: Timestamps
    btc_percent: Annotated[Sequence[float | None], described("Of bitcoin, in percent.")]
    eth_percent: Annotated[Sequence[float | None], described("Of ether, in percent.")]


@strawberry.type(description="Options open interest relative to futures open interest, by day.")
class OptionsFuturesRatio(DailySeries):
    points: Sequence[OptionsFuturesRatioPoint] = strawberry.field(description="The days, oldest first.")
    columns: OptionsFuturesRatioColumns = strawberry.field(description="The same days as columns.")
    latest: OptionsFuturesRatioPoint | None = strawberry.field(description="The newest day.")


FearGreedIndexResult = Annotated[FearGreedIndex | PlanGated | Unavailable, result("FearGreedIndex")]
OptionsFuturesRatioResult = Annotated[OptionsFuturesRatio | PlanGated | Unavailable, result("OptionsFuturesRatio")]
