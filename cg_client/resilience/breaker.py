"""Stops calling a group of endpoints while CoinGlass fails to answer for it.

A circuit opens when four fifths of a group's last twenty calls within a minute, and at least five, failed at CoinGlass.
Open, it refuses at once: that costs no request and lets the cache serve stale answers. After a wait one call at a time
is let through as a probe; its answer closes the circuit, its failure opens it for twice as long, within bounds. When
one circuit closes the others may probe at once, since CoinGlass may have recovered as a whole.

With several replicas, a circuit that opens or closes at one does at all, and one replica at a time sends a probe.

Only evidence of CoinGlass' health counts. A refusal by plan, key, rate or parameters is none, nor is a call that was
cancelled or timed out before CoinGlass had enough time to answer: the short deadline of one caller affects no other.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar

from cg_client.call import Call, Send
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
    probe: float = 5.0  # limit of a probe; a healthy CoinGlass takes 0.4 to 3.5 s


class CircuitState(Enum):
    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Health(Enum):
    """What the outcome of a call says about CoinGlass."""

    HEALTHY = "healthy"
    FAILING = "failing"
    UNKNOWN = "unknown"


_ANSWERS = (NotFound, NoData, UpstreamRejected, PlanRefused, IntervalRefused)  # CoinGlass looked at the request


def most_telling(error: BaseException) -> BaseException:
    """Return the failure of an earlier attempt if CoinGlass had too little time in the last."""
    while isinstance(error, UpstreamTimeout) and not error.had_enough_time and error.before is not None:
        error = error.before
    return error


def health_by(error: BaseException) -> Health:
    if isinstance(error, UpstreamUnavailable) or (isinstance(error, UpstreamTimeout) and error.had_enough_time):
        return Health.FAILING
    return Health.HEALTHY if isinstance(error, _ANSWERS) else Health.UNKNOWN


class Circuit:
    """The circuit of one group. A call starts with `admit`, and ends with `answered` or `failed`."""

    def __init__(self, group: str, policy: BreakerPolicy, clock: Clock) -> None:
        self.group = group
        self.opened = 0  # times
        self._policy, self._clock = policy, clock
        self._recent: deque[tuple[float, Call | None]] = deque(maxlen=policy.calls)  # ends; the call if it failed
        self.open_until: float | None = None  # in monotonic seconds; None while it is closed
        self.wait = policy.first_wait  # seconds for which it opens the next time
        self._probing = False
        self.on_change: Callable[[Circuit], None] = lambda _: None  # called when it opens or closes by our calls

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
        """Record an answer. That of a call which began before the circuit opened says nothing new."""
        if probe:
            self.close()
            self.on_change(self)
        elif self.open_until is None:
            self._recent.append((self._clock.monotonic(), None))

    def failed(self, call: Call, error: BaseException, *, probe: bool) -> None:
        error = most_telling(error)
        health = health_by(error)
        if health is Health.HEALTHY:
            self.answered(probe=probe)
        elif probe and self.open_until is not None:
            self._probing = False
            if health is Health.FAILING:
                self._open()
        elif health is Health.FAILING and self.open_until is None and not self._is_repeated(call, error):
            self._recent.append((self._clock.monotonic(), call))
            if self._is_failing():
                self._open()

    def open_for(self, seconds: float, next_wait: float) -> None:
        """Open, since it opened at another replica, and the next time for `next_wait` seconds."""
        self.open_until = self._clock.monotonic() + seconds
        self.wait = next_wait
        self._recent.clear()

    def close(self) -> None:
        self.open_until, self._probing, self.wait = None, False, self._policy.first_wait

    def postpone(self) -> float:
        """Let nobody probe for a while, since another replica does; return the seconds."""
        if self.open_until is not None:
            self.open_until = self._clock.monotonic() + self._policy.first_wait
        return self._policy.first_wait

    def may_probe(self) -> None:
        """End the wait of an open circuit."""
        if self.open_until is not None:
            self.open_until = min(self.open_until, self._clock.monotonic())

    def _is_repeated(self, call: Call, error: BaseException) -> bool:
        """Whether the failure may be due to its parameters, and counted already."""
        perhaps_ours = isinstance(error, UpstreamUnavailable) and error.perhaps_ours and bool(call.params.query())
        return perhaps_ours and any(failed == call for _, failed in self._recent)

    def _is_failing(self) -> bool:
        since = self._clock.monotonic() - self._policy.memory
        recent = [failed is not None for ended, failed in self._recent if ended > since]
        return sum(recent) >= max(self._policy.least, self._policy.share * len(recent))

    def _open(self) -> None:
        self.open_until = self._clock.monotonic() + self.wait
        self.wait = min(self._policy.longest_wait, self.wait * 2)
        self.opened += 1
        self._recent.clear()
        self.on_change(self)


class ProbeTurns(Protocol):
    """Decides which replica sends a probe."""

    async def claim(self, group: str, seconds: float) -> bool:
        """Whether this replica may probe the group, which takes so many seconds at most; raises nothing."""


class Breaker(Generic[T]):
    """The circuits of one client, created at the first call of their group: no more than the catalogue has."""

    def __init__(self, send: Send[T], clock: Clock, policy: BreakerPolicy | None = None) -> None:
        self._send, self._clock, self._policy = send, clock, policy or BreakerPolicy()
        self._circuits: dict[str, Circuit] = {}
        self.turns: ProbeTurns | None = None
        self.on_change: Callable[[Circuit], None] = lambda _: None  # called when a circuit opens or closes by our calls

    async def __call__(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> T:
        """Make the call, if the circuit allows; raises CircuitOpen or what the call raises."""
        circuit = self._circuits.get(call.endpoint.group) or self._new_circuit(call.endpoint.group)
        probe = circuit.open_until is not None and circuit.admit()
        try:
            if probe and self.turns is not None and not await self.turns.claim(circuit.group, self._policy.probe):
                raise CircuitOpen(circuit.group, circuit.postpone())  # noqa: TRY301  # it ends the probe as well
            by = min(deadline, self._clock.monotonic() + self._policy.probe) if probe else deadline
            answer = await self._send(call, by, requester)
        except BaseException as error:
            circuit.failed(call, error, probe=probe)
            raise
        circuit.answered(probe=probe)
        if probe:
            self._let_all_probe()
        return answer

    def open_for(self, group: str, seconds: float, next_wait: float) -> bool:
        """Open the circuit of the group, as another replica did; False for times that the policy does not allow."""
        if not 0 < seconds <= self._policy.longest_wait or not 0 < next_wait <= self._policy.longest_wait:
            return False
        circuit = self._circuits.get(group) or self._new_circuit(group)
        circuit.open_for(seconds, next_wait)
        return True

    def close(self, group: str) -> None:
        """Close the circuit of the group, since a probe of another replica was answered."""
        circuit = self._circuits.get(group)
        if circuit is not None:
            circuit.close()
        self._let_all_probe()

    def _new_circuit(self, group: str) -> Circuit:
        circuit = self._circuits[group] = Circuit(group, self._policy, self._clock)
        circuit.on_change = self._report
        return circuit

    def _report(self, circuit: Circuit) -> None:
        self.on_change(circuit)

    def _let_all_probe(self) -> None:
        for circuit in self:
            circuit.may_probe()

    def __iter__(self) -> Iterator[Circuit]:
        return iter(self._circuits.values())
