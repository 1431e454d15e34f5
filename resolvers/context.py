"""What every resolver finds in `info.context`: one object per operation."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from cg_client.client import Client
from cg_client.dry_client import LISTING, CallPlan, DryClient
from cg_client.fetcher import Fetcher
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.symbols.listings import Symbols
from resolvers.loaders import Loaders
from resolvers.operation import Operation, Validity
from resolvers.window_planner import WindowPlanner

GATED_FOR = 60.0  # seconds that an answer holds in which the plan lacks something


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of an operation. All callers share the server's key.

    `requester` decides the place in the queue for the quota, and never changes an answer.
    """

    name: str = "anonymous"
    requester: Requester = SYSTEM


@dataclass(slots=True)
class Context:
    """`plan` is what a dry run finds, None for a real one."""

    client: Fetcher
    symbols: Symbols
    operation: Operation
    loaders: Loaders
    caller: Caller
    request_id: str
    planner: WindowPlanner
    plan: CallPlan | None = None

    @classmethod
    def of(
        cls, client: Fetcher, symbols: Symbols, caller: Caller, request_id: str, planner: WindowPlanner | None = None
    ) -> "Context":
        """`planner` None starts without known windows."""
        deadline, validity = client.deadline(), Validity()
        operation = Operation(client, deadline, validity, caller.requester)
        planner = planner or WindowPlanner(client)
        return cls(client, symbols, operation, Loaders(operation), caller, request_id, planner)

    @classmethod
    def of_dry_run(
        cls, client: Client, symbols: Symbols, caller: Caller, request_id: str, planner: WindowPlanner
    ) -> "Context":
        """For an operation of which only the calls are wanted, and none is sent."""
        plan = CallPlan()
        names = symbols.for_client(DryClient(client, plan, followup=LISTING))
        context = cls.of(DryClient(client, plan), names, caller, request_id, planner)
        context.plan = plan
        return context

    @property
    def validity(self) -> Validity:
        return self.operation.validity

    def gated(self) -> None:
        """To be called when the plan does not include all that was asked for: an upgrade is to be noticed soon."""
        self.client.gated()
        self.validity.expire_at(self.client.clock.monotonic() + GATED_FOR)


Info: TypeAlias = strawberry.Info[Context, None]
