"""What an operation would ask CoinGlass for, as a dry run finds it."""

from collections.abc import Mapping

from cg_client.call import CacheStatus, Call
from cg_client.errors import CoinglassError, InvalidRequest, RequestRefused


class CallPlan:
    """`calls`: each distinct call and how it stands. `refused`: what would not be sent, without repetition.

    `open`: why more calls may follow than are known, by the endpoint whose answer decides it.
    """

    def __init__(self) -> None:
        self.calls: dict[Call, CacheStatus] = {}
        self.refused: list[RequestRefused | InvalidRequest] = []
        self.open: dict[str, str] = {}
        self._refusals: set[tuple[str, str]] = set()

    @property
    def is_complete(self) -> bool:
        return not self.open

    @property
    def counts(self) -> Mapping[CacheStatus, int]:
        """How many calls stand how."""
        found = list(self.calls.values())
        return {status: found.count(status) for status in CacheStatus}

    def note(self, call: Call, status: CacheStatus) -> None:
        self.calls.setdefault(call, status)

    def refuse(self, error: CoinglassError | InvalidRequest) -> None:
        """Note what would be refused without being sent; other errors are none of the plan's."""
        place = error.endpoint, str(error)
        if isinstance(error, RequestRefused | InvalidRequest) and place not in self._refusals:
            self._refusals.add(place)
            self.refused.append(error)

    def leave_open(self, endpoint: str, reason: str) -> None:
        self.open.setdefault(endpoint, reason)


class DryRunMiss(CoinglassError):
    """The call is not at hand, and a dry run sends none. No caller sees this: a dry run's data is dropped."""

    def __init__(self, plan: CallPlan, call: Call) -> None:
        super().__init__("This is a dry run: CoinGlass was not asked.")
        self._plan, self.endpoint = plan, call.endpoint.path

    def requires_followup(self, reason: str) -> None:
        """Note that the answer decides which further calls are needed."""
        self._plan.leave_open(self.endpoint, reason)
