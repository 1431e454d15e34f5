"""Callers of a fleet who request series that all know and series that nobody has requested, with their true values."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from cg_client.intervals import Interval
from chaos.outcomes import Answered, faults
from chaos.parts import Part, lists
from chaos.replicas import Fleet
from chaos.traffic import RECOVERS_WITHIN
from chaos.truth import CheckedSeries, closed_window, new_windows
from chaos.upstream_log import calls_for

PROBED: Final = ("BingX", "Bitget")  # exchanges of the series of `SharingProbe` alone
_PATIENCE: Final = 4 * RECOVERS_WITHIN
_PAUSE: Final = 0.2  # seconds between two probes
_ALONE: Final = "coinglass_graphql_shared_quota_alone 0.0"
_SEEN: Final = tuple(CheckedSeries("Binance", coin, Interval.H4) for coin in ("BTC", "ETH", "SOL"))


class CheckedMix:
    """Chooses parts, and states the true values of those that are closed bars."""

    def __init__(self, *, with_lists: bool) -> None:
        seen = [closed_window(series, 60) for series in _SEEN]
        self.reference: dict[str, object] = {window.part.name: window.value() for window in seen}
        self._repeated = [window.part for window in seen]
        self._repeated += [part for part in lists(0) if with_lists and part.name.startswith(("byExchange", "takers"))]
        self._new = new_windows()

    def parts(self) -> list[Part]:
        window = next(self._new)
        part = window.part
        self.reference[part.name] = window.value()
        return [*self._repeated, part]


@dataclass(eq=False, slots=True)
class FleetTraffic:
    """What callers have been answered so far; `repeats`: requests that were sent again because of a kill."""

    mix: CheckedMix
    answers: list[Answered] = field(default_factory=list)
    repeats: int = 0


@contextlib.asynccontextmanager
async def traffic(fleet: Fleet, mix: CheckedMix, callers: int, pause: float) -> AsyncIterator[FleetTraffic]:
    """Let each caller send requests, with a pause after each answer, until the context ends."""
    flow, ends = FleetTraffic(mix), asyncio.Event()

    async def call(number: int) -> None:
        caller = fleet.caller(f"10.4.0.{number}")
        await asyncio.sleep(pause * number / callers)
        while not ends.is_set():
            flow.answers.append(await caller.ask(mix.parts()))
            await asyncio.sleep(pause)
        flow.repeats += caller.repeats
        caller.close()

    async with asyncio.TaskGroup() as group:
        for number in range(callers):
            group.create_task(call(number))
        try:
            yield flow
        finally:
            ends.set()


class SharingProbe:
    """Requests a new series of all replicas at once: they share if one call serves them all."""

    def __init__(self, fleet: Fleet, deadline: float) -> None:
        self._fleet, self._deadline = fleet, deadline
        self._windows = new_windows(PROBED)
        self.seen: list[str] = []

    async def is_shared(self) -> bool:
        window = next(self._windows)
        callers = [self._fleet.caller("10.5.0.1") for _ in self._fleet.replicas]
        answers = await asyncio.gather(*(caller.ask([window.part]) for caller in callers))
        for caller in callers:
            caller.close()
        calls = calls_for(await self._fleet.upstream.requests(), window.series)
        failures = [*faults(answers, self._deadline, {window.part.name: window.value()})]
        codes = [str(outcome.code) for answer in answers for outcome in answer.outcomes if not outcome.answered]
        self.seen.append("; ".join([f"{calls} calls", *failures, *codes]))
        return calls == 1 and not failures and not codes

    async def again(self) -> float | None:
        """Return after how many seconds the replicas shared two series in a row, or None if that takes too long."""
        started = time.monotonic()
        while time.monotonic() - started < _PATIENCE:
            if await self.is_shared() and await self.is_shared():
                return time.monotonic() - started
            await asyncio.sleep(_PAUSE)
        return None

    async def quota_again(self) -> float | None:
        """Return after how many seconds no replica is alone with its part of the quota."""
        started = time.monotonic()
        while time.monotonic() - started < _PATIENCE:
            if all([_ALONE in await replica.metrics() for replica in self._fleet.replicas]):
                return time.monotonic() - started
            await asyncio.sleep(_PAUSE)
        return None

    def text(self) -> str:
        """Return the distinct results, in their order, with how often each came in a row."""
        return ", ".join(f"{result} x{len([*group])}" for result, group in itertools.groupby(self.seen))
