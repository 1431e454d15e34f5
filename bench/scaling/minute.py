"""The quota as the replicas share it: a request counts from its start until a minute after its end."""

import math
from collections import deque

from cg_client.quota.window import MINUTE, QuotaWindow


class SharedMinute:
    """Starts and ends in the order of time. The reserve is that of `QuotaWindow`."""

    def __init__(self, limit: int) -> None:
        self.limit, self.reserve = limit, QuotaWindow(limit).reserve
        self._in_flight = 0
        self._releases: deque[float] = deque()  # in ascending order

    def start(self, now: float) -> None:
        """Count a request; raises ValueError if the minute has no room for it."""
        if self.available_at(now) > now:
            raise ValueError(f"There is no room at {now}.")
        self._in_flight += 1

    def end(self, now: float) -> None:
        self._in_flight -= 1
        self._releases.append(now + MINUTE)

    def available_at(self, now: float, reserve: int = 0) -> float:
        """Return when a request may start that leaves the reserve; infinite if that depends on one in flight."""
        while self._releases and self._releases[0] <= now:
            self._releases.popleft()
        over = self._in_flight + len(self._releases) + 1 - (self.limit - reserve)
        if over <= 0:
            return now
        return self._releases[over - 1] if over <= len(self._releases) else math.inf
