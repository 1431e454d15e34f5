"""Fetches that failed a moment ago: where a stale answer can be served, the next one is not tried at once."""

from collections import OrderedDict
from typing import Final, NamedTuple

from cg_client.call import Call, CallKey
from cg_client.clock import Clock
from cg_client.errors import CoinglassError, QueueFull, QuotaExhausted, ShareExhausted, StartsTooLate
from cg_client.quota.requester import Priority, Requester

FAILURE_SECONDS: Final = 1.0


class _RecentFailure(NamedTuple):
    """Requesters of this priority or a less urgent one would fail in the same way before `until`.

    That is in monotonic seconds.
    """

    failure: CoinglassError
    priority: Priority
    until: float


class RecentFailures:
    """`patience`: for how many seconds a caller with a stale answer waits for the quota."""

    def __init__(self, clock: Clock, patience: float) -> None:
        self._clock, self._patience = clock, patience
        self._failures: OrderedDict[tuple[CallKey, str | None], _RecentFailure] = OrderedDict()  # the oldest first

    def __len__(self) -> int:
        return len(self._failures)

    def note(self, call: Call, requester: Requester, failure: CoinglassError) -> None:
        """Remember the failure of a fetch, unless the next one could succeed within a second."""
        now = self._clock.monotonic()
        seconds = self._seconds(failure)
        if seconds <= 0:
            return
        of_client = isinstance(failure, ShareExhausted | QueueFull)
        key = call.key, requester.client if of_client else None
        priority = requester.priority if isinstance(failure, QuotaExhausted) else Priority.INTERACTIVE
        self._forget(now)
        self._failures.pop(key, None)
        self._failures[key] = _RecentFailure(failure, priority, now + seconds)

    def _seconds(self, failure: CoinglassError) -> float:
        """Return for how long a fetch that begins is certain to fail so, or is not worth a try: a second at most."""
        if isinstance(failure, StartsTooLate):  # could one that begins then wait until there is room?
            return min(FAILURE_SECONDS, (failure.retry_after or 0.0) - self._patience)
        return FAILURE_SECONDS if failure.retry_after is None else min(FAILURE_SECONDS, failure.retry_after)

    def of(self, call: Call, requester: Requester) -> CoinglassError | None:
        """Return the failure that the requester would share."""
        if not self._failures:
            return None
        now = self._clock.monotonic()
        for client in (None, requester.client):
            recent = self._failures.get((call.key, client))
            if recent is not None and now < recent.until and requester.priority >= recent.priority:
                return recent.failure
        return None

    def _forget(self, now: float) -> None:
        """Drop those that are over, from the oldest on."""
        while self._failures:
            oldest = next(iter(self._failures))
            if now < self._failures[oldest].until:
                return
            del self._failures[oldest]
