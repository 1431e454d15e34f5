"""Windows of series that an operation waits for: how each is fetched is chosen when all of them are known."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeAlias

from aiodataloader import DataLoader
from msgspec.structs import replace

from cg_client.call import Call
from cg_client.coalescer import FetchPlan
from cg_client.errors import CoinglassError
from resolvers.closed import Part, base, completed
from resolvers.operation import Operation
from resolvers.requests import Request

Parts: TypeAlias = Sequence[Part]


class WindowLoader(DataLoader[Request, Parts]):
    """The answers that together hold each window, in the order of time.

    All requests run together. One that fails raises for the windows alone that rest on it.
    """

    cache = False  # windows share requests, and are not the same for it

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self._operation, self._client = operation, operation.client

    def load(self, key: Request) -> asyncio.Future[Parts]:
        """As the loader's own, which looks among windows that it keeps."""
        future: asyncio.Future[Parts] = self.loop.create_future()
        self.do_resolve_reject(key, future)
        return future

    async def batch_load_fn(self, keys: list[Request]) -> list[Any]:
        waiting = [self._fetch(key) for key in keys]
        return [await _outcome(one) for one in waiting]

    def _fetch(self, wanted: Request) -> Awaitable[Parts]:
        """What waits for the answers; all that can be sent at once is."""
        found = base(self._client, wanted)
        if found is not None and wanted.tail is not None:
            return asyncio.ensure_future(self._complete(found, wanted, wanted.tail))
        return self._answers(self._client.plan(wanted.ways, self._start))

    def _start(self, plan: FetchPlan) -> Sequence[asyncio.Future[Part]]:
        return [self._operation.get(call) for call in plan]

    async def _answers(self, planned: asyncio.Future[Sequence[asyncio.Future[Part]]]) -> Parts:
        return await self._operation.answers(await planned)

    async def _complete(self, found: Part, wanted: Request, tail: Call) -> Parts:
        """The closed points with the newest, which are fetched; stale ones where those cannot be had for now."""
        if self._is_in_grace(wanted):
            self._client.refresh(tail, self._operation.deadline, self._operation.requester)
            return self._stale(found)
        plan, started = await self._client.plan([(tail,), *wanted.ways], lambda plan: (plan, self._start(plan)))
        try:
            newest = await self._operation.answers(started)
        except CoinglassError as error:
            if plan != (tail,) or not error.retryable:
                raise
            return self._stale(found)
        if plan != (tail,):
            return newest
        parts = completed(found, newest[0], wanted)
        if parts is None:
            return await self._operation.answers(self._start(wanted.ways[0]))
        self._operation.validity.rests_on(found)
        return parts

    def _is_in_grace(self, wanted: Request) -> bool:
        _, entry = self._client.peek(wanted.ways[0][0])
        return entry is not None and self._client.clock.monotonic() < entry.grace_until

    def _stale(self, found: Part) -> Parts:
        answer = replace(found, stale=True)
        self._operation.validity.rests_on(answer)
        return [answer]


async def _outcome(waiting: Awaitable[Parts]) -> Parts | Exception:
    try:
        return await waiting
    except Exception as error:  # noqa: BLE001  # it is raised for its window
        return error
