"""Equal shares of the quota for the clients that are active, so that no burst of one leaves nothing to another.

A client within its share has its calls started as always. What it requests beyond is `EXCESS`: it starts only while all
together have used no more than a part of the minute. A client that is active alone has the whole quota.
"""

import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from cg_client.quota.requester import SYSTEM
from cg_client.quota.round_robin import Weights
from cg_client.quota.window import MINUTE, QuotaWindow

ACTIVE_SECONDS = 300.0  # after its last call a client counts as active
_MAX_CLIENTS = 10_000


@dataclass(slots=True)
class _Usage:
    """Calls of a client that count: as in the window of the quota, from their start until a minute after their end."""

    seen_at: float = 0.0
    in_flight: int = 0
    releases: deque[float] = field(default_factory=deque)

    def expire(self, now: float) -> None:
        while self.releases and self.releases[0] <= now:
            self.releases.popleft()


class ClientShares:
    """`excess_fraction`: of the minute, which calls beyond the shares may use; with all of it there are no shares."""

    def __init__(self, window: QuotaWindow, weights: Weights, excess_fraction: float) -> None:
        self._window, self._weights, self._excess_fraction = window, weights, excess_fraction
        self._clients: OrderedDict[str, _Usage] = OrderedDict()  # the one that was seen last comes last

    @property
    def reserve(self) -> int:
        """Requests of the minute that calls beyond the shares leave: not all of them, else those would wait forever."""
        share = self._window.share
        return min(share - int(share * self._excess_fraction), share - 1)

    @property
    def are_needed(self) -> bool:
        """Whether several clients are active."""
        return len(self._clients) > 1

    def see(self, client: str, now: float) -> None:
        """Note that the client is active, and forget those that no longer are."""
        if client == SYSTEM.client or self._excess_fraction >= 1:
            return
        usage = self._clients.setdefault(client, _Usage())
        usage.seen_at = now
        usage.expire(now)
        self._clients.move_to_end(client)
        while len(self._clients) > 1:
            first, oldest = next(iter(self._clients.items()))
            if now - oldest.seen_at < ACTIVE_SECONDS and len(self._clients) <= _MAX_CLIENTS:
                break
            del self._clients[first]

    def room(self, client: str, now: float) -> float:
        """Return how many more calls the client may start within its share; negative if it has used more than that."""
        usage = self._clients.get(client)
        if usage is None or not self.are_needed:
            return math.inf
        usage.expire(now)
        return self._share(client) - usage.in_flight - len(usage.releases)

    def room_at(self, client: str, now: float, before: int) -> float:
        """Return when the client has room for a call after so many others, if it starts no more than those."""
        missing = before + 1 - self.room(client, now)
        if missing <= 0:
            return now
        releases = self._clients[client].releases
        return releases[int(missing) - 1] if missing <= len(releases) else now + MINUTE

    def start(self, client: str) -> None:
        """Count a call of the client. SYSTEM and clients that were forgotten are not counted, nor in the others."""
        if usage := self._clients.get(client):
            usage.in_flight += 1

    def give_back(self, client: str) -> None:
        """Stop counting a started call that was not sent."""
        if usage := self._clients.get(client):
            usage.in_flight = max(0, usage.in_flight - 1)

    def end(self, client: str, now: float) -> None:
        if usage := self._clients.get(client):
            usage.in_flight = max(0, usage.in_flight - 1)
            usage.expire(now)
            usage.releases.append(now + MINUTE)

    def _share(self, client: str) -> int:
        weights, total = self._weights, len(self._clients)
        if weights:
            total = sum(weights.get(other, 1) for other in self._clients)
        return max(1, self._window.share * weights.get(client, 1) // total)
