"""Counts the operations of the store that replicas share in Prometheus' counters, and logs when it goes away.

Of what it refuses the first one of each operation and code is logged, until it was away.
"""

from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from server.sampling import PREFIX
from shared.store.observer import StoreObserver

log = structlog.get_logger(__name__)

_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)


class CountingStoreObserver(StoreObserver):
    """`is_away` until the store can be used for the first time, too."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.is_away, self._is_logged = True, False
        self._refused = set[tuple[str, str]]()  # operations and codes
        about = "Operations of the store that replicas share, by outcome: `ok`, `away`, or the code of its refusal."
        labels = ("operation", "outcome")
        self._operations = Counter(f"{PREFIX}_shared_store_operations", about, labels, registry=registry)
        about = "Time of an operation of the store that was answered."
        name = f"{PREFIX}_shared_store_duration_seconds"
        self._seconds = Histogram(name, about, registry=registry, buckets=_BUCKETS)

    def on_operation(self, name: str, seconds: float) -> None:
        self._operations.labels(name, "ok").inc()
        self._seconds.observe(seconds)

    def on_failure(self, name: str, kind: str) -> None:
        self._operations.labels(name, kind).inc()

    def on_refusal(self, name: str, code: str, reason: str) -> None:
        if (name, code) not in self._refused:
            self._refused.add((name, code))
            log.warning("the shared store refuses an operation", operation=name, code=code, reason=reason)

    def on_away(self, reason: str) -> None:
        self.is_away = self._is_logged = True
        log.warning("the shared store is away: this replica goes on alone", reason=reason)

    def on_unreachable(self, reason: str) -> None:
        """Log the first of several attempts in vain."""
        if not self._is_logged:
            self._is_logged = True
            text = "the shared store cannot be reached: this server sends nothing to CoinGlass until it can"
            log.warning(text, reason=reason)

    def on_return(self, seconds: float) -> None:
        self.is_away = self._is_logged = False
        self._refused.clear()
        log.info("the shared store can be used", seconds_without=round(seconds, 1))
