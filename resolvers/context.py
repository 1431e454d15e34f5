"""What every resolver finds in `info.context`: one object per operation."""

import asyncio
import functools
import math
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import strawberry
from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode

from cg_client.call import Answer, CacheStatus, Call
from cg_client.client import Client
from cg_client.dry_client import LISTING, CallPlan, DryClient, DryRunMiss
from cg_client.errors import CoinglassError, Gated, InvalidRequest
from cg_client.fetcher import Fetcher
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.symbols.listings import Symbols
from resolvers import unlisted_names
from resolvers.loaders import Loaders
from resolvers.operation_record import OperationEstimate, OperationRecord
from resolvers.window_planner import WindowPlanner

GATED_FOR = 60.0  # seconds for which a response is reused in which the plan lacks something


class Validity:
    """Collects from the parts of one operation until when its response would be the same.

    `expires_at`: monotonic seconds; 0 for a response that is not to be reused. `is_gated`: whether the plan lacks a
    part, so that a change of the plan, of which only this server hears, changes the response.
    """

    __slots__ = ("expires_at", "is_gated")

    def __init__(self) -> None:
        self.expires_at = math.inf
        self.is_gated = False

    def depend_on(self, *answers: Answer[Any]) -> None:
        """Depend on answers of CoinGlass; a stale one may be replaced at any moment."""
        for answer in answers:
            self.expire_at(0.0 if answer.stale else answer.fresh_until)

    def expire_at(self, at: float) -> None:
        self.expires_at = min(self.expires_at, at)

    def mark_uncacheable(self) -> None:
        """For what is true of this moment alone, such as a failure or what is left of the quota."""
        self.expires_at = 0.0


class Spending(Protocol):
    """What an operation takes of the budget of its caller."""

    def reserve(self, calls: int, values: int) -> Awaitable[None] | None:
        """Reserve the most that it may take, at once or when awaited; raises GraphQLError beyond the budget."""


class Tabulation(Protocol):
    """The tables that an export makes of an operation; its lists stay tables until they are read."""

    def prepare(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
        values: int,
    ) -> None:
        """Note what is selected, before anything is spent; raises GraphQLError for what cannot be exported now.

        `values`: an estimate of those of the result.
        """


class Context:
    """What the fields of one operation share: client, names, deadline, and whose it is.

    Everything that it waits for ends by `deadline`, in monotonic seconds. `requester` decides the place in the queue
    for the quota, and never changes an answer. `plan` collects what a dry run would send, None for a real operation.
    `record`: what log and metrics say about the operation; its `estimate` is set before anything is resolved.
    `tabulation`: of an export, None for an answer in JSON. `live`: the feeds of subscriptions (live/feeds.py), None
    where there are none.
    """

    def __init__(
        self,
        client: Fetcher,
        symbols: Symbols,
        request_id: str,
        *,
        requester: Requester = SYSTEM,
        planner: WindowPlanner | None = None,
        plan: CallPlan | None = None,
        grace: bool = True,
    ) -> None:
        """`planner` None starts without cached window plans. Without `grace` nothing stale is served."""
        self.client, self.symbols, self.request_id, self.requester = client, symbols, request_id, requester
        self.planner, self.plan = planner or WindowPlanner(client), plan
        self.deadline, self.validity = client.deadline(), Validity()
        self.grace = grace
        self.live: object = None
        self.charge: Spending | None = None
        self.tabulation: Tabulation | None = None
        self.record = OperationRecord()
        self._awaited: list[asyncio.Future[Answer[Any]]] = []

    @classmethod
    def of_dry_run(
        cls, client: Client, symbols: Symbols, request_id: str, *, requester: Requester, planner: WindowPlanner
    ) -> "Context":
        """Make the context of an operation whose calls are reported instead of sent."""
        plan = CallPlan()
        names = symbols.for_client(DryClient(client, plan, followup=LISTING))
        return cls(DryClient(client, plan), names, request_id, requester=requester, planner=planner, plan=plan)

    def reserve(self, calls: int, values: int) -> Awaitable[None] | None:
        """Note what the operation may take, and charge it to the caller; raises GraphQLError beyond the budget.

        What it returns is to be awaited before anything is spent.
        """
        self.record.estimate = OperationEstimate(calls, values)
        return None if self.charge is None else self.charge.reserve(calls, values)

    @functools.cached_property
    def loaders(self) -> Loaders:
        """Loaders of this operation alone, made when a field first needs one."""
        return Loaders(self.get, self._get_named, self.validity.depend_on, self.client.tracer)

    def get(self, call: Call) -> asyncio.Future[Answer[Any]]:
        answer = self.client.get(call, self.deadline, self.requester, grace=self.grace)
        if not self.grace:
            answer = asyncio.ensure_future(_not_stale(answer))
        if not answer.done():
            self._awaited.append(answer)
        return answer

    def _get_named(self, call: Call) -> Awaitable[Answer[Any]]:
        return unlisted_names.answered(self.symbols, call, self.get(call))

    def start(self, calls: Sequence[Call]) -> Sequence[asyncio.Future[Answer[Any]]]:
        """Start all of the calls."""
        return [self.get(call) for call in calls]

    def abandon(self) -> None:
        """Wait for no answer any more, since nobody is left to read it."""
        for answer in self._awaited:
            answer.cancel()

    def peek_fresh(self, call: Call) -> Answer[Any] | None:
        """Return the cached answer of a call that the gate let through, if it is fresh."""
        status, entry = self.client.peek(call)
        if entry is None or status is not CacheStatus.HIT:
            return None
        self.client.note_hit()
        return entry.answer

    def get_fresh(self, call: Call) -> Answer[Any] | None:
        """Return the cached answer if it is fresh, without waiting for anything; raises what the gate refuses.

        None for calls whose names may have to be checked, which waits for a listing.
        """
        if call.params.listed_names or not self.client.plan_is_resolved:
            return None
        self.client.gate.check(call.endpoint, call.params)
        answer = self.peek_fresh(call)
        if answer is not None:
            self.validity.depend_on(answer)
        return answer

    def note_problem(self, error: CoinglassError | InvalidRequest) -> None:
        """To be called for each error that becomes a value of the data."""
        if isinstance(error, DryRunMiss):  # what was not fetched is no problem
            return
        self.record.problems[error.code.value] += 1
        if isinstance(error, Gated):
            self.note_gated()

    def note_gated(self) -> None:
        """To be called when the plan lacks a part of what was requested: an upgrade is to be noticed soon."""
        self.client.note_gated()
        self.validity.expire_at(self.client.clock.monotonic() + GATED_FOR)
        self.validity.is_gated = True


Info: TypeAlias = strawberry.Info[Context, None]


async def _not_stale(awaited: asyncio.Future[Answer[Any]]) -> Answer[Any]:
    """Raise the failure for which an answer is stale."""
    answer = await awaited
    if answer.failure is not None:
        raise answer.failure
    return answer
