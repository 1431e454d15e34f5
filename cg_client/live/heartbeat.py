"""When to send a ping, and how long to wait for its pong. Times are in monotonic seconds."""

import math

from cg_client.errors import UpstreamTimeout

PING = "ping"
PING_SECONDS = 20.0
PONG_SECONDS = 10.0


class Heartbeat:
    """One ping at a time. CoinGlass documents one every 20 seconds."""

    def __init__(self, now: float) -> None:
        self._ping_at = now + PING_SECONDS
        self._pong_by = math.inf

    @property
    def due(self) -> float:
        """When there is something to check."""
        return min(self._ping_at, self._pong_by)

    def bring_forward(self, now: float) -> None:
        """Send the next ping now, unless one is not answered yet."""
        if self._pong_by == math.inf:
            self._ping_at = now

    def check(self, now: float) -> None:
        """Raise UpstreamTimeout if there was no pong to the last ping."""
        if now >= self._pong_by:
            raise UpstreamTimeout(f"CoinGlass' WebSocket did not answer a ping within {PONG_SECONDS:.0f} s.")

    def take_ping(self, now: float) -> bool:
        """Return whether a ping is due, which counts as sent."""
        if now < self._ping_at:
            return False
        self._ping_at, self._pong_by = now + PING_SECONDS, min(self._pong_by, now + PONG_SECONDS)
        return True

    def pong(self) -> None:
        self._pong_by = math.inf
