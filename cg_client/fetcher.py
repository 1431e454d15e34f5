"""What operations ask of a client: the client itself, or in a dry run what takes its place."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol, TypeVar

from cg_client.asker import OURSELVES, Asker
from cg_client.cache import Entry
from cg_client.call import Answer, Call, Decode
from cg_client.clock import Clock
from cg_client.endpoint import Endpoint
from cg_client.gate import Gate
from cg_client.gathering import Way
from cg_client.params import Params
from cg_client.quota import Usage
from cg_client.revision import Revision

T = TypeVar("T")


class Fetcher(Protocol):
    """`Client` says what each of these does."""

    @property
    def clock(self) -> Clock: ...
    @property
    def gate(self) -> Gate: ...
    @property
    def revision(self) -> Revision: ...
    @property
    def quota(self) -> Usage: ...
    @property
    def plan_is_settled(self) -> bool: ...

    def deadline(self) -> float: ...
    def gated(self) -> None: ...
    async def know_plan(self) -> None: ...
    async def fetch(
        self,
        endpoint: Endpoint,
        params: Params,
        decode: Decode[T],
        deadline: float | None = None,
        *,
        grace: bool = True,
        asker: Asker = OURSELVES,
    ) -> Answer[T]: ...
    def ask(
        self, call: Call, deadline: float, asker: Asker = OURSELVES, *, grace: bool = True
    ) -> Answer[Any] | Awaitable[Answer[Any]]: ...
    def choose(self, ways: Sequence[Way]) -> asyncio.Future[Way]: ...
    def entry(self, call: Call) -> Entry | None: ...
    def refresh(self, call: Call, deadline: float, asker: Asker = OURSELVES) -> None: ...
    def held(self, call: Call) -> Answer[Any] | None: ...
    def kept(self, call: Call) -> Answer[Any] | None: ...
