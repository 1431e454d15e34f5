"""Coalesces windows that are requested together, so that they share calls if each can be fetched in several ways.

The answer to a long window of a series holds the short ones. Which call is sent is decided when all that are requested
within a moment are known, whatever operation and caller they belong to. The moment is extended while more arrive. What
other replicas have or fetch costs nothing either, so that replicas choose the same calls.
"""

import asyncio
import contextvars
import functools
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from cg_client.batch_spans import WindowBatches
from cg_client.call import Call
from cg_client.tracing import Tracer

WAIT_SECONDS = 0.002
MAX_WAIT = 0.02  # seconds, while more arrive
_MAX_SURVEYED = 500  # calls

FetchPlan: TypeAlias = tuple[Call, ...]  # calls whose answers together hold a window
StartCalls: TypeAlias = Callable[[FetchPlan], Sequence[asyncio.Future[Any]]]
Survey: TypeAlias = Callable[[Sequence[Call]], Awaitable[Collection[Call]]]
StartedPlan: TypeAlias = tuple[FetchPlan, Sequence[asyncio.Future[Any]]]  # with the answers of its calls


@dataclass(frozen=True, slots=True)
class _Waiting:
    """`context` is that of the operation: the calls that are started count for it."""

    candidates: Sequence[FetchPlan]
    start: StartCalls
    started: asyncio.Future[StartedPlan]
    context: contextvars.Context


class Coalescer:
    def __init__(
        self, is_free: Callable[[Call], bool], tracer: Tracer | None = None, survey: Survey | None = None
    ) -> None:
        """`is_free`: whether getting the call sends nothing, since its answer is cached or being fetched.

        `survey` returns those of several calls for which that is so in another replica.
        """
        self._is_free, self._tracer, self._survey = is_free, tracer, survey
        self._waiting: list[_Waiting] = []
        self._surveys: set[asyncio.Task[None]] = set()
        self._arrived = 0

    def select(self, candidates: Sequence[FetchPlan], start: StartCalls) -> asyncio.Future[StartedPlan]:
        """Start the candidate that adds the fewest calls, the first of several; the future holds it when it is started.

        `start` has to start the calls at once: the next selection counts on it.
        """
        loop = asyncio.get_running_loop()
        self._arrived += 1
        waiting = _Waiting(candidates, start, loop.create_future(), contextvars.copy_context())
        if len(candidates) == 1:
            waiting.started.set_result((candidates[0], start(candidates[0])))
            return waiting.started
        if not self._waiting:  # the moment begins when everything that runs now has run
            loop.call_soon(self._wait, loop.time() + MAX_WAIT)
        self._waiting.append(waiting)
        return waiting.started

    def _wait(self, latest: float) -> None:
        asyncio.get_running_loop().call_later(WAIT_SECONDS, self._decide, self._arrived, latest)

    def _decide(self, arrived: int, latest: float) -> None:
        """Start one candidate of each, those with the fewest first; wait on if more windows arrived meanwhile."""
        if self._arrived > arrived and asyncio.get_running_loop().time() < latest:
            self._wait(latest)
            return
        decided, self._waiting = self._waiting, []
        open_calls = [] if self._survey is None else self._open_calls(decided)
        if self._survey is None or not open_calls:
            self._start(decided)
            return
        task = asyncio.get_running_loop().create_task(self._start_after(self._survey(open_calls), decided))
        self._surveys.add(task)
        task.add_done_callback(self._surveys.discard)

    def _open_calls(self, decided: Sequence[_Waiting]) -> Sequence[Call]:
        """Return the calls on which the choice of the windows depends that would send something here."""
        waiting = (waiting.candidates for waiting in decided if not waiting.started.done())
        plans = (plan for candidates in waiting if self._cost(self._cheapest(candidates)) for plan in candidates)
        calls = dict.fromkeys(call for plan in plans for call in plan if not self._is_free(call))
        return list(calls)[:_MAX_SURVEYED]

    async def _start_after(self, survey: Awaitable[Collection[Call]], decided: Sequence[_Waiting]) -> None:
        self._start(decided, await survey)

    def _start(self, decided: Sequence[_Waiting], elsewhere: Collection[Call] = ()) -> None:
        """Start one candidate of each; calls that are `elsewhere` cost nothing."""
        batches = None if self._tracer is None else WindowBatches(self._tracer)
        for waiting in sorted(decided, key=lambda waiting: len(waiting.candidates)):
            if not waiting.started.done():  # a future that is done was cancelled with its operation
                plan = self._cheapest(waiting.candidates, elsewhere)
                start = waiting.start if batches is None else functools.partial(batches.start, waiting.start)
                try:
                    waiting.started.set_result((plan, waiting.context.run(start, plan)))
                except Exception as error:  # noqa: BLE001  # of this operation: the others are started all the same
                    waiting.started.set_exception(error)
        if batches is not None:
            batches.close()

    def _cost(self, plan: FetchPlan) -> int:
        return sum(not self._is_free(call) for call in plan)

    def _cheapest(self, candidates: Sequence[FetchPlan], elsewhere: Collection[Call] = ()) -> FetchPlan:
        """Return the first of the candidates with the fewest calls that are not free."""
        best, least = candidates[0], math.inf
        for plan in candidates:
            cost = 0
            for call in plan:
                if not self._is_free(call) and call not in elsewhere:
                    cost += 1
                    if cost >= least:  # no more is counted than decides it
                        break
            if cost < least:
                best, least = plan, cost
            if not least:
                break
        return best
