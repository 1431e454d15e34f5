"""The quota of requests a minute: which requests count now, and when there is room again.

CoinGlass does not state whether it counts fixed or sliding minutes, so a request counts from its start until a minute
after its end: then neither way of counting can exceed the limit. The usage headers correct the count after each
answer, upwards for other users of the key and downwards once upstream has begun a new minute.

Several processes that serve with one key get an equal share of its requests each: together they cannot exceed the
limit, without knowing of each other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

MINUTE = 60.0
_RESERVE = 5  # one of so many requests
_MOMENT = 0.25  # seconds after which to look again for a share that is late


class PauseReason(Enum):
    """Why no request starts for a while although the quota may have room; messages quote the value."""

    REQUESTED = "CoinGlass requested a pause"
    REFUSED = "CoinGlass refused a request for too many of them and named no time to wait"
    REPLACED = "This worker took the place of one that ended, whose requests still count"


@dataclass(frozen=True, slots=True)
class Pause:
    """`until`: monotonic seconds."""

    until: float
    reason: PauseReason


@dataclass(frozen=True, slots=True)
class Usage:
    """The quota as this process sees it.

    `limit` and `used` are those of the process' share. In `resets_in` seconds nothing counts, if nothing is sent. While
    `is_paused` nothing may start, whatever is left. `replicas` share the key's quota; while this one `is_alone`, it has
    only a safe part of it.
    """

    limit: int
    used: int
    resets_in: float | None
    is_paused: bool = False
    replicas: int = 1
    is_alone: bool = False

    @property
    def remaining(self) -> int:
        """Return the number of requests that could start now."""
        return 0 if self.is_paused else max(0, self.limit - self.used)


class QuotaWindow:
    """The running minute. Times are monotonic seconds. `limit` is the key's, which `workers` processes share."""

    def __init__(self, limit: int, workers: int = 1) -> None:
        self._share_of: Callable[[int], int] = lambda limit: max(1, limit // workers)
        self.set_limit(limit)
        self.minute = MINUTE
        self.rises_at = 0.0
        self._in_flight = 0
        self._releases: list[float] = []  # until when each ended request counts, in ascending order
        self.pause = Pause(0.0, PauseReason.REQUESTED)  # the latest, which may be over

    def set_limit(self, limit: int) -> None:
        """Set the key's limit and this process' `share`: at least one request, so that it learns of a higher limit."""
        self.limit, self.share = limit, self._share_of(limit)

    def divide(self, share_of: Callable[[int], int], rises_at: float = 0.0) -> None:
        """Let the function compute the share of each limit; a share of 0 is expected to rise at a time."""
        self._share_of, self.rises_at = share_of, rises_at
        self.set_limit(self.limit)

    @property
    def reserve(self) -> int:
        """Requests of the share that are reserved for interactive calls: a fifth, none of a share below five."""
        return self.share // _RESERVE

    def start(self) -> None:
        self._in_flight += 1

    def give_back(self) -> None:
        """Stop counting a started request that was not sent."""
        self._in_flight -= 1

    def end(self, now: float) -> None:
        self._in_flight -= 1
        self._releases.append(now + self.minute)

    def available_at(self, now: float, reserve: int = 0) -> float:
        """Return when a call may start that leaves `reserve` requests: never too early, `now` if at once."""
        self._expire(now)
        earliest = max(now, self.pause.until)
        over = len(self._releases) + self._in_flight + 1 - (self.share - reserve)
        if over <= 0:
            return earliest
        if self.share <= 0:
            return max(earliest, self._rise(now))
        return max(earliest, self._releases[over - 1] if over <= len(self._releases) else now + self.minute)

    def _rise(self, now: float) -> float:
        return max(self.rises_at, now + _MOMENT)

    def forecast(self, now: float) -> "Forecast":
        self._expire(now)
        earliest = max(now, self.pause.until)
        if self.share <= 0:
            return Forecast(1, [], max(earliest, self._rise(now)))
        return Forecast(self.share, [*self._releases, *[now + self.minute] * self._in_flight], earliest)

    def correct(self, started: float, now: float, limit: int | None, used: int | None) -> None:
        """Apply the headers of an answer: the key's limit, and upstream's count of the minute.

        Of upstream's count, the shares of the other processes may be theirs. What exceeds those and our count is due
        to strangers and counts here too, so that no process expects to have more left than the key has.
        """
        if limit is not None and limit > 0 and limit != self.limit:
            self.set_limit(limit)
        if used is None:
            return
        self._expire(now)
        beyond_shares = min(used, self.limit) - (self.limit - self.share)
        strangers = beyond_shares - len(self._releases) - self._in_flight
        if strangers > 0:
            self._releases.extend([now + self.minute] * strangers)
        expired = bisect_left(self._releases, started + self.minute) - max(0, used - 1)
        if expired > 0:
            del self._releases[:expired]

    def block(self, until: float, reason: PauseReason = PauseReason.REQUESTED) -> None:
        """Start nothing until then. Of several pauses the longest counts."""
        if until > self.pause.until:
            self.pause = Pause(until, reason)

    def usage(self, now: float) -> Usage:
        self._expire(now)
        last = now + self.minute if self._in_flight else max(self._releases, default=None)
        resets_in = None if last is None else last - now
        return Usage(self.share, len(self._releases) + self._in_flight, resets_in, is_paused=now < self.pause.until)

    def remaining(self, now: float) -> int:
        """Return the number of requests that could start now."""
        return 0 if now < self.pause.until else max(0, self.share - self.count(now))

    def count(self, now: float) -> int:
        """Return the number of requests that count."""
        self._expire(now)
        return len(self._releases) + self._in_flight

    def _expire(self, now: float) -> None:
        releases = self._releases
        if releases and releases[0] <= now:
            del releases[: bisect_right(releases, now)]


class Forecast:
    """When a sequence of calls could start, if no others come and each is answered at once.

    Calls that leave a reserve come after those that do not, so that the times only rise.
    """

    def __init__(self, share: int, releases: list[float], earliest: float) -> None:
        """`releases` are the times until which each started request counts, in order."""
        self._share, self._releases, self._earliest = share, releases, earliest

    def next(self, reserve: int = 0) -> float:
        """Return when the next call could start that leaves `reserve` requests of the share."""
        over = len(self._releases) - (self._share - reserve)
        return self._earliest if over < 0 else max(self._earliest, self._releases[over])

    def add(self, count: int = 1, reserve: int = 0) -> None:
        """Put so many calls before the next one."""
        for _ in range(count):
            self._releases.append(self.next(reserve) + MINUTE)
