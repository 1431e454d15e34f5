"""Recognizes what CoinGlass sends again after a reconnect. Times are in monotonic seconds."""

from collections import deque
from collections.abc import Iterable, Sequence

from cg_client.live.events import ChannelEvent

MEMORY_SECONDS = 60.0  # before the cut, in which an event must have come to be recognized
WINDOW_SECONDS = 10.0  # after the reconnect, in which it is
MAX_EVENTS = 20_000  # the oldest is forgotten first


class Overlap:
    """Drops each event that came before a cut once, if an equal one comes soon after the reconnect.

    CoinGlass numbers nothing, and equal events occur: two orders of one size in one millisecond. So the events are
    counted, and at any other time equal ones stay.
    """

    def __init__(self) -> None:
        self._log: deque[tuple[float, ChannelEvent]] = deque()  # an event that came again has an entry for each time
        self._times: dict[ChannelEvent, list[float]] = {}  # when each event came last, in order; equal ones count apart
        self._repeatable: dict[ChannelEvent, int] = {}
        self._until = -1.0

    def cut(self, now: float) -> None:
        """Note that the connection ended."""
        self._forget(now)
        self._repeatable = {event: len(times) for event, times in self._times.items()}

    def resume(self, now: float) -> None:
        """Note that the channel is subscribed to again."""
        self._until = now + WINDOW_SECONDS

    def new(self, events: Sequence[ChannelEvent], now: float) -> Sequence[ChannelEvent]:
        """Return the events without those that came before."""
        if self._repeatable and now > self._until:
            self._repeatable.clear()
        fresh = events if not self._repeatable else [event for event in events if not self._is_repeated(event, now)]
        self._remember(fresh, now)
        self._forget(now)
        return fresh

    def _is_repeated(self, event: ChannelEvent, now: float) -> bool:
        count = self._repeatable.get(event, 0)
        if not count:
            return False
        self._repeatable[event] = count - 1
        times = self._times.get(event)
        if times:
            del times[0]  # it came last just now
        self._remember((event,), now)
        return True

    def _remember(self, events: Iterable[ChannelEvent], now: float) -> None:
        for event in events:
            self._log.append((now, event))
            self._times.setdefault(event, []).append(now)

    def _forget(self, now: float) -> None:
        while self._log and (self._log[0][0] < now - MEMORY_SECONDS or len(self._log) > MAX_EVENTS):
            at, event = self._log.popleft()
            times = self._times.get(event)
            if times and times[0] == at:
                del times[0]
            if not times:
                self._times.pop(event, None)
