"""A feed of a query field: asked at its refresh, whatever the number of those who watch."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Sequence
from typing import Any, Final, NamedTuple, Protocol

import structlog

from cg_client.clock import Clock
from cg_client.errors import ProblemCode
from cg_client.live.stream import EventNumber
from cg_client.live.timers import within
from graph_types.problems import InvalidInput, PlanGated, Unavailable
from graph_types.stream_status import StreamState, StreamStatus
from live.cursor import Cursor
from live.events import Changes, FeedEvent, Notice
from live.feed import GATED_SECONDS, Feed
from payloads.updates import changed_part, digest

log = structlog.get_logger(__name__)

_MAX_RETRY: Final = 60.0  # seconds from a failure to the next request, also where the refresh takes a day
_MIN_PERIOD: Final = 1.0  # seconds between two requests, whatever an answer says of its expiry

_READY_SECONDS: Final = 1.0  # that a client with a cursor waits for an answer that is due

RING_ROWS: Final = 2_000  # that a feed keeps for clients that come back; others get a snapshot
_COMPLETE: Final = "CoinGlass answers again. Nothing is missing: what has changed follows."


class Polled(NamedTuple):
    """What the field answered, and until when it stays the same, in monotonic seconds, if that is known."""

    value: Any
    expires_at: float


class Ask(Protocol):
    """Answers the query field. The first time somebody waits for it."""

    def __call__(self, *, is_first: bool) -> Awaitable[Polled]: ...


class PolledFeed(Feed):
    """Publishes what has changed since the last answer. `period`: the refresh of the field, in seconds.

    The epoch of a cursor is the digest of what a client has with it: any feed that has had the same, also of another
    replica, goes on from there.
    """

    def __init__(self, ask: Ask, period: float, clock: Clock, ring_rows: int = RING_ROWS) -> None:
        super().__init__(clock, ring_rows)
        self._ask, self._period = ask, period
        self._current: Any = None  # the last payload
        self._digest: str | None = None  # of the last payload
        self._is_answered = False  # by a payload or a problem
        self._is_current = asyncio.Event()  # unless an answer is due or on its way
        self._failing: Unavailable | PlanGated | StreamStatus | None = None  # what was sent since the last answer
        self._answered_at: float | None = None  # monotonic seconds of the last answer
        self._next = -math.inf  # monotonic seconds, before which nothing is asked
        self._task: asyncio.Task[None] | None = None

    def opening(self) -> Sequence[FeedEvent]:
        events: list[FeedEvent] = [Notice(self._polled()), *(() if self._failing is None else [Notice(self._failing)])]
        if self._current is not None:
            events.append(Changes(self._current, is_snapshot=True))
        return events

    async def ready(self, after: Cursor | None) -> None:
        """Wait for an answer that is due, if the client may have it already, so that it is not sent again."""
        if after is not None and not self._is_current.is_set() and self.position_of(after) is None:
            with contextlib.suppress(TimeoutError):
                await within(self.clock, _READY_SECONDS, self._is_current.wait())

    def start(self) -> None:
        self._is_current.set()
        if self.clock.monotonic() >= self._next:
            self._is_current.clear()
        self._task = asyncio.create_task(self._run())

    def pause(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def close(self) -> None:
        task = self._task
        self.pause()
        if task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while not self.is_ended:
            wait = self._next - self.clock.monotonic()
            if wait > 0:
                await self.clock.sleep(wait)
            started = self.clock.monotonic()
            self._is_current.clear()
            try:
                value, expires_at = await self._ask(is_first=not self._is_answered)
                self._is_answered = True
                is_known = started < expires_at < math.inf
                self._next = max(started + _MIN_PERIOD, expires_at) if is_known else started + self._period
                self._take(value)
            except Exception:
                log.exception("a polled subscription failed")
                self._take(_INTERNAL)
            self._is_current.set()

    def _take(self, value: Any) -> None:  # noqa: ANN401  # a payload or a problem
        match value:
            case InvalidInput():
                self._note(Notice(value, ends=True))
            case PlanGated():
                self._fail(value, GATED_SECONDS)
            case Unavailable():
                self._fail(value, value.retry_after or 0.0)
            case _:
                self._succeed(value)

    def _fail(self, problem: Unavailable | PlanGated, seconds: float) -> None:
        """Send once why there is nothing new; go on asking, after as many seconds at least."""
        is_quota = problem.code is ProblemCode.QUOTA_EXHAUSTED
        wait = max(seconds, min((2 if is_quota else 1) * self._period, _MAX_RETRY))
        self._next = self.clock.monotonic() + wait
        failing: Unavailable | PlanGated | StreamStatus = problem
        if is_quota:
            failing = self._polled(wait, "The quota of requests to CoinGlass is short, and goes to queries first.")
        if type(self._failing) is not type(failing):  # the codes of one outage alternate
            self._note(Notice(failing))
        self._failing = failing

    def _succeed(self, payload: Any) -> None:  # noqa: ANN401  # of any field
        part = payload if self._current is None else changed_part(self._current, payload)
        if isinstance(self._failing, StreamStatus):
            self._note(Notice(self._polled()))
        elif self._failing is not None and self._answered_at is not None:
            self._note(Notice(self.status_after_gap(self._answered_at, self.clock.monotonic(), _COMPLETE)))
        self._failing, self._current = None, payload
        self._answered_at = self.clock.monotonic()
        if part is not None:
            self._digest = digest(payload)
            self.number_next(EventNumber(self._digest, 0))
            self.publish(Changes(part, is_snapshot=part is payload))

    def _note(self, notice: Notice) -> None:
        """Publish what changes nothing of what a client has."""
        if self._digest is not None:
            self.number_next(EventNumber(self._digest, 0), is_event=False)
        self.publish(notice)

    def _polled(self, period: float | None = None, why: str = "") -> StreamStatus:
        seconds = self._period if period is None else period
        message = f"{why} The server asks CoinGlass every {seconds:g} seconds.".strip()
        return StreamStatus(state=StreamState.POLLED, message=message, period_seconds=seconds)


_INTERNAL = Unavailable(
    code=ProblemCode.UPSTREAM_ERROR,
    message="The figures could not be read. The server goes on asking.",
    endpoint="",
    retryable=True,
    retry_after=None,
)
