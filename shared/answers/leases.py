"""Leases of upstream calls: the right of one replica to fetch, which ends by itself when the replica does."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from cg_client.call import Call
from cg_client.clock import Clock
from cg_client.entries import Entry
from cg_client.errors import CoinglassError
from cg_client.quota.requester import Priority
from shared.store.commands import Commands
from shared.store.errors import CommandRefused, StoreAway
from shared.store.scope import Scope
from shared.store.script import LuaScript

LEASE_SECONDS: Final = 2.8  # a replica that died is replaced within 3 s
RENEWAL_SECONDS: Final = 1.0

_RENEW = LuaScript("answers_renew")


class CallNames(msgspec.Struct, frozen=True):
    """The names of a call in the store."""

    digest: str
    answer: str
    lease: str

    @classmethod
    def of(cls, scope: Scope, digest: str) -> "CallNames":
        return cls(digest, scope.name("answer", digest), scope.name("lease", digest))


class StoreLease:
    """A lease, by its unique `owner`. Its `token` is 0 until a reply of the store names it, at `given_at`.

    It is renewed until it ends, also if the store did not confirm it: it may have been given, and the reply lost.
    """

    def __init__(
        self,
        call: Call,
        names: CallNames,
        owner: str,
        priority: Priority,
        on_finish: Callable[["StoreLease", Entry], None],
        on_end: Callable[["StoreLease", CoinglassError | None], None],
    ) -> None:
        self.call, self.names, self.owner, self.priority = call, names, owner, priority
        self.token, self.given_at = 0, 0.0  # monotonic seconds
        self._on_finish, self._on_end = on_finish, on_end
        self._has_ended = False

    def give(self, token: int, now: float) -> None:
        """Note the token, which is the time of the store in microseconds."""
        if token != self.token:
            self.token, self.given_at = token, now

    def finish(self, entry: Entry) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._on_finish(self, entry)

    def fail(self, failure: CoinglassError) -> None:
        self._end(failure)

    def release(self) -> None:
        self._end(None)

    def _end(self, failure: CoinglassError | None) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._on_end(self, failure)


class Renewals:
    """Renews all leases of the process at once, each second, and when the store returns."""

    def __init__(self, clock: Clock, commands: Commands, fence: str) -> None:
        self._clock, self._commands, self._fence = clock, commands, fence
        self._leases: dict[str, StoreLease] = {}
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._leases)

    def calls(self, digest: str) -> list[Call]:
        """Return what is fetched under the name; none if it has ended."""
        return [lease.call for lease in self._leases.values() if lease.names.digest == digest]

    def add(self, lease: StoreLease) -> None:
        self._leases[lease.owner] = lease
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._renew())

    def discard(self, lease: StoreLease) -> None:
        self._leases.pop(lease.owner, None)

    async def renew(self, commands: Commands) -> None:
        """Renew the leases now. Raises StoreAway and CommandRefused."""
        leases = list(self._leases.values())
        if not leases:
            return
        keys = [*(lease.names.lease for lease in leases), self._fence]
        args = [word for lease in leases for word in (lease.owner, str(lease.token))]
        reply = await commands.run(_RENEW, keys, [round(LEASE_SECONDS * 1000), *args])
        for lease, token in zip(leases, msgspec.convert(reply, list[int]), strict=True):
            lease.give(token or lease.token, self._clock.monotonic())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _renew(self) -> None:
        while self._leases:
            await self._clock.sleep(RENEWAL_SECONDS)
            try:
                await self.renew(self._commands)
            except (StoreAway, CommandRefused):
                continue  # they are registered again when the store returns


class Notices:
    """Tells those who wait for a call that its fetch has ended."""

    def __init__(self) -> None:
        self._watches: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)

    def watch(self, digest: str) -> asyncio.Future[None]:
        """Return a future that is done at the next notice; cancelling it ends the watch."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watches[digest].add(future)
        future.add_done_callback(partial(self._discard, digest))
        return future

    def receive(self, message: bytes) -> None:
        for future in list(self._watches.get(message.decode("ascii", "replace"), ())):
            if not future.done():
                future.set_result(None)

    def _discard(self, digest: str, future: asyncio.Future[None]) -> None:
        watches = self._watches[digest]
        watches.discard(future)
        if not watches:
            del self._watches[digest]
