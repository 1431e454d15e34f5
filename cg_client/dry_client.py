"""Takes a client's place in a dry run: answers from the cache, notes each call, and sends none."""

import asyncio
from collections.abc import Mapping, Sequence

from cg_client.cache import failed, resolved
from cg_client.call import FREE, AnyAnswer, CacheStatus, Call
from cg_client.client import Client
from cg_client.coalescer import Coalescer, FetchPlan, StartCalls, StartedPlan
from cg_client.endpoints import account
from cg_client.entries import Entry
from cg_client.errors import CoinglassError, InvalidRequest, RequestRefused
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.quota.window import Usage
from cg_client.revision import Revision
from cg_client.tracing import Tracer

LISTING = "Names are looked up in this listing, which is not cached yet: once it is, their calls show."
PLAN = "The plan of the key is not known yet. It decides which calls are allowed, so that no others are reported."


class CallPlan:
    """What an operation would call.

    `calls`: each distinct call and its status. `refused`: what would be refused without being sent, each once. `open`:
    why more calls may follow, by the endpoint whose answer decides it.
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
        statuses = list(self.calls.values())
        return {status: statuses.count(status) for status in CacheStatus}

    def note(self, call: Call, status: CacheStatus) -> None:
        self.calls.setdefault(call, status)

    def refuse(self, error: CoinglassError | InvalidRequest) -> None:
        """Note what would be refused without being sent; ignores other errors."""
        key = error.endpoint, str(error)
        if isinstance(error, RequestRefused | InvalidRequest) and key not in self._refusals:
            self._refusals.add(key)
            self.refused.append(error)

    def leave_open(self, endpoint: str, reason: str) -> None:
        self.open.setdefault(endpoint, reason)


class DryRunMiss(CoinglassError):
    """The call is not cached, and a dry run sends none. No caller sees this: a dry run's data is dropped."""

    def __init__(self, plan: CallPlan, call: Call) -> None:
        super().__init__("This is a dry run: CoinGlass was not called.")
        self._plan, self.endpoint = plan, call.endpoint.path

    def requires_followup(self, reason: str) -> None:
        """Note that the answer decides which further calls are needed."""
        self._plan.leave_open(self.endpoint, reason)


class DryClient:
    """Reads the client and changes nothing of it: starts no refresh and requests no plan.

    `followup` says why further calls depend on the answers that this one gives, if they do.
    """

    def __init__(self, client: Client, plan: CallPlan, followup: str | None = None) -> None:
        self._client, self._plan, self._followup = client, plan, followup
        self.clock, self.gate = client.clock, client.gate
        self._coalescer = Coalescer(self._is_free)
        self.tracer: Tracer | None = None  # nothing is sent
        self.revision = Revision()  # a dry run changes no answer of the server

    @property
    def quota(self) -> Usage:
        return self._client.quota

    @property
    def plan_is_resolved(self) -> bool:
        return self._client.plan_is_resolved

    def note_gated(self) -> None:
        """Do nothing: a dry run does not request the plan."""

    def note_hit(self) -> None:
        """Do nothing: a dry run takes no answer."""

    def deadline(self) -> float:
        return self._client.deadline()

    async def know_plan(self) -> None:
        self._check_plan()

    def get(
        self,
        call: Call,
        deadline: float | None = None,  # noqa: ARG002  # a dry run waits for nothing
        requester: Requester = SYSTEM,  # noqa: ARG002  # as above
        *,
        grace: bool = True,
    ) -> asyncio.Future[AnyAnswer]:
        """Return the cached answer; raises DryRunMiss if there is none, and what the gate refuses."""
        try:
            return resolved(self._get(call, grace=grace))
        except CoinglassError as error:
            return failed(error)

    def peek(self, call: Call, *, grace: bool = True) -> tuple[CacheStatus, Entry | None]:
        status, entry = self._client.peek(call, grace=grace)
        if status is CacheStatus.HIT:
            self._plan.note(call, status)
        return status, entry

    def refresh(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> None:  # noqa: ARG002  # as above
        status, _ = self._client.peek(call)
        self._plan.note(call, CacheStatus.REFRESH if status is CacheStatus.MISS else status)

    def plan(self, candidates: Sequence[FetchPlan], start: StartCalls) -> asyncio.Future[StartedPlan]:
        return self._coalescer.select(candidates, start)

    def _get(self, call: Call, *, grace: bool) -> AnyAnswer:
        if call.endpoint is not account.SUBSCRIPTION:
            self._check_plan()
        self.gate.check(call.endpoint, call.params)
        status, entry = self._client.peek(call, grace=grace)
        self._plan.note(call, status)
        answer = None if entry is None else entry.servable(self.clock.monotonic(), grace=grace)
        if answer is not None:
            return answer
        if self._followup is not None:
            self._plan.leave_open(call.endpoint.path, self._followup)
        raise DryRunMiss(self._plan, call)

    def _is_free(self, call: Call) -> bool:
        return call in self._plan.calls or self._client.peek(call)[0] in FREE

    def _check_plan(self) -> None:
        """Raise DryRunMiss if a client would request the plan of the key."""
        if self.plan_is_resolved:
            return
        call = account.SUBSCRIPTION_CALL
        self._plan.note(call, self._client.peek(call)[0])
        self._plan.leave_open(call.endpoint.path, PLAN)
        raise DryRunMiss(self._plan, call)
