"""Holds back for a moment what can be fetched in several ways, so that what is asked for together shares its calls.

Of one series, a short window is in the request for a long one: which of them is sent is decided when all who ask within
the moment are known, whatever operations and clients they belong to. The moment goes on while more are coming.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TypeAlias

from cg_client.call import Call, Key
from cg_client.clock import Clock

HELD_SECONDS = 0.002
HELD_AT_MOST = 0.02  # seconds, while others keep coming

Way: TypeAlias = tuple[Call, ...]  # calls whose answers together are enough


class Gathering:
    def __init__(self, is_free: Callable[[Call], bool], clock: Clock) -> None:
        """`is_free`: whether asking for the call sends nothing, since it is at hand or under way."""
        self._is_free, self._clock = is_free, clock
        self._held: list[tuple[int, Sequence[Way], asyncio.Future[Way]]] = []  # with the number of ways
        self._sent: set[Key] = set()  # since `_began`, whether they are under way yet or not
        self._began = -math.inf
        self._asked = 0

    def choose(self, ways: Sequence[Way]) -> asyncio.Future[Way]:
        """The way that costs the fewest calls beside what others take, the first of several; none is sent here."""
        now = self._clock.monotonic()
        if not self._held and now - self._began > HELD_AT_MOST:
            self._began, self._sent = now, set()
        self._asked += 1
        choice: asyncio.Future[Way] = asyncio.get_running_loop().create_future()
        if len(ways) == 1:
            self._send(ways[0])
            choice.set_result(ways[0])
            return choice
        if not self._held:  # the moment begins when all who ask at once have asked
            loop = asyncio.get_running_loop()
            loop.call_soon(self._wait, loop.time() + HELD_AT_MOST)
        self._held.append((len(ways), ways, choice))
        return choice

    def _wait(self, latest: float) -> None:
        asyncio.get_running_loop().call_later(HELD_SECONDS, self._look, self._asked, latest)

    def _look(self, asked: int, latest: float) -> None:
        """Whether more came since, so that it is worth while to wait on."""
        if self._asked > asked and asyncio.get_running_loop().time() < latest:
            self._wait(latest)
        else:
            self._decide()

    def _decide(self) -> None:
        """For each one way, first for those who have the least choice."""
        held, self._held = self._held, []
        for _, ways, choice in sorted(held, key=itemgetter(0)):
            if choice.done():  # given up
                continue
            way = self._cheapest(ways)
            self._send(way)
            choice.set_result(way)

    def _cheapest(self, ways: Sequence[Way]) -> Way:
        """The first of those with the fewest calls that are neither chosen already nor free."""
        best, least = ways[0], math.inf
        for way in ways:
            cost = 0
            for call in way:
                if call.key not in self._sent and not self._is_free(call):
                    cost += 1
                    if cost >= least:  # no more is counted than decides it
                        break
            if cost < least:
                best, least = way, cost
            if not least:
                break
        return best

    def _send(self, way: Way) -> None:
        for call in way:
            self._sent.add(call.key)
