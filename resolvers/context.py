"""What every resolver finds in `info.context`: one object per operation."""

from dataclasses import dataclass
from typing import TypeAlias

import strawberry

from cg_client.asker import OURSELVES, Asker
from cg_client.call_plan import CallPlan
from cg_client.client import Client
from cg_client.dry_client import LISTING, DryClient
from cg_client.fetcher import Fetcher
from cg_client.symbols import Symbols
from resolvers.loaders import Loaders
from resolvers.requests import Requests
from resolvers.validity import Validity

GATED_FOR = 60.0  # seconds that an answer holds in which the plan lacks something


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. Today everyone may see what the server's key may see; a caller's own key will mean an own client.

    `asker` is whose turn at the quota it is, and changes no answer.
    """

    name: str = "anonymous"
    asker: Asker = OURSELVES


@dataclass(slots=True)
class Context:
    """`deadline` in monotonic seconds of the client's clock; `plan` is what a dry run finds, None for a real one."""

    client: Fetcher
    symbols: Symbols
    loaders: Loaders
    caller: Caller
    request_id: str
    deadline: float
    validity: Validity
    requests: Requests
    plan: CallPlan | None = None

    @classmethod
    def of(
        cls, client: Fetcher, symbols: Symbols, caller: Caller, request_id: str, requests: Requests | None = None
    ) -> "Context":
        """`requests` None knows none yet."""
        deadline, validity = client.deadline(), Validity()
        loaders = Loaders(client, deadline, validity, caller.asker)
        known = requests or Requests(client)
        return cls(client, symbols, loaders, caller, request_id, deadline, validity, known)

    @classmethod
    def of_dry_run(
        cls, client: Client, symbols: Symbols, caller: Caller, request_id: str, requests: Requests
    ) -> "Context":
        """For an operation of which only the calls are wanted, and none is sent."""
        plan = CallPlan()
        names = symbols.asked_of(DryClient(client, plan, leads_on=LISTING))
        context = cls.of(DryClient(client, plan), names, caller, request_id, requests)
        context.plan = plan
        return context

    def gated(self) -> None:
        """To be called when the plan does not include all that was asked for: an upgrade is to be noticed soon."""
        self.client.gated()
        self.validity.ends(self.client.clock.monotonic() + GATED_FOR)


Info: TypeAlias = strawberry.Info[Context, None]
