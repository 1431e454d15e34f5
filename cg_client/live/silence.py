"""Tells a connection on which CoinGlass sends nothing from a quiet market. Times are in monotonic seconds."""

QUIET_SECONDS = 10.0  # without events on any channel, until the liquidations of all exchanges are subscribed to as well
PROBE_SECONDS = 10.0  # in which these bring something, unless nothing is sent
KNOWN_SECONDS = 60.0  # the same once that is known: time for another connection


class Silence:
    """Watches one connection. It is being probed, and then it is silent, until an event comes on any channel."""

    def __init__(self, now: float, *, is_known: bool) -> None:
        """`is_known`: the previous connection was silent as well."""
        self.since = now
        self._probe_seconds = KNOWN_SECONDS if is_known else PROBE_SECONDS
        self.is_probing = False
        self.is_silent = False

    @property
    def due(self) -> float:
        """When `check` has something to find."""
        return self.since + QUIET_SECONDS + (self._probe_seconds if self.is_probing else 0)

    def check(self, now: float) -> None:
        if now < self.due:
            return
        self.is_silent = self.is_probing
        self.is_probing = True

    def hear(self, now: float) -> None:
        self.since = now
        self.is_probing = self.is_silent = False
