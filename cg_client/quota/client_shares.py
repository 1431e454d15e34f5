"""Equal shares of the quota for the clients that are active, so that no burst of one leaves nothing to another.

A client within its share has its calls started as always. What it sends beyond is `EXCESS`: it starts only while all
together have used no more than a part of the minute. A client that is active alone has the whole quota.
"""

from collections import OrderedDict, deque
from dataclasses import replace

from cg_client.quota.requester import SYSTEM, Priority, Requester
from cg_client.quota.round_robin import Weights
from cg_client.quota.window import MINUTE, QuotaWindow

ACTIVE_SECONDS = 300.0  # after its last call a client counts as active
_MAX_CLIENTS = 10_000


class ClientShares:
    """`part`: of the minute, which calls beyond the shares may use; with the whole of it there are no shares."""

    def __init__(self, window: QuotaWindow, weights: Weights, part: float) -> None:
        self._window, self._weights, self._part = window, weights, part
        self._seen: OrderedDict[str, float] = OrderedDict()  # when each client last called, the latest last
        self._started: dict[str, deque[float]] = {}

    @property
    def reserve(self) -> int:
        """Requests of the minute that calls beyond the shares leave."""
        return self._window.share - int(self._window.share * self._part)

    def classify(self, requester: Requester, now: float) -> Requester:
        """Return the requester with the priority that its next call has."""
        client = requester.client
        if client == SYSTEM.client or self._part >= 1:
            return requester
        self._see(client, now)
        if len(self._seen) == 1 or self._count(client, now) < self._share(client):
            return requester
        return replace(requester, priority=Priority.EXCESS)

    def note_start(self, client: str, now: float) -> None:
        if client != SYSTEM.client:
            self._started.setdefault(client, deque()).append(now)

    def _see(self, client: str, now: float) -> None:
        self._seen[client] = now
        self._seen.move_to_end(client)
        while len(self._seen) > 1:
            first, at = next(iter(self._seen.items()))
            if now - at < ACTIVE_SECONDS and len(self._seen) <= _MAX_CLIENTS:
                break
            del self._seen[first]
            self._started.pop(first, None)

    def _count(self, client: str, now: float) -> int:
        """Return how many calls of the client started within the last minute."""
        started = self._started.get(client)
        if not started:
            return 0
        while started and started[0] <= now - MINUTE:
            started.popleft()
        return len(started)

    def _share(self, client: str) -> float:
        weights = self._weights
        total = sum(weights.get(other, 1) for other in self._seen) if weights else len(self._seen)
        return max(1.0, self._window.share * weights.get(client, 1) / total)
