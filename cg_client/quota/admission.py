"""Who may send a call to CoinGlass, and when: what a client needs of its quota."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from cg_client.call import Call
from cg_client.errors import CoinglassError, QuotaExhausted, RequestsPaused, ShareExhausted, StartsTooLate
from cg_client.quota.requester import Priority, Requester
from cg_client.quota.window import Pause, PauseReason, Usage

_SPENT = {
    Priority.INTERACTIVE: "The quota of requests a minute is spent",
    Priority.REFRESH: "What the quota of requests a minute leaves to refreshes is spent",
    Priority.BACKFILL: "What the quota of requests a minute leaves to backfills is spent",
    Priority.EXCESS: "The share of this caller in the quota of requests a minute is spent",
}


class Admission(NamedTuple):
    """When a call may go, in monotonic seconds, and the client in whose share it counts until `end` or `give_back`."""

    at: float
    client: str


class RefusalForecast(NamedTuple):
    """Whether the quota is known to have no room for a requester before a deadline, and the failure then."""

    will_refuse: Callable[[float, Requester], bool] = lambda *_: False
    refuse: Callable[[Call, float, Requester], CoinglassError | None] = lambda *_: None


class AdmissionControl(Protocol):
    """Admits calls within the quota: of this process, or of all replicas."""

    refused: dict[Priority, int]

    @property
    def obstacle(self) -> str | None:
        """Why no call at all may be admitted; None once this process has a part of the quota."""

    @property
    def size(self) -> int:
        """Return how many calls wait."""

    def waiting(self, priority: Priority) -> int:
        """Return how many calls of the priority wait."""

    def skip(self, requester: Requester) -> Admission | None:
        """Admit an interactive call if nothing waits and there is room for it at once."""

    async def start(self, call: Call, deadline: float, requester: Requester) -> Admission:
        """Wait until the call may go; raises StartsTooLate if that is past the deadline or the patience."""

    def will_refuse(self, deadline: float, requester: Requester) -> bool:
        """Whether it is known already that a call which begins now is refused at once."""

    def refuse(self, deadline: float, requester: Requester) -> StartsTooLate | None:
        """Return the refusal, which counts as one, if a call that begins now is known to be refused."""

    def end(self, admission: Admission) -> None:
        """Count a call that was sent until a minute from now."""

    def give_back(self, admission: Admission) -> None:
        """Stop counting a call that was not sent."""

    def reprioritize(self, call: Call, requester: Requester) -> None:
        """Give a waiting call to a more urgent requester who also waits for it."""

    def review(self) -> None:
        """Start and refuse waiting calls; to be called when the room may have changed."""

    def correct(self, started: float, limit: int | None, used: int | None) -> None:
        """Apply the usage headers of an answer to a call that ended just now."""

    def allow(self, limit: int) -> None:
        """Raise the limit to at least so many requests a minute."""

    def pause(self, seconds: float, reason: PauseReason) -> None:
        """Start no request for so long."""

    def usage(self) -> Usage:
        """Return the state of the quota."""

    def remaining(self, now: float) -> int:
        """Return the number of requests that could start now."""

    async def close(self) -> None:
        """End what runs for the quota; nothing starts any more."""


def refusal(priority: Priority, at: float, now: float, pause: Pause) -> StartsTooLate:
    """Return the refusal of a call that could start at a time.

    Its reason is the quota only if that has no room when a pause of all requests ends.
    """
    if at > pause.until:
        kind = ShareExhausted if priority is Priority.EXCESS else QuotaExhausted
        return kind(at - now, _SPENT[priority])
    if pause.reason is PauseReason.REPLACED:
        return QuotaExhausted(at - now, pause.reason.value)
    return RequestsPaused(at - now, pause.reason.value)
