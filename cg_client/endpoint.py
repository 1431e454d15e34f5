"""How to ask for one upstream endpoint, what it needs and how long its answer holds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from cg_client.decoding.shapes import Rows, Shape
from cg_client.intervals import Interval
from cg_client.params import Params, Series
from cg_client.plans.interval_floors import NO_FLOORS
from cg_client.plans.plan import Plan

REAL_TIME = timedelta(seconds=5)  # documented as "real time": the age that a reader does not notice
UNSTATED = timedelta(minutes=1)  # no refresh time in the documentation
CLOSED = timedelta(hours=1)  # a window in the past, whose points no longer change


_NO_DATA_SET = re.compile(r"api|v\d+")


@dataclass(frozen=True, kw_only=True, eq=False)
class Endpoint:
    """An entry of the catalogue; compared by identity, since there is one object for each endpoint.

    `aliases` maps our name of a field to the one or several that this endpoint uses for it. `page_rows` is the most
    rows of one answer where an endpoint has a limit, `coarsest` its largest interval, `intervals` those that it
    has up to there, and `retention` how far back CoinGlass itself keeps an interval. `row_cap`: the most rows of
    an answer that CoinGlass cuts without saying so, and that no parameter continues. `may_lack` are CoinGlass' names of
    fields that were seen to be missing from whole answers; any other such field is reported as an anomaly.
    `former_path`: the older path of the same rows, asked for where CoinGlass does not know `path`.
    `undocumented_units` are CoinGlass' names of fields whose unit was seen to differ from the documented sample's.
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

    @cached_property
    def group(self) -> str:
        """Market and data set, such as `futures/open-interest`: behind them stands one store at CoinGlass.

        One endpoint alone is asked too seldom to judge its health by, and one part of the API can be ill while the
        others are well. Versions do not count.
        """
        named = [part for part in self.path.split("/") if part and not _NO_DATA_SET.fullmatch(part)]
        return "/".join(named[:2])

    def has(self, interval: Interval) -> bool:
        return interval in self.intervals and interval.milliseconds <= self.coarsest.milliseconds

    def is_capped(self, rows: int) -> bool:
        """Whether an answer of so many rows may have been cut."""
        return self.row_cap is not None and rows >= self.row_cap

    def lifetime(self, params: Params, now: datetime) -> timedelta:
        """How long an answer to these parameters may be served as fresh."""
        closed = isinstance(params, Series) and params.to is not None and params.to < now - margin(params.interval)
        return max(CLOSED, self.refresh) if closed else self.refresh

    def __repr__(self) -> str:
        return f"Endpoint({self.path})"


def margin(interval: Interval) -> timedelta:
    """Two bars: upstream may finish a bar late."""
    return timedelta(milliseconds=2 * interval.milliseconds)
