"""Bitcoin beside other markets and the supply of money."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from graph_types.fields import sparse
from graph_types.fields import value as described  # a field of a point is called `value`
from payloads.series import DailySeries
from schema.indicators.points import PricedColumns, PricedPoint


@strawberry.type(description="Correlation of bitcoin with funds on gold, stocks and bonds on one day.")
class CorrelationPoint(PricedPoint):
    gld: Annotated[float | None, sparse("With GLD (gold), from -1 to 1.")]
    iwm: Annotated[float | None, sparse("With IWM (small US companies), from -1 to 1.")]
    qqq: Annotated[float | None, sparse("With QQQ (the Nasdaq 100), from -1 to 1.")]
    spy: Annotated[float | None, sparse("With SPY (the S&P 500), from -1 to 1.")]
    tlt: Annotated[float | None, sparse("With TLT (long US treasury bonds), from -1 to 1.")]


@strawberry.type(description="Correlation of bitcoin with funds on gold, stocks and bonds as columns, index by index.")
class CorrelationColumns(PricedColumns):
    gld: Annotated[Sequence[float | None], described("With GLD (gold).")]
    iwm: Annotated[Sequence[float | None], described("With IWM (small US companies).")]
    qqq: Annotated[Sequence[float | None], described("With QQQ (the Nasdaq 100).")]
    spy: Annotated[Sequence[float | None], described("With SPY (the S&P 500).")]
    tlt: Annotated[Sequence[float | None], described("With TLT (long US treasury bonds).")]


@strawberry.type(description="Correlation of bitcoin with funds on gold, stocks and bonds, by day.")
class Correlation(DailySeries):
    points: Sequence[CorrelationPoint] = strawberry.field(description="The days, oldest first.")
    columns: CorrelationColumns = strawberry.field(description="The same days as columns.")
    latest: CorrelationPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="The bitcoin macro oscillator on one day.")
class MacroOscillatorPoint(PricedPoint):
    value: Annotated[float | None, sparse("Oscillator.")]


@strawberry.type(description="The bitcoin macro oscillator as columns, index by index.")
class MacroOscillatorColumns(PricedColumns):
    value: Annotated[Sequence[float | None], described("Values of the oscillator.")]


@strawberry.type(description="The bitcoin macro oscillator, by day.")
class MacroOscillator(DailySeries):
    points: Sequence[MacroOscillatorPoint] = strawberry.field(description="The days, oldest first.")
    columns: MacroOscillatorColumns = strawberry.field(description="The same days as columns.")
    latest: MacroOscillatorPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="Global money supply M2, beside bitcoin's price on one day.")
class GlobalM2Point(PricedPoint):
    growth_percent: Annotated[float | None, sparse("Growth of the money supply within a year, in percent.")]
    supply_usd: Annotated[float | None, sparse("Money supply M2, in US dollars.")]


@strawberry.type(description="Global money supply M2, beside bitcoin's price as columns, index by index.")
class GlobalM2Columns(PricedColumns):
    growth_percent: Annotated[
        Sequence[float | None], described("Growth of the money supply within a year, in percent.")
    ]
    supply_usd: Annotated[Sequence[float | None], described("Money supply M2, in US dollars.")]


@strawberry.type(description="Global money supply M2, beside bitcoin's price; as documented, by week.")
class GlobalM2(DailySeries):
    points: Sequence[GlobalM2Point] = strawberry.field(description="The days, oldest first.")
    columns: GlobalM2Columns = strawberry.field(description="The same days as columns.")
    latest: GlobalM2Point | None = strawberry.field(description="The newest day.")


@strawberry.type(description="US money supply M2, beside bitcoin's price on one day.")
class USM2Point(PricedPoint):
    growth_fraction: Annotated[
        float | None, sparse("Growth of the money supply within a year, as a fraction (0.1 is 10 %).")
    ]
    supply_usd: Annotated[float | None, sparse("Money supply M2, in US dollars.")]


@strawberry.type(description="US money supply M2, beside bitcoin's price as columns, index by index.")
class USM2Columns(PricedColumns):
    growth_fraction: Annotated[
        Sequence[float | None], described("Growth of the money supply within a year, as fractions.")
    ]
    supply_usd: Annotated[Sequence[float | None], described("Money supply M2, in US dollars.")]


@strawberry.type(description="US money supply M2, beside bitcoin's price, by day.")
class USM2(DailySeries):
    points: Sequence[USM2Point] = strawberry.field(description="The days, oldest first.")
    columns: USM2Columns = strawberry.field(description="The same days as columns.")
    latest: USM2Point | None = strawberry.field(description="The newest day.")
