"""Windows of series that an operation waits for: how each is fetched is chosen when all of them are known."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeAlias

from aiodataloader import DataLoader
from msgspec.structs import replace

from cg_client.call import Call
from cg_client.coalescer import FetchPlan
from cg_client.errors import CoinglassError
from resolvers.closed_bars import Part, cached_prefix, merge_tail
from resolvers.operation import Operation
from resolvers.window_planner import WindowPlan

Parts: TypeAlias = Sequence[Part]


class WindowLoader(DataLoader[WindowPlan, Parts]):
    """The answers that together hold each window, in the order of time.

    All requests run together. One that fails raises for the windows alone that rest on it.
    """

    cache = False  # windows share requests, and are not the same for it

    def __init__(self, operation: Operation) -> None:
        super().__init__()
        self._operation, self._client = operation, operation.client

    def load(self, key: WindowPlan) -> asyncio.Future[Parts]:
        """As the loader's own, which looks among windows that it keeps."""
        future: asyncio.Future[Parts] = self.loop.create_future()
        self.do_resolve_reject(key, future)
        return future

    async def batch_load_fn(self, keys: list[WindowPlan]) -> list[Any]:
        waiting = [self._fetch(key) for key in keys]
        return [await _outcome(one) for one in waiting]

    def _fetch(self, plan: WindowPlan) -> Awaitable[Parts]:
        """Return what waits for the answers; all that can be sent at once is."""
        found = cached_prefix(self._client, plan)
        if found is not None and plan.tail is not None:
            return asyncio.ensure_future(self._complete(found, plan, plan.tail))
        return self._answers(self._client.plan(plan.candidates, self._start))

    def _start(self, fetch_plan: FetchPlan) -> Sequence[asyncio.Future[Part]]:
        return [self._operation.get(call) for call in fetch_plan]

    async def _answers(self, planned: asyncio.Future[Sequence[asyncio.Future[Part]]]) -> Parts:
        return await self._operation.answers(await planned)

    async def _complete(self, found: Part, plan: WindowPlan, tail: Call) -> Parts:
        """Return the closed points with the newest, which are fetched; stale ones where those cannot be had for now."""
        if self._is_in_grace(plan):
            self._client.refresh(tail, self._operation.deadline, self._operation.requester)
            return self._stale(found)
        fetch_plan, started = await self._client.plan(
            [(tail,), *plan.candidates], lambda fetch_plan: (fetch_plan, self._start(fetch_plan))
        )
        try:
            newest = await self._operation.answers(started)
        except CoinglassError as error:
            if fetch_plan != (tail,) or not error.retryable:
                raise
            return self._stale(found)
        if fetch_plan != (tail,):
            return newest
        parts = merge_tail(found, newest[0], plan)
        if parts is None:
            return await self._operation.answers(self._start(plan.candidates[0]))
        self._operation.validity.depend_on(found)
        return parts

    def _is_in_grace(self, plan: WindowPlan) -> bool:
        _, entry = self._client.peek(plan.candidates[0][0])
        return entry is not None and self._client.clock.monotonic() < entry.grace_until

    def _stale(self, found: Part) -> Parts:
        answer = replace(found, stale=True)
        self._operation.validity.depend_on(answer)
        return [answer]


async def _outcome(waiting: Awaitable[Parts]) -> Parts | Exception:
    try:
        return await waiting
    except Exception as error:  # noqa: BLE001  # it is raised for its window
        return error
