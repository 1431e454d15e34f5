"""Basis, and the indices that CoinGlass makes of derivatives."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from graph_types.fields import value as described  # a field of the indices is called `value`
from payloads.series import DailySeries, Series, Time, TimestampOfTime, Timestamps
from schema.futures.technical import TechnicalSeries


@strawberry.type(description="Basis over one interval: how far the future stands from spot.")
class BasisBar:
    time: Time
    timestamp: TimestampOfTime
    open_percent: Annotated[float | None, described("At the start, in percent.")]
    close_percent: Annotated[float | None, described("At the end, in percent.")]
    open_usd: Annotated[float | None, described("At the start, in US dollars.")]
    close_usd: Annotated[float | None, described("At the end, in US dollars.")]


@strawberry.type(description="Basis as columns, index by index.")
class BasisColumns:
    timestamp: Timestamps
    open_percent: Annotated[Sequence[float | None], described("At the starts, in percent.")]
    close_percent: Annotated[Sequence[float | None], described("At the ends, in percent.")]
    open_usd: Annotated[Sequence[float | None], described("At the starts, in US dollars.")]
    close_usd: Annotated[Sequence[float | None], described("At the ends, in US dollars.")]


@strawberry.type(description="Basis over time.")
class BasisSeries(Series):
    bars: Sequence[BasisBar] = strawberry.field(description="The bars, oldest first.")
    columns: BasisColumns = strawberry.field(description="The same bars as columns.")
    latest: BasisBar | None = strawberry.field(description="The newest bar.")


@strawberry.type(description="CoinGlass' whale index over time: a signed figure without a unit.")
class WhaleIndexSeries(TechnicalSeries): ...


@strawberry.type(description="An index of the derivatives market on one day.")
class DerivativesIndexPoint:
    time: Time
    timestamp: TimestampOfTime
    value: Annotated[float | None, described("Level of the index, without a unit.")]


@strawberry.type(description="An index of the derivatives market as columns, index by index.")
class DerivativesIndexColumns:
    timestamp: Timestamps
    value: Annotated[Sequence[float | None], described("Levels of the index, without a unit.")]


@strawberry.interface(description="An index of the derivatives market, by day.")
class DerivativesIndexSeries(DailySeries):
    points: Sequence[DerivativesIndexPoint] = strawberry.field(description="The days, oldest first.")
    columns: DerivativesIndexColumns = strawberry.field(description="The same days as columns.")
    latest: DerivativesIndexPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="CoinGlass Derivatives Index (CGDI), by day: a level without a unit.")
class DerivativesIndex(DerivativesIndexSeries): ...


@strawberry.type(description="CoinGlass Derivatives Risk Index (CDRI), by day: a score of risk from 0 to 100.")
class DerivativesRiskIndex(DerivativesIndexSeries): ...
