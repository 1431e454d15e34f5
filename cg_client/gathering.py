"""Holds back for a moment what can be fetched in several ways, so that what is asked for together shares its calls.

Of one series, a short window is in the request for a long one: which of them is sent is decided when all who ask within
the moment are known, whatever operations and clients they belong to.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

from cg_client.call import Call

HELD_SECONDS = 0.002

Way: TypeAlias = tuple[Call, ...]  # calls whose answers together are enough


class Gathering:
    def __init__(self, is_free: Callable[[Call], bool]) -> None:
        """`is_free`: whether asking for the call sends nothing, since it is at hand or under way."""
        self._is_free = is_free
        self._held: list[tuple[Sequence[Way], asyncio.Future[Way]]] = []

    async def choose(self, ways: Sequence[Way]) -> Way:
        """The way that costs the fewest calls beside what others take, the first of several; none is sent here."""
        if len(ways) == 1:
            return ways[0]
        loop = asyncio.get_running_loop()
        choice: asyncio.Future[Way] = loop.create_future()
        if not self._held:
            loop.call_later(HELD_SECONDS, self._decide)
        self._held.append((ways, choice))
        return await choice

    def _decide(self) -> None:
        """For each one way, first for those who have the least choice."""
        held, self._held = self._held, []
        sent: set[Call] = set()
        for ways, choice in sorted(held, key=lambda one: len(one[0])):
            if choice.done():  # given up
                continue
            way = min(ways, key=lambda way: sum(not (call in sent or self._is_free(call)) for call in way))
            sent.update(way)
            choice.set_result(way)
