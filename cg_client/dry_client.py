"""Takes a client's place in a dry run: answers from what is at hand, notes each call, and sends none."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cg_client.cache import Entry, failed, resolved
from cg_client.call import FREE, Answer, CacheStatus, Call
from cg_client.call_plan import CallPlan, DryRunMiss
from cg_client.client import Client
from cg_client.clock import Clock
from cg_client.coalescer import Coalescer, FetchPlan
from cg_client.endpoints import account
from cg_client.errors import CoinglassError
from cg_client.params import Params
from cg_client.plans.gate import Gate
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.quota.window import Usage
from cg_client.revision import Revision

T = TypeVar("T")

LISTING = "Names are looked up in this listing, which is not at hand: what is asked for them shows when it is."
PLAN = "The plan of the key is not known yet. It decides which calls are allowed, so that no others are reported."


class DryClient:
    """`followup`: why further calls depend on the answers that are asked for through this one, if they do.

    Reads the client and changes nothing of it: no refresh is started, and the plan is not asked for.
    """

    def __init__(self, client: Client, plan: CallPlan, followup: str | None = None) -> None:
        self._client, self._plan, self._followup = client, plan, followup
        self._coalescer = Coalescer(self._is_free)
        self.revision = Revision()  # nothing that a dry run finds makes answers of the server others

    @property
    def clock(self) -> Clock:
        return self._client.clock

    @property
    def gate(self) -> Gate:
        return self._client.gate

    @property
    def quota(self) -> Usage:
        return self._client.quota

    @property
    def plan_is_settled(self) -> bool:
        return self._client.plan_is_settled

    def gated(self) -> None:
        """Do nothing: a dry run sends no request, not even for the plan."""

    def deadline(self) -> float:
        return self._client.deadline()

    async def know_plan(self) -> None:
        self._check_plan()

    def get(
        self,
        call: Call,
        deadline: float | None = None,  # noqa: ARG002  # nothing is waited for
        requester: Requester = SYSTEM,  # noqa: ARG002  # as above
        *,
        grace: bool = True,
    ) -> asyncio.Future[Answer[Any]]:
        """Return the answer where a client would have it at once; raises DryRunMiss, and what the gate refuses."""
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

    def plan(self, candidates: Sequence[FetchPlan], start: Callable[[FetchPlan], T]) -> asyncio.Future[T]:
        return self._coalescer.select(candidates, start)

    def _get(self, call: Call, *, grace: bool) -> Answer[Any]:
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
        """Raise DryRunMiss if a client would ask for the plan of the key."""
        if self.plan_is_settled:
            return
        call = Call(account.SUBSCRIPTION, Params(), account.decode_subscription)
        self._plan.note(call, self._client.peek(call)[0])
        self._plan.leave_open(call.endpoint.path, PLAN)
        raise DryRunMiss(self._plan, call)
