"""Sends a call when the quota has room for it, and applies the usage headers of the answer to the quota."""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import TypeAlias

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import RequestRefused, UpstreamFailed
from cg_client.quota.admission import Admission, AdmissionControl
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.quota.round_robin import EQUAL, Weights
from cg_client.quota.window import MINUTE, PauseReason, QuotaWindow, Usage
from cg_client.transport import UpstreamResponse

_DIGITS = 9  # of a plausible count

ShareQuota: TypeAlias = Callable[[AdmissionQueue], AdmissionControl]  # puts the quota of all replicas before one's own


class Throttle:
    """Sends what the admission queue admits; a call counts in the window until a minute after its end."""

    def __init__(
        self,
        send: Callable[[Call, float], Awaitable[UpstreamResponse]],
        window: QuotaWindow,
        clock: Clock,
        weights: Weights = EQUAL,
        excess_fraction: float = 1.0,
        share_quota: ShareQuota | None = None,
    ) -> None:
        self._send = send
        queue = AdmissionQueue(window, clock, weights, excess_fraction)
        self.admission_queue: AdmissionControl = queue if share_quota is None else share_quota(queue)
        self._limit_header: bytes | None = None
        self.on_limit: Callable[[int], None] = lambda _: None  # called with each new limit that the headers state

    async def __call__(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> UpstreamResponse:
        """Make the call when the quota has room; raises StartsTooLate if that is past the deadline."""
        queue = self.admission_queue
        admission = queue.skip(requester) or await queue.start(call, deadline, requester)
        try:
            response = await self._send(call, deadline)
        except BaseException as error:
            self._end(admission, error)
            raise
        self._learn(admission, response)
        return response

    def _end(self, admission: Admission, error: BaseException) -> None:
        """Count a request without a response, unless CoinGlass cannot have received it."""
        if isinstance(error, RequestRefused) or (isinstance(error, UpstreamFailed) and not error.sent):
            self.admission_queue.give_back(admission)
            self.admission_queue.review()
        else:
            self.admission_queue.end(admission)

    def _learn(self, admission: Admission, response: UpstreamResponse) -> None:
        self.admission_queue.end(admission)
        limit, used = response.headers.get(b"api-key-max-limit"), response.headers.get(b"api-key-use-limit")
        self.admission_queue.correct(admission.at, _count(limit), _count(used))
        if limit != self._limit_header and (stated := _count(limit)):
            self._limit_header = limit
            self.on_limit(stated)

    def allow(self, limit: int) -> None:
        """Raise the limit to at least so many requests a minute."""
        self.admission_queue.allow(limit)

    def pause(self, retry_after: float | None) -> float:
        """Start no request for the seconds that CoinGlass requested, or for a minute; return how many."""
        reason = PauseReason.REFUSED if retry_after is None else PauseReason.REQUESTED
        seconds = MINUTE if retry_after is None else retry_after
        self.admission_queue.pause(seconds, reason)
        return seconds

    def usage(self) -> Usage:
        return self.admission_queue.usage()


@lru_cache(1024)  # few distinct values occur
def _count(value: bytes | None) -> int | None:
    """Return a header's figure; None if it is not a count of requests."""
    text = (value or b"").strip()
    return int(text) if text.isdigit() and len(text) <= _DIGITS else None
