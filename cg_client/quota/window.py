"""The quota of requests a minute: what counts at present, and when there is room again.

Nothing says whether CoinGlass counts in fixed or in sliding minutes, so a request is held against us from its start
until a minute after its end: then neither way of counting can find more than the limit. The usage headers correct that
after each answer, upwards for other users of the key and downwards once upstream has begun a new minute.

Several processes that use the key as one server have an equal share of its requests each, and need not know of each
other: together they cannot pass the limit.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import Enum

MINUTE = 60.0
_RESERVE = 5  # one request in so many


class PauseReason(Enum):
    """Why no request starts for a while although the quota may have room; the value states it in messages."""

    ASKED = "CoinGlass asked to wait"
    REFUSED = "CoinGlass refused a request for too many of them and named no time to wait"
    REPLACED = "This worker took the place of one that ended, whose requests still count"


@dataclass(frozen=True, slots=True)
class Pause:
    """`until`: monotonic seconds."""

    until: float
    reason: PauseReason


@dataclass(frozen=True, slots=True)
class Usage:
    """The quota as this process knows it. `resets_in`: seconds until nothing counts any more, if nothing is added.

    `limit` and `used` are those of the process' share; `held`: nothing may start at present, whatever is left of it.
    """

    limit: int
    used: int
    resets_in: float | None
    held: bool = False

    @property
    def remaining(self) -> int:
        """Return the number of requests that could start now."""
        return 0 if self.held else max(0, self.limit - self.used)


class QuotaWindow:
    """The running minute. Times are monotonic seconds. `limit` is the key's, which `workers` processes share."""

    def __init__(self, limit: int, workers: int = 1) -> None:
        self._workers = workers
        self.set_limit(limit)
        self._in_flight = 0
        self._releases: list[float] = []  # until when those count that have ended, the first first
        self._blocked_until = 0.0
        self._pause_reason = PauseReason.ASKED

    def set_limit(self, limit: int) -> None:
        """Set the key's limit and this process' `share`: at least one request, so that it learns of a higher limit."""
        self.limit, self.share = limit, max(1, limit // self._workers)

    @property
    def reserve(self) -> int:
        """Requests of the share that are kept for those who wait: a fifth, none of a share below five."""
        return self.share // _RESERVE

    def start(self) -> None:
        self._in_flight += 1

    def give_back(self) -> None:
        """Nothing was sent after a start."""
        self._in_flight -= 1

    def end(self, now: float) -> None:
        self._in_flight -= 1
        self._releases.append(now + MINUTE)

    def available_at(self, now: float, keep: int = 0) -> float:
        """When a call may start that leaves `keep` requests alone: never too early, `now` if at once."""
        self._expire(now)
        earliest = max(now, self._blocked_until)
        over = len(self._releases) + self._in_flight + 1 - (self.share - keep)
        if over <= 0:
            return earliest
        return max(earliest, self._releases[over - 1] if over <= len(self._releases) else now + MINUTE)

    def forecast(self, now: float) -> "Forecast":
        self._expire(now)
        releases = [*self._releases, *[now + MINUTE] * self._in_flight]
        return Forecast(self.share, releases, max(now, self._blocked_until))

    def correct(self, started: float, now: float, limit: int | None, used: int | None) -> None:
        """Take over what the headers of an answer say: the key's limit, and upstream's count of the minute.

        Of what upstream counts, the shares of the other processes may be theirs. What is beyond them and not ours is
        strangers', and held against us: so we never think to have more left than the key has.
        """
        if limit is not None and limit > 0 and limit != self.limit:
            self.set_limit(limit)
        if used is None:
            return
        self._expire(now)
        beyond_others = min(used, self.limit) - (self.limit - self.share)
        strange = beyond_others - len(self._releases) - self._in_flight
        if strange > 0:
            self._releases.extend([now + MINUTE] * strange)
        gone = bisect_left(self._releases, started + MINUTE) - max(0, used - 1)
        if gone > 0:
            del self._releases[:gone]

    def block(self, until: float, reason: PauseReason = PauseReason.ASKED) -> None:
        """Nothing starts until then. Of several reasons the one counts that lasts longest."""
        if until > self._blocked_until:
            self._blocked_until, self._pause_reason = until, reason

    @property
    def pause(self) -> Pause:
        """The latest pause, which may be over."""
        return Pause(self._blocked_until, self._pause_reason)

    def usage(self, now: float) -> Usage:
        self._expire(now)
        last = now + MINUTE if self._in_flight else max(self._releases, default=None)
        resets_in = None if last is None else last - now
        return Usage(self.share, len(self._releases) + self._in_flight, resets_in, held=now < self._blocked_until)

    def remaining(self, now: float) -> int:
        """Return the number of requests that could start now."""
        self._expire(now)
        return 0 if now < self._blocked_until else max(0, self.share - len(self._releases) - self._in_flight)

    def _expire(self, now: float) -> None:
        releases = self._releases
        if releases and releases[0] <= now:
            del releases[: bisect_right(releases, now)]


class Forecast:
    """When calls could start that go one after the other, if no others come and each is answered at once.

    Who keeps something of the quota back comes after those who do not: then the times only rise.
    """

    def __init__(self, share: int, releases: list[float], earliest: float) -> None:
        """`releases`: until when each request counts that has started, in order."""
        self._share, self._releases, self._earliest = share, releases, earliest

    def next(self, keep: int = 0) -> float:
        """When the next one could start, leaving `keep` requests alone."""
        over = len(self._releases) - (self._share - keep)
        return self._earliest if over < 0 else max(self._earliest, self._releases[over])

    def add(self, count: int = 1, keep: int = 0) -> None:
        """So many go before the next one."""
        for _ in range(count):
            self._releases.append(self.next(keep) + MINUTE)
