"""Basis, and the indices that CoinGlass makes of derivatives."""

from typing import Annotated

import strawberry

from graph_types.fields import value as described  # a field of the indices is called `value`
from payloads.series import Bars, DailySeries, Points, Series, TimedRow
from schema.futures.technical import TechnicalSeries


@strawberry.type(description="Basis over one interval: how far the future stands from spot.")
class BasisBar(TimedRow):
    open_percent: Annotated[float | None, described("Basis at the start of the interval, in percent.")]
    close_percent: Annotated[float | None, described("Basis at the end of the interval, in percent.")]
    open_usd: Annotated[float | None, described("Basis at the start of the interval, in US dollars.")]
    close_usd: Annotated[float | None, described("Basis at the end of the interval, in US dollars.")]


@strawberry.type(description="Basis over time.")
class BasisSeries(Series, Bars[BasisBar]): ...


@strawberry.type(description="CoinGlass' whale index over time: a signed figure without a unit.")
class WhaleIndexSeries(TechnicalSeries): ...


@strawberry.type(description="An index of the derivatives market on one day.")
class DerivativesIndexPoint(TimedRow):
    value: Annotated[float | None, described("Level of the index, without a unit.")]


@strawberry.interface(description="An index of the derivatives market, by day.")
class DerivativesIndexSeries(DailySeries, Points[DerivativesIndexPoint]): ...


@strawberry.type(description="CoinGlass Derivatives Index (CGDI), by day: a level without a unit.")
class DerivativesIndex(DerivativesIndexSeries): ...


@strawberry.type(description="CoinGlass Derivatives Risk Index (CDRI), by day: a score of risk from 0 to 100.")
class DerivativesRiskIndex(DerivativesIndexSeries): ...
