"""A polled feed of which a test is CoinGlass, and payloads of it."""

from collections.abc import Mapping
from typing import Any

from cg_client.errors import ProblemCode
from cg_client.intervals import Interval
from graph_types.enums import Freshness
from graph_types.problems import Unavailable
from live.polled_feed import Polled, PolledFeed
from payloads.series import from_rows, timed_rows
from payloads.source import DataSource
from schema.futures.market import PriceCandle, PriceSeries
from tests.clock import START, SteppedClock

PERIOD = 5.0

SOURCE = DataSource(
    endpoint="/test",
    fetched_at=START,
    freshness=Freshness.FRESH,
    refresh_seconds=5,
    expires_at=None,
    sandbox=True,
    anomalies=[],
)


def series(closes: Mapping[int, float | None]) -> PriceSeries:
    """Return the series of these closes by time, in milliseconds."""
    values = list(closes.values())
    others: dict[str, Any] = dict.fromkeys(("open", "high", "low", "close", "volume_usd"), values)
    rows = timed_rows(PriceCandle, list(closes), **others)
    return from_rows(
        PriceSeries, rows, source=SOURCE, requested_interval=Interval.M1, interval=Interval.M1, truncated=None
    )


def unavailable(code: ProblemCode, retry_after: float | None = None) -> Unavailable:
    return Unavailable(code=code, message="Not now.", endpoint="/test", retryable=True, retry_after=retry_after)


class ScriptedFeed(PolledFeed):
    """Each poll brings `answer`."""

    def __init__(self, clock: SteppedClock, answer: Any, **options: Any) -> None:  # of any field
        self._expires_at = options.pop("expires_at", 0.0)
        super().__init__(self._answer, options.pop("period", PERIOD), clock, **options)
        self.answer, self.polls = answer, 0
        self.firsts: list[bool] = []

    async def _answer(self, *, is_first: bool) -> Polled:
        self.polls += 1
        self.firsts.append(is_first)
        return Polled(self.answer, self._expires_at)
