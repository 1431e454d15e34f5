"""What every model of an endpoint is given, and how it writes figures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from cg_client.endpoint import Endpoint
from cg_client.plans.plan_table import Plan
from sandbox.market.prices import FIRST
from sandbox.market.universe import ModelPair, pair_of
from sandbox.windows import Query, bar_starts


@dataclass(frozen=True, slots=True)
class ModelContext:
    """What is asked beside the query: `now` is the time of the market, in milliseconds."""

    endpoint: Endpoint
    plan: Plan
    now: int

    @property
    def is_spot(self) -> bool:
        return self.endpoint.path.startswith("/api/spot/")

    def starts(self, query: Query, first: int = FIRST) -> range:
        """Return when the bars of the window start, oldest first; the last may be under way."""
        return bar_starts(self.endpoint, query, self.plan, self.now, first)

    def pair(self, query: Query) -> ModelPair:
        """Return the pair that `exchange` and `symbol` name."""
        pair = pair_of(query["exchange"], query["symbol"], is_spot=self.is_spot)
        if pair is None:
            raise LookupError(f"There is no {query['symbol']} on {query['exchange']}.")
        return pair


Row: TypeAlias = dict[str, Any]
Model: TypeAlias = Callable[[Query, ModelContext], Any]  # returns the `data` of the answer, as JSON


def text(figure: float, decimals: int) -> str:
    """Write a figure as a string, as many of CoinGlass' answers have them, without zeros at its end."""
    written = f"{figure:.{decimals}f}"
    return written.rstrip("0").rstrip(".") if decimals else written


def percent_change(before: float, after: float, decimals: int = 2) -> float:
    return round((after / before - 1) * 100, decimals) + 0.0 if before else 0.0  # never -0.0
