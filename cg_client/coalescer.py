"""Coalesces windows that are asked for together, so that they share calls where each can be fetched in several ways.

Of one series, a short window is in the response to a long one: which call is sent is decided when all who ask within
the moment are known, whatever operations and clients they belong to. The moment goes on while more are coming.
"""

import asyncio
import contextvars
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from cg_client.call import Call

T = TypeVar("T")

WAIT_SECONDS = 0.002
MAX_WAIT = 0.02  # seconds, while others keep coming

FetchPlan: TypeAlias = tuple[Call, ...]  # calls whose answers together are enough


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    """`context` is that of who asked: what is started counts for its operation."""

    candidates: Sequence[FetchPlan]
    start: Callable[[FetchPlan], T]
    started: asyncio.Future[T]
    context: contextvars.Context


class Coalescer:
    def __init__(self, is_free: Callable[[Call], bool]) -> None:
        """`is_free`: whether getting the call sends nothing, since its answer is kept or a request for it runs."""
        self._is_free = is_free
        self._waiting: list[_Waiting[Any]] = []
        self._asked = 0

    def select(self, candidates: Sequence[FetchPlan], start: Callable[[FetchPlan], T]) -> asyncio.Future[T]:
        """Start the candidate with the fewest calls beside those of others, the first of several; returns its answers.

        `start` has to send what it is given at once: the next choice counts on it.
        """
        loop = asyncio.get_running_loop()
        self._asked += 1
        waiting = _Waiting(candidates, start, loop.create_future(), contextvars.copy_context())
        if len(candidates) == 1:
            waiting.started.set_result(start(candidates[0]))
            return waiting.started
        if not self._waiting:  # the moment begins when all who ask at once have asked
            loop.call_soon(self._wait, loop.time() + MAX_WAIT)
        self._waiting.append(waiting)
        return waiting.started

    def _wait(self, latest: float) -> None:
        asyncio.get_running_loop().call_later(WAIT_SECONDS, self._look, self._asked, latest)

    def _look(self, asked: int, latest: float) -> None:
        """Decide, unless more came since, so that it is worth while to wait on."""
        if self._asked > asked and asyncio.get_running_loop().time() < latest:
            self._wait(latest)
        else:
            self._decide()

    def _decide(self) -> None:
        """Start one candidate of each, first for those who have the least choice."""
        decided, self._waiting = self._waiting, []
        for one in sorted(decided, key=lambda waiting: len(waiting.candidates)):
            if not one.started.done():  # else it was given up
                one.started.set_result(one.context.run(one.start, self._cheapest(one.candidates)))

    def _cheapest(self, candidates: Sequence[FetchPlan]) -> FetchPlan:
        """Return the first of those with the fewest calls that are not free."""
        best, least = candidates[0], math.inf
        for plan in candidates:
            cost = 0
            for call in plan:
                if not self._is_free(call):
                    cost += 1
                    if cost >= least:  # no more is counted than decides it
                        break
            if cost < least:
                best, least = plan, cost
            if not least:
                break
        return best
