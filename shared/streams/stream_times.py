"""How often replicas that share a socket look at each other, and the store's clock as a replica reads it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cg_client.clock import Clock


@dataclass(frozen=True, slots=True)
class StreamTimes:
    """In seconds."""

    beat: float = 0.5  # between two renewals
    lease: float = 2.0  # without a renewal, until another replica owns the socket
    gone: float = 5.0  # without a beat, until a replica follows nothing any more
    patience: float = 1.0  # without the store, until a replica that has subscribers opens a socket of its own
    settle: float = 3.0  # that a stream must be complete for before a replica leaves its own socket for it
    backlog: float = 10.0  # of a stream that such a replica reads, for what its own socket has not brought yet
    lag: float = 0.25  # by which one socket may bring an event later than another
    barred: float = 30.0  # after a replica could not append or serve, until it may own the socket again
    handover: float = 0.5  # in which an owner that ends appends what came
    retain: float = 60.0  # without an owner, until a stream is gone
    block: float = 0.25  # that a read waits for entries
    pace: float = 0.005  # between two appends, in which notes come together


class StoreTime:
    """The store's clock, by the last reply that had it. Wall clocks of replicas are never compared."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_ms = 0.0  # of the monotonic clock
        self.is_known = False

    def note(self, now_ms: int) -> None:
        self._ahead_ms = now_ms - self._clock.monotonic() * 1000
        self.is_known = True

    @property
    def now_ms(self) -> float:
        return self._clock.monotonic() * 1000 + self._ahead_ms

    def monotonic(self, store_ms: float) -> float:
        """Return the monotonic time, in seconds, of a time of the store."""
        return (store_ms - self._ahead_ms) / 1000

    def store_ms(self, monotonic: float) -> float:
        return monotonic * 1000 + self._ahead_ms

    def wall(self, store_ms: float) -> datetime:
        """Return a past time of the store by the wall clock of this process, as that is now."""
        return self._clock.now() - timedelta(milliseconds=max(0.0, self.now_ms - store_ms))
