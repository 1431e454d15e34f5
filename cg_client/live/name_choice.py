"""Chooses by which of its names a channel is subscribed to. Times are in monotonic seconds."""

import math
from collections.abc import Sequence

PATIENCE_SECONDS = 10.0  # without events, until another name is tried as well
STRAY_SECONDS = 5.0  # in which events may come by a name that was unsubscribed from


class NameChoice:
    """The names of one channel, on one connection after another.

    It begins with the name that worked last, at first the documented one. Of several the first one that brings events
    counts, and what comes by another is the same again. With only one, events are taken by whatever name they come.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._all = names
        self._refused: set[str] = set()
        self._preferred = names[0]
        self._current: str | None = None
        self._since = 0.0
        self._stray_until = -math.inf
        self._added: dict[str, float] = {}  # the names that are tried since then, and brought nothing yet
        self.names: Sequence[str] = names[:1]  # to be subscribed to

    def begin(self, now: float) -> None:
        """Begin on a new connection."""
        self._refused.clear()
        self._added.clear()
        self._current, self._since = None, now
        self.names = [self._preferred]

    def try_all(self, now: float) -> None:
        names = [name for name in self._all if name not in self._refused]
        self._added |= dict.fromkeys(set(names) - set(self.names), now)
        self.names = names

    def check(self, now: float) -> None:
        if now >= self.due:
            self.try_all(now)

    @property
    def due(self) -> float:
        """When `check` has something to find."""
        has_more = len(self.names) + len(self._refused) < len(self._all)
        return self._since + PATIENCE_SECONDS if has_more else math.inf

    def gap_before(self, name: str) -> tuple[float, float] | None:
        """Return from when to when events may be missing if some come by this name: it was not tried before."""
        until = self._added.get(name, -math.inf)
        return (self._since, until) if self._since < until else None

    def hear(self, name: str, now: float) -> bool:
        """Note events by one of the names. Returns False if they count already by another."""
        is_doubled = len(self.names) > 1 or now < self._stray_until
        if is_doubled and self._current not in (None, name) and now < self._since + PATIENCE_SECONDS:
            return False
        self._current, self._since = name, now
        self._added.clear()
        if len(self.names) > 1 and name in self.names:
            self.names, self._stray_until = [name], now + STRAY_SECONDS
        if len(self.names) == 1:
            (self._preferred,) = self.names
        return True

    def refuse(self, name: str, now: float) -> bool:
        """Note that CoinGlass does not know the name. Returns whether another is left."""
        self._refused.add(name)
        self.try_all(now)
        return bool(self.names)
