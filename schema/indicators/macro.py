"""Bitcoin beside other markets and the supply of money."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse
from payloads.series import DailySeries, Points
from schema.indicators.points import PricedPoint


@strawberry.type(description="Correlation of bitcoin with funds on gold, stocks and bonds on one day.")
class CorrelationPoint(PricedPoint):
    gld: Annotated[float | None, sparse("With GLD (gold), from -1 to 1.")]
    iwm: Annotated[float | None, sparse("With IWM (small US companies), from -1 to 1.")]
    qqq: Annotated[float | None, sparse("With QQQ (the Nasdaq 100), from -1 to 1.")]
    spy: Annotated[float | None, sparse("With SPY (the S&P 500), from -1 to 1.")]
    tlt: Annotated[float | None, sparse("With TLT (long US treasury bonds), from -1 to 1.")]


@strawberry.type(description="Correlation of bitcoin with funds on gold, stocks and bonds, by day.")
class Correlation(DailySeries, Points[CorrelationPoint]): ...


@strawberry.type(description="The bitcoin macro oscillator on one day.")
class MacroOscillatorPoint(PricedPoint):
    value: Annotated[float | None, sparse("Oscillator.")]


@strawberry.type(description="The bitcoin macro oscillator, by day.")
class MacroOscillator(DailySeries, Points[MacroOscillatorPoint]): ...


@strawberry.type(description="Global money supply M2, beside bitcoin's price on one day.")
class GlobalM2Point(PricedPoint):
    growth_percent: Annotated[float | None, sparse("Growth of the money supply within a year, in percent.")]
    supply_usd: Annotated[float | None, sparse("Money supply M2, in US dollars.")]


@strawberry.type(description="Global money supply M2, beside bitcoin's price; as documented, by week.")
class GlobalM2(DailySeries, Points[GlobalM2Point]): ...


@strawberry.type(description="US money supply M2, beside bitcoin's price on one day.")
class USM2Point(PricedPoint):
    growth_fraction: Annotated[
        float | None, sparse("Growth of the money supply within a year, as a fraction (0.1 is 10 %).")
    ]
    supply_usd: Annotated[float | None, sparse("Money supply M2, in US dollars.")]


@strawberry.type(description="US money supply M2, beside bitcoin's price, by day.")
class USM2(DailySeries, Points[USM2Point]): ...
