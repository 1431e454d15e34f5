"""Fetches long histories: page by page, within the quota, with a checkpoint after each page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from coinglass_graphql_client._checkpoint import Checkpoint, SavedPage, SavedSeries
from coinglass_graphql_client._costs import Cost, DryRun, cost_of, inspect
from coinglass_graphql_client._flow import Flow, Wait
from coinglass_graphql_client._joined import History, join
from coinglass_graphql_client._pages import EPOCH, Page, pages_of, saved_series
from coinglass_graphql_client._progress import OnProgress, Progress, reporting
from coinglass_graphql_client._requests import SeriesRequest, check_request
from coinglass_graphql_client._session import Session
from coinglass_graphql_client.errors import RateLimitedError, RefusedError, unwrap
from coinglass_graphql_client.generated.enums import ProblemCode
from coinglass_graphql_client.generated.types import Problem, Unavailable

MAX_WAIT = 900.0  # seconds; what is further away is raised, and the history can be resumed then
MAX_STALLED = 10  # rounds in which nothing arrives
_BACKFILL = {"X-Priority": "backfill"}
_TOO_DEEP = ProblemCode.HISTORY_TOO_DEEP  # of a page before the plan's history, which `plan` has let pass if clipped
_FIRST_WAIT = 5.0
_LONGEST_GUESS = 60.0
_SHARE_OF_BACKFILLS = 0.8  # of the quota; the server reserves the rest for interactive requests


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """Which history a caller wants; an open `end` is now."""

    url: str
    series: Mapping[str, SeriesRequest[Any]]
    start: datetime
    end: datetime | None
    checkpoint: str | Path | None
    clip: bool = field(default=False, kw_only=True)

    def description(self) -> dict[str, Any]:
        """Return what makes it another history."""
        return {
            "server": self.url,
            "start": self.start.isoformat(),
            "end": self.end and self.end.isoformat(),
            "series": {
                name: [str(request.between(EPOCH, EPOCH)), [info.name for info in request.column_fields]]
                for name, request in self.series.items()
            },
        }


@dataclass(frozen=True, slots=True)
class HistoryPlan:
    """A history that can be fetched: its pages, those in the checkpoint, and what the others cost."""

    series: Mapping[str, SeriesRequest[Any]]
    pages: tuple[Page, ...]
    cost: Cost
    checkpoint: Checkpoint | None = None
    budget: Mapping[str, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """The number of pages in the checkpoint."""
        return sum(self.checkpoint is not None and self.checkpoint.has(page.key) for page in self.pages)

    @property
    def minutes(self) -> float | None:
        """The least time by the quota, if nobody else uses it; None if the quota is not known."""
        return self.cost.calls / (self.cost.quota * _SHARE_OF_BACKFILLS) if self.cost.quota else None

    def __str__(self) -> str:
        calls = f"{'' if self.cost.is_exact else 'at most '}{_count(self.cost.calls, 'call')} to CoinGlass"
        time = f", {self.minutes:.1f} minutes or more by the quota" if self.minutes is not None else ""
        done = f", {self.done} of them in the checkpoint" if self.done else ""
        short = [f"{left} {name}" for name, left in self.budget.items() if "calls" in name and left < self.cost.calls]
        budget = f"; your budget has {' and '.join(short)} left" if short else ""
        pages = _count(len(self.pages), "page")
        return f"{len(self.series)} series in {pages}{done}: {calls}{time}{budget}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def plan(session: Session, requested: HistoryRequest, now: datetime) -> Flow[HistoryPlan]:
    """Return the plan of a history. Raises `RefusedError` if a part would be refused."""
    requested = _checked(requested, now)
    end, checkpoint = requested.end or now, None
    if requested.checkpoint is not None:
        checkpoint = Checkpoint(Path(requested.checkpoint))
        end = checkpoint.open(requested.description(), end)
    pages = tuple(pages_of(requested.series, requested.start, end, until_now=requested.end is None))
    reports: list[DryRun] = []
    for page in pages:
        if checkpoint is None or not checkpoint.has(page.key):
            reports += yield from inspect(session, page.requests(requested.series))
    cost = cost_of(reports)
    refusals = tuple(refusal for refusal in cost.refusals if not (requested.clip and refusal.code == _TOO_DEEP))
    if refusals:
        is_too_long = all(refusal.code == _TOO_DEEP for refusal in refusals)
        raise RefusedError(refusals, "Pass clip=True for the part that the plan includes." if is_too_long else "")
    return HistoryPlan(requested.series, pages, cost, checkpoint, dict(session.usage.budget))


def _checked(requested: HistoryRequest, now: datetime) -> HistoryRequest:
    """Return the request with its times in UTC; raises `ValueError` or `TypeError` for one that makes no sense."""
    for name, time in (("start", requested.start), ("end", requested.end)):
        if not isinstance(time, datetime) and (name == "start" or time is not None):
            raise TypeError(f"`{name}` is a datetime, such as datetime(2026, 1, 1, tzinfo=UTC), not {time!r}")
    for request in requested.series.values():
        check_request(request)
        if not isinstance(request, SeriesRequest):
            raise TypeError(f"{request} has no history: a series has, such as pair(...).funding_rate(Interval.H1)")
    start, end = _utc(requested.start), requested.end and _utc(requested.end)
    if not requested.series:
        raise ValueError("`series` is empty")
    if end and end > now + timedelta(minutes=1):
        raise ValueError("`end` is in the future: leave it out for a history until now")
    if start >= (end or now):
        raise ValueError("`start` is not before `end`")
    series = {name: request.clipped() if requested.clip else request for name, request in requested.series.items()}
    return replace(requested, series=series, start=start, end=end)


def _utc(time: datetime) -> datetime:
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def fetch(session: Session, of: HistoryPlan, on_progress: OnProgress) -> Flow[History]:
    """Fetch the pages that are not in the checkpoint, and join all."""
    before = session.usage.calls
    pages: list[tuple[Page, SavedPage]] = []
    with reporting(on_progress) as report:

        def tell(waiting: float = 0) -> None:
            report(Progress(len(pages), len(of.pages), session.usage.calls - before, waiting))

        tell()
        for page in of.pages:
            if of.checkpoint and of.checkpoint.has(page.key):
                saved = of.checkpoint.load(page.key)
            else:
                saved = yield from _fetch_page(session, of, page, tell)
                if of.checkpoint:
                    of.checkpoint.save(page.key, saved)
            pages.append((page, saved))
            tell()
    return join(of.series, pages, session.usage.calls - before)


def _fetch_page(session: Session, of: HistoryPlan, page: Page, tell: Callable[[float], None]) -> Flow[SavedPage]:
    """Fetch a page; what CoinGlass cannot give now is requested again as soon as the server says."""
    pending = page.requests(of.series)
    marks: set[bool] = set()
    series: dict[str, SavedSeries] = {}
    stalled = 0
    while True:
        problem: Unavailable | RateLimitedError | None = None
        before = len(pending)
        try:
            results = yield from session.results(pending, _BACKFILL)
        except RateLimitedError as error:
            results, problem = {}, error
        for name, result in results.items():
            if isinstance(result, Problem) and not _is_empty(result):
                problem = _later(problem, result)
                continue
            del pending[name]
            if isinstance(result, Problem):
                series[name] = SavedSeries([], {}, {}, problem=str(result.code))
            else:
                marks.add(result.source.sandbox)
                series[name] = saved_series(result, page)
        if problem is None:
            return SavedPage(marks.pop() if len(marks) == 1 else None, series)
        stalled = 0 if len(pending) < before else stalled + 1
        wait = _wait(problem, stalled)
        tell(wait)
        yield Wait(wait)


def _is_empty(problem: Problem) -> bool:
    """Tell whether CoinGlass has no data of this window: the page is empty, and the history says why."""
    return problem.code in {ProblemCode.NO_DATA, ProblemCode.NOT_FOUND, _TOO_DEEP}


def _later(longest: Unavailable | RateLimitedError | None, problem: Problem) -> Unavailable | RateLimitedError:
    """Return the problem whose end is to be awaited; raises one that waiting does not help."""
    if not isinstance(problem, Unavailable) or not problem.retryable:
        unwrap(problem)
        raise AssertionError("a problem has no payload")
    if longest is None or (problem.retry_after or 0) > (longest.retry_after or 0):
        return problem
    return longest


def _wait(problem: Unavailable | RateLimitedError, stalled: int) -> float:
    """Return how long to wait; raises the problem if that takes too long, or has been in vain too often."""
    stated = problem.retry_after
    if stalled > MAX_STALLED or (stated or 0) > MAX_WAIT:
        if isinstance(problem, RateLimitedError):
            raise problem
        unwrap(problem)
    guess = min(_LONGEST_GUESS, _FIRST_WAIT * 2.0**stalled)
    return guess if stated is None else max(stated, 0.1)
