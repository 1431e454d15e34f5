"""Counts requests a minute as CoinGlass does for a key."""

from collections import deque
from collections.abc import Callable

MINUTE = 60.0


class Quota:
    """A sliding minute; refused requests count too. `most`: the most that any minute so far has held."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.limit = limit
        self.refused = 0
        self.most = 0
        self._clock = clock
        self._times: deque[float] = deque()

    def take(self) -> bool:
        """Count a request; False if it exceeds the limit."""
        now = self._clock()
        while self._times and self._times[0] + MINUTE <= now:
            self._times.popleft()
        self._times.append(now)
        self.most = max(self.most, len(self._times))
        over = len(self._times) > self.limit
        self.refused += over
        return not over

    def headers(self) -> dict[str, str]:
        return {"API-KEY-MAX-LIMIT": str(self.limit), "API-KEY-USE-LIMIT": str(len(self._times))}
