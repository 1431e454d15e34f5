"""What came on a channel within the last minute, from which it is seen what comes again from another socket."""

from collections import deque
from collections.abc import Sequence

from cg_client.live.events import ChannelEvent, EventBatch
from cg_client.live.overlap import MAX_EVENTS, MEMORY_SECONDS, Overlap


class RecentEvents:
    """Times are in monotonic seconds."""

    def __init__(self, now: float) -> None:
        self._batches: deque[tuple[float, EventBatch]] = deque()
        self._count = 0
        self.since = now  # from when on nothing is missing of what was added

    def add(self, at: float, batch: EventBatch) -> None:
        self._batches.append((at, batch))
        self._count += len(batch.events)
        while self._batches[0][0] < at - MEMORY_SECONDS or self._count > MAX_EVENTS:
            first, dropped = self._batches.popleft()
            self._count -= len(dropped.events)
            self.since = max(self.since, first)
            if not self._batches:
                break

    @property
    def batches(self) -> Sequence[tuple[float, EventBatch]]:
        return tuple(self._batches)

    @property
    def events(self) -> Sequence[tuple[float, Sequence[ChannelEvent]]]:
        return [(at, batch.events) for at, batch in self._batches]

    def filter(self, now: float) -> Overlap:
        """Return what drops these events, if they come again within some seconds."""
        overlap = Overlap()
        for at, batch in self._batches:
            overlap.new(batch.events, at)
        overlap.cut(now)
        overlap.resume(now)
        return overlap
