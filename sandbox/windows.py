"""Windows, limits and pages as CoinGlass applies them, for the samples and for the modelled market alike."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TypeAlias, TypeVar

from cg_client.endpoint import Endpoint
from cg_client.intervals import Interval
from cg_client.plans.plan_table import HISTORY_DAYS, Plan
from cg_client.windows import floor

Query: TypeAlias = Mapping[str, str]
Row = TypeVar("Row")

_DAY = 86_400_000
_PER_PAGE = 10


def bar_starts(endpoint: Endpoint, query: Query, plan: Plan, now: int, first: int = 0) -> range:
    """Return when the bars of a series start: those of the window, at most the newest `limit`, none before `first`."""
    interval = Interval(query["interval"])
    step, limit = interval.milliseconds, min(int(query.get("limit") or 1000), endpoint.page_rows)
    end = min(int(query.get("end_time") or now), now)
    start = max(int(query.get("start_time") or 0), _oldest(plan, interval, now), first)
    newest = floor(end, step)
    return range(max(newest - (limit - 1) * step, start + -start % step), newest + 1, step)


def _oldest(plan: Plan, interval: Interval, now: int) -> int:
    """Start of the oldest bar that the plan includes, in milliseconds."""
    days = HISTORY_DAYS[plan].get(interval)
    return 0 if days is None else floor(now - days * _DAY, interval.milliseconds)


def page_of(rows: Iterable[Row], query: Query) -> list[Row]:
    """Return the page that the query names; all rows if it names none."""
    if "page" not in query:
        return list(rows)
    size, number = int(query.get("per_page") or _PER_PAGE), int(query["page"])
    return list(islice(rows, (number - 1) * size, number * size))
