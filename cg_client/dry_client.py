"""Takes a client's place in a dry run: answers from what is at hand, notes each call, and sends none."""

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar, cast

from cg_client.asker import OURSELVES, Asker
from cg_client.cache import Entry
from cg_client.call import Answer, Call, Decode, Standing
from cg_client.call_plan import CallPlan, NotAsked
from cg_client.client import Client
from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.endpoints import account
from cg_client.gate import Gate
from cg_client.gathering import Gathering, Way
from cg_client.params import Params
from cg_client.quota import Usage
from cg_client.revision import Revision

T = TypeVar("T")

LISTING = "Names are looked up in this listing, which is not at hand: what is asked for them shows when it is."
PLAN = "The plan of the key is not known yet: it decides what may be asked, so that nothing else is foreseen."


class DryClient:
    """`leads_on`: why further calls depend on the answers that are asked for through this one, if they do.

    Reads the client and changes nothing of it: no refresh is started, and the plan is not asked for.
    """

    def __init__(self, client: Client, plan: CallPlan, leads_on: str | None = None) -> None:
        self._client, self._plan, self._leads_on = client, plan, leads_on
        self._gathering = Gathering(lambda call: call in plan.calls or client.is_free(call), client.clock)
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
        """A dry run asks for nothing, the plan included."""

    def deadline(self) -> float:
        return self._client.deadline()

    async def know_plan(self) -> None:
        """Raises NotAsked where a client would ask for the plan."""
        if self.plan_is_settled:
            return
        call = Call(account.SUBSCRIPTION, Params(), account.decode_subscription)
        self._note(call)
        self._plan.leave_open(call.endpoint.path, PLAN)
        raise NotAsked(self._plan, call)

    async def fetch(
        self,
        endpoint: Endpoint,
        params: Params,
        decode: Decode[T],
        deadline: float | None = None,  # noqa: ARG002  # nothing is waited for
        *,
        grace: bool = True,
        asker: Asker = OURSELVES,
    ) -> Answer[T]:
        """The answer where a client would have it at once; raises NotAsked, and what the gate refuses."""
        if endpoint is not account.SUBSCRIPTION:
            await self.know_plan()
        return cast("Answer[T]", self.ask(Call(endpoint, params, decode), 0.0, asker, grace=grace))

    def ask(
        self,
        call: Call,
        deadline: float,  # noqa: ARG002  # as above
        asker: Asker = OURSELVES,  # noqa: ARG002  # as above
        *,
        grace: bool = True,
    ) -> Answer[Any]:
        """As `fetch`, where the plan is settled."""
        answer = self._note(call, grace=grace)
        if answer is not None:
            return answer
        if self._leads_on is not None:
            self._plan.leave_open(call.endpoint.path, self._leads_on)
        raise NotAsked(self._plan, call)

    def choose(self, ways: Sequence[Way]) -> asyncio.Future[Way]:
        return self._gathering.choose(ways)

    def entry(self, call: Call) -> Entry | None:
        return self._client.entry(call)

    def refresh(self, call: Call, deadline: float, asker: Asker = OURSELVES) -> None:  # noqa: ARG002  # as above
        standing, _ = self._client.foresee(call)
        self._plan.note(call, Standing.REFRESH if standing is Standing.FETCH else standing)

    def held(self, call: Call) -> Answer[Any] | None:
        return self._noted(call, self._client.held(call))

    def kept(self, call: Call) -> Answer[Any] | None:
        return self._noted(call, self._client.kept(call))

    def _noted(self, call: Call, answer: Answer[Any] | None) -> Answer[Any] | None:
        if answer is not None:
            self._plan.note(call, Standing.AT_HAND)
        return answer

    def _note(self, call: Call, *, grace: bool = True) -> Answer[Any] | None:
        standing, answer = self._client.foresee(call, grace=grace)
        self._plan.note(call, standing)
        return answer
