"""How one upstream endpoint is called, what it needs and how long its answers stay fresh."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from cg_client.decoding.shapes import Rows, Shape
from cg_client.intervals import Interval
from cg_client.params.core import Params
from cg_client.plans.plan_table import NO_FLOORS, STANDARD_FLOORS, Plan

REAL_TIME = timedelta(seconds=5)  # documented as "real time": the age that a reader does not notice
UNSTATED = timedelta(minutes=1)  # no refresh time in the documentation
CLOSED_LIFETIME = timedelta(hours=1)  # of a window in the past, whose points no longer change

_NO_DATA_SET = re.compile(r"api|v\d+")


@dataclass(frozen=True, kw_only=True, eq=False)
class Endpoint:
    """An entry of the catalogue; compared by identity, since there is one object for each endpoint.

    * `aliases` maps our name of a field to the names that this endpoint uses for it.
    * `page_rows` is the most rows of one answer, `coarsest` the largest interval, `intervals` those offered up to
      there, and `retention` how far back CoinGlass itself keeps an interval.
    * `row_cap` is the most rows of an answer that CoinGlass cuts silently, and that no parameter continues.
    * `may_lack` are CoinGlass' names of fields that are missing from some whole answers without being an anomaly.
    * `former_path` is the older path of the same rows, called if CoinGlass does not have `path`.
    * `undocumented_units` are CoinGlass' names of fields whose unit differs from the documented sample's.
    """

    path: str
    summary: str
    params: type[Params] = Params
    shape: Shape = field(default_factory=Rows)
    plan: Plan = Plan.HOBBYIST
    interval_floors: Mapping[Plan, Interval] = field(default_factory=lambda: NO_FLOORS)
    refresh: timedelta = UNSTATED
    aliases: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    page_rows: int = 1000
    coarsest: Interval = Interval.W1
    intervals: Sequence[Interval] = tuple(Interval)
    limit_required: bool = False
    retention: Mapping[Interval, timedelta] = field(default_factory=dict)
    row_cap: int | None = None
    may_lack: frozenset[str] = frozenset()
    former_path: str | None = None
    undocumented_units: frozenset[str] = frozenset()
    group: str = field(init=False)
    offered_intervals: Sequence[Interval] = field(init=False)

    def __post_init__(self) -> None:
        """Derive `offered_intervals`, and `group`: market and data set, such as `futures/open-interest`.

        One store of CoinGlass stands behind a group. A single endpoint is called too seldom to judge its health by,
        and one part of the API can fail while the others work. Versions do not count.
        """
        parts = [part for part in self.path.split("/") if part and not _NO_DATA_SET.fullmatch(part)]
        coarsest = self.coarsest.milliseconds
        offered = tuple(interval for interval in self.intervals if interval.milliseconds <= coarsest)
        object.__setattr__(self, "group", "/".join(parts[:2]))
        object.__setattr__(self, "offered_intervals", offered)

    def is_capped(self, rows: int) -> bool:
        """Whether an answer of so many rows may have been cut."""
        return self.row_cap is not None and rows >= self.row_cap

    def __repr__(self) -> str:
        return f"Endpoint({self.path})"


standard_series = partial(Endpoint, interval_floors=STANDARD_FLOORS)  # the interval rule of most series
