"""Leaves a group of endpoints alone while CoinGlass fails to answer for it.

A circuit opens when four fifths of a group's last twenty calls within a minute, and at least five, failed at CoinGlass.
Open, it refuses at once: that costs no request and lets the cache serve what it has. After a wait one call at a time is
let through as a probe; its answer closes the circuit, its failure opens it for twice as long, within bounds. When one
circuit closes the others may probe at once, since CoinGlass may be back as a whole.

Only what says something about CoinGlass' health counts. A refusal by plan, key, rate or parameters does not, nor does a
call that was given up, or timed out before CoinGlass had a fair time to answer: one caller's haste is not everybody's.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.errors import (
    CircuitOpen,
    IntervalRefused,
    NoData,
    NotFound,
    PlanRefused,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.quota.requester import SYSTEM, Requester

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Opens at `least` failures if they are `share` of the last `calls` within `memory`. All times are seconds."""

    share: float = 0.8
    calls: int = 20
    least: int = 5
    memory: float = 60.0
    first_wait: float = 1.0
    longest_wait: float = 15.0
    probe: float = 5.0  # a probe takes no longer; CoinGlass takes 0.4 to 3.5 s when it is well


class CircuitState(Enum):
    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Health(Enum):
    """What the end of a call says about CoinGlass."""

    WELL = "well"
    ILL = "ill"
    UNKNOWN = "unknown"


_ANSWERS = (NotFound, NoData, UpstreamRejected, PlanRefused, IntervalRefused)  # CoinGlass looked at the request


def telling(error: BaseException) -> BaseException:
    """Return the failure that says most: the one of the attempt before if CoinGlass had no fair time."""
    while isinstance(error, UpstreamTimeout) and not error.fair and error.before is not None:
        error = error.before
    return error


def told_by(error: BaseException) -> Health:
    if isinstance(error, UpstreamUnavailable) or (isinstance(error, UpstreamTimeout) and error.fair):
        return Health.ILL
    return Health.WELL if isinstance(error, _ANSWERS) else Health.UNKNOWN


class Circuit:
    """The circuit of one group. A call asks with `admit`, and tells how it ended with `answered` or `failed`."""

    def __init__(self, group: str, policy: BreakerPolicy, clock: Clock) -> None:
        self.group = group
        self.opened = 0  # times
        self._policy, self._clock = policy, clock
        self._recent: deque[tuple[float, Call | None]] = deque(maxlen=policy.calls)  # ends; the call where it failed
        self.open_until: float | None = None  # in monotonic seconds; None while it is closed
        self._wait = policy.first_wait
        self._probing = False

    @property
    def state(self) -> CircuitState:
        if self.open_until is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if self._clock.monotonic() < self.open_until else CircuitState.HALF_OPEN

    def admit(self) -> bool:
        """Whether the call is a probe; raises CircuitOpen."""
        if self.open_until is None:
            return False
        left = self.open_until - self._clock.monotonic()
        if left > 0 or self._probing:
            raise CircuitOpen(self.group, left if left > 0 else self._policy.first_wait)
        self._probing = True
        return True

    def answered(self, *, probe: bool) -> None:
        """Record the end of a call. One that began before the circuit opened says nothing new."""
        if probe:
            self.open_until, self._probing, self._wait = None, False, self._policy.first_wait
        elif self.open_until is None:
            self._recent.append((self._clock.monotonic(), None))

    def failed(self, call: Call, error: BaseException, *, probe: bool) -> None:
        error = telling(error)
        health = told_by(error)
        if health is Health.WELL:
            self.answered(probe=probe)
        elif probe:
            self._probing = False
            if health is Health.ILL:
                self._open()
        elif health is Health.ILL and self.open_until is None and not self._is_repeated(call, error):
            self._recent.append((self._clock.monotonic(), call))
            if self._is_ill():
                self._open()

    def may_probe(self) -> None:
        """End the wait of an open circuit."""
        if self.open_until is not None:
            self.open_until = min(self.open_until, self._clock.monotonic())

    def _is_repeated(self, call: Call, error: BaseException) -> bool:
        """Say whether the failure counts; one that may be the fault of its parameters counts once."""
        perhaps_ours = isinstance(error, UpstreamUnavailable) and error.perhaps_ours and bool(call.params.query())
        return perhaps_ours and any(failed == call for _, failed in self._recent)

    def _is_ill(self) -> bool:
        since = self._clock.monotonic() - self._policy.memory
        recent = [failed is not None for ended, failed in self._recent if ended > since]
        return sum(recent) >= max(self._policy.least, self._policy.share * len(recent))

    def _open(self) -> None:
        self.open_until = self._clock.monotonic() + self._wait
        self._wait = min(self._policy.longest_wait, self._wait * 2)
        self.opened += 1
        self._recent.clear()


class Breaker(Generic[T]):
    """The circuits of one client, made as their groups are asked for: no more than the catalogue has."""

    def __init__(
        self, ask: Callable[[Call, float, Requester], Awaitable[T]], clock: Clock, policy: BreakerPolicy | None = None
    ) -> None:
        self._ask, self._clock, self._policy = ask, clock, policy or BreakerPolicy()
        self._circuits: dict[str, Circuit] = {}

    async def __call__(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> T:
        """Make the call, if the circuit allows; raises CircuitOpen or what the call raises."""
        group = call.endpoint.group
        circuit = self._circuits.get(group)
        if circuit is None:
            circuit = self._circuits[group] = Circuit(group, self._policy, self._clock)
        probe = circuit.open_until is not None and circuit.admit()
        by = min(deadline, self._clock.monotonic() + self._policy.probe) if probe else deadline
        try:
            answer = await self._ask(call, by, requester)
        except BaseException as error:
            circuit.failed(call, error, probe=probe)
            raise
        circuit.answered(probe=probe)
        if probe:
            for other in self:
                other.may_probe()
        return answer

    def __iter__(self) -> Iterator[Circuit]:
        return iter(self._circuits.values())
