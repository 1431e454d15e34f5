"""Counts the calls to CoinGlass in Prometheus' counters, and logs their failures without a flood."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from cg_client.call import Call
from cg_client.errors import CoinglassError
from cg_client.failures import CallObserver, FailureKind, kind_of
from server.sampling import PREFIX

log = structlog.get_logger(__name__)

LINE_SECONDS: Final = 10.0  # between two lines about the same kind of failure of an endpoint
_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 30)
_OF_THE_REQUEST: Final = (FailureKind.NOT_FOUND, FailureKind.NO_DATA, FailureKind.REJECTED)  # nobody has to act


@dataclass(slots=True)
class _Logged:
    """When a line was written, in monotonic seconds, and how many were not since."""

    at: float
    suppressed: int = 0


class FailureLog:
    """Logs the first failure of an endpoint and kind at once, and then one line in ten seconds with their number.

    A refusal by plan is logged once for each endpoint: the next ones cost no request.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._logged: dict[tuple[str, FailureKind], _Logged] = {}  # bounded by the catalogue

    def failed(self, endpoint: str, kind: FailureKind, facts: dict[str, Any]) -> None:
        now, key = self._monotonic(), (endpoint, kind)
        logged = self._logged.get(key)
        if logged is None or (now - logged.at >= LINE_SECONDS and kind is not FailureKind.PLAN_REFUSED):
            suppressed = logged.suppressed if logged else 0
            self._logged[key] = _Logged(now)
            self._write(key, {**facts, "suppressed": suppressed} if suppressed else facts)
        else:
            logged.suppressed += 1

    def review(self, is_ending: bool) -> None:  # noqa: FBT001  # a callback's argument
        """Log how many failures had no line, once their ten seconds are over or the server ends."""
        now = self._monotonic()
        for key, logged in self._logged.items():
            is_over = is_ending or now - logged.at >= LINE_SECONDS
            if logged.suppressed and is_over and key[1] is not FailureKind.PLAN_REFUSED:
                self._write(key, {"suppressed": logged.suppressed}, "upstream failures without a line")
                logged.at, logged.suppressed = now, 0

    def _write(self, key: tuple[str, FailureKind], facts: dict[str, Any], event: str = "upstream failure") -> None:
        write = log.info if key[1] in _OF_THE_REQUEST else log.warning
        write(event, endpoint=key[0], kind=key[1].value, **facts)


class UpstreamObserver(CallObserver):
    """The calls of all clients of a process, with the server's key or a caller's."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.failures = FailureLog()
        about = "Attempts to send a request to CoinGlass, by outcome: `ok` or the kind of failure."
        self._sent = Counter(f"{PREFIX}_upstream_requests", about, ("group", "outcome"), registry=registry)
        about = "Time from sending a request to CoinGlass to its whole answer or failure."
        name = f"{PREFIX}_upstream_request_duration_seconds"
        self._seconds = Histogram(name, about, ("group",), registry=registry, buckets=_BUCKETS)
        labels = ("group", "kind")
        about = "Calls that failed in the end, after their retries."
        self._failed = Counter(f"{PREFIX}_upstream_failures", about, labels, registry=registry)
        about = "Retries of calls, by the kind of failure before."
        self._retried = Counter(f"{PREFIX}_upstream_retries", about, labels, registry=registry)

    def sent(self, call: Call, seconds: float, failure: CoinglassError | None) -> None:
        group = call.endpoint.group
        self._sent.labels(group, "ok" if failure is None else kind_of(failure).value).inc()
        self._seconds.labels(group).observe(seconds)

    def retried(self, call: Call, failure: CoinglassError, attempt: int) -> None:
        kind = kind_of(failure).value
        self._retried.labels(call.endpoint.group, kind).inc()
        log.debug("upstream retry", endpoint=call.endpoint.path, kind=kind, attempt=attempt, error=str(failure))

    def failed(self, call: Call, failure: CoinglassError, seconds: float) -> None:
        endpoint, kind = call.endpoint, kind_of(failure)
        self._failed.labels(endpoint.group, kind.value).inc()
        facts = {"attempts": failure.attempts, "milliseconds": round(seconds * 1000, 1), "error": str(failure)}
        self.failures.failed(endpoint.path, kind, facts)
