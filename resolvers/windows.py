"""Windows of series that an operation waits for: how each is fetched is chosen when all of them are known."""

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, TypeAlias

from aiodataloader import DataLoader
from msgspec.structs import replace

from cg_client.call import Call
from cg_client.errors import CoinglassError
from cg_client.gathering import Way
from resolvers.closed import Part, base, completed
from resolvers.flights import Flights
from resolvers.requests import Request

Parts: TypeAlias = Sequence[Part]


class WindowLoader(DataLoader[Request, Parts]):
    """The answers that together hold each window, in the order of time.

    All requests are under way together. One that fails raises for the windows alone that rest on it.
    """

    cache = False  # windows share requests, and are not the same for it

    def __init__(self, flights: Flights) -> None:
        super().__init__()
        self._flights, self._client = flights, flights.client

    def load(self, key: Request) -> asyncio.Future[Parts]:
        """As the loader's own, which looks among windows that it keeps."""
        future: asyncio.Future[Parts] = self.loop.create_future()
        self.do_resolve_reject(key, future)
        return future

    async def batch_load_fn(self, keys: list[Request]) -> list[Any]:
        apart = {place: asyncio.ensure_future(way) for place, way in enumerate(map(self._apart, keys)) if way}
        choices = {place: self._client.choose(key.ways) for place, key in enumerate(keys) if place not in apart}
        begun = {place: self._begun(choice.result()) for place, choice in choices.items() if choice.done()}
        for place, choice in choices.items():
            if place not in begun:
                begun[place] = self._begun(await choice)
        return [
            await (self._flights.outcome(begun[place]) if place in begun else _outcome(apart[place]))
            for place in range(len(keys))
        ]

    def _begun(self, way: Way) -> Sequence[asyncio.Future[Part]]:
        return [self._flights.begin(call) for call in way]

    async def _answers(self, way: Way) -> Parts:
        found = await self._flights.outcome(self._begun(way))
        if isinstance(found, Exception):
            raise found
        return found

    def _apart(self, wanted: Request) -> Coroutine[Any, Any, Parts] | None:
        """The way of a window whose closed points are kept."""
        if wanted.tail is None:
            return None
        found = base(self._client, wanted)
        return None if found is None else self._around(found, wanted, wanted.tail)

    async def _around(self, found: Part, wanted: Request, tail: Call) -> Parts:
        """The closed points with the newest, which are fetched; stale ones where those cannot be had for now."""
        if self._is_in_grace(wanted):
            self._client.refresh(tail, self._flights.deadline, self._flights.asker)
            return self._stale(found)
        way = await self._client.choose([(tail,), *wanted.ways])
        try:
            newest = await self._answers(way)
        except CoinglassError as error:
            if way != (tail,) or not error.retryable:
                raise
            return self._stale(found)
        if way != (tail,):
            return newest
        parts = completed(found, newest[0], wanted)
        if parts is None:
            return await self._answers(wanted.ways[0])
        self._flights.validity.rests_on(found)
        return parts

    def _is_in_grace(self, wanted: Request) -> bool:
        entry = self._client.entry(wanted.ways[0][0])
        return entry is not None and self._client.clock.monotonic() < entry.grace_until

    def _stale(self, found: Part) -> Parts:
        answer = replace(found, stale=True)
        self._flights.validity.rests_on(answer)
        return [answer]


async def _outcome(under_way: Awaitable[Parts]) -> Parts | Exception:
    try:
        return await under_way
    except Exception as error:  # noqa: BLE001  # it is raised for its window
        return error
