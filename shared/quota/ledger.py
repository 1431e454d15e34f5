"""What one replica has used of the common quota."""

from collections import Counter, deque
from collections.abc import Callable
from typing import TypeAlias

from cg_client.quota.window import MINUTE
from shared.quota.messages import Digest

DigestOf: TypeAlias = Callable[[str], Digest]


class QuotaLedger:
    """Calls in flight, by client, and those that ended within the last minute. Times are monotonic seconds."""

    def __init__(self, digest: DigestOf) -> None:
        self._digest = digest
        self.in_flight: Counter[Digest] = Counter()
        self._ended: deque[tuple[float, Digest]] = deque()
        self._unreported: list[tuple[float, Digest]] = []

    def start(self, client: str) -> None:
        self.in_flight[self._digest(client)] += 1

    def give_back(self, client: str) -> None:
        name = self._digest(client)
        self.in_flight[name] -= 1
        if not self.in_flight[name]:
            del self.in_flight[name]

    def end(self, client: str, now: float) -> None:
        self.give_back(client)
        ended = (now, self._digest(client))
        self._ended.append(ended)
        self._unreported.append(ended)

    def count_after(self, time: float) -> int:
        """Return how many calls are in flight or count until after a time."""
        return self.in_flight.total() + sum(ended + MINUTE > time for ended, _ in self._ended)

    def report(self, now: float, *, in_full: bool) -> list[tuple[float, Digest]]:
        """Return for how many seconds calls have ended: all that count, or those that were not reported yet."""
        while self._ended and self._ended[0][0] + 1.02 * MINUTE <= now:
            self._ended.popleft()
        ended = list(self._ended) if in_full else self._unreported
        self._unreported = []
        return [(now - at, client) for at, client in ended]
