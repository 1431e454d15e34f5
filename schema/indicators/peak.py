"""Indicators of a bull market's peak."""

from typing import Annotated

import strawberry

from vocabulary.fields import value
from vocabulary.payloads import Sourced
from vocabulary.problems import PlanGated, Unavailable, result


@strawberry.type(description="An indicator of a bull market's peak. Each has a unit of its own, which is not stated.")
class PeakIndicator:
    name: Annotated[str, value("Name, as CoinGlass words it.")]
    current: Annotated[float | None, value("Where it stands.")]
    target: Annotated[float | None, value("Where it would signal the peak.")]
    previous: Annotated[float | None, value("Where it stood before.")]
    change: Annotated[float | None, value("Change since then, in the indicator's own unit.")]
    comparison: Annotated[str | None, value("How `current` is compared with `target`, e.g. `>=`.")]
    reached: Annotated[bool | None, value("Whether it signals the peak.")]


@strawberry.type(description="Indicators of a bull market's peak.")
class BullMarketPeak(Sourced):
    indicators: list[PeakIndicator] = strawberry.field(description="The indicators, as CoinGlass orders them.")


BullMarketPeakResult = Annotated[BullMarketPeak | PlanGated | Unavailable, result("BullMarketPeak")]
