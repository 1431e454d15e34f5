"""The interface of a client to operations: of the client itself, and of what takes its place in a dry run."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from cg_client.call import Answer, CacheStatus, Call
from cg_client.clock import Clock
from cg_client.coalescer import FetchPlan, StartCalls, StartedPlan
from cg_client.entries import Entry
from cg_client.plans.gate import Gate
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.quota.window import Usage
from cg_client.revision import Revision
from cg_client.tracing import Tracer


class Fetcher(Protocol):
    """`Client` says what each of these does."""

    clock: Clock
    gate: Gate
    revision: Revision
    tracer: Tracer | None

    @property
    def quota(self) -> Usage: ...
    @property
    def plan_is_resolved(self) -> bool: ...

    def deadline(self) -> float: ...
    def note_gated(self) -> None: ...
    def note_hit(self) -> None: ...
    async def know_plan(self) -> None: ...
    def get(
        self, call: Call, deadline: float | None = None, requester: Requester = SYSTEM, *, grace: bool = True
    ) -> asyncio.Future[Answer[Any]]: ...
    def peek(self, call: Call, *, grace: bool = True) -> tuple[CacheStatus, Entry | None]: ...
    def refresh(self, call: Call, deadline: float, requester: Requester = SYSTEM) -> None: ...
    def plan(self, candidates: Sequence[FetchPlan], start: StartCalls) -> asyncio.Future[StartedPlan]: ...
