"""A normal client, whose waiting times show whether others are harmed."""

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cg_client.intervals import Interval
from chaos.connection import CallerConnection
from chaos.parts import closed, document, lists, on_pair, price

_PAUSE: Final = 0.01  # seconds
_NEW_EVERY: Final = 5  # requests; the others have been answered before


@dataclass(slots=True)
class Bystander:
    """`seconds` of each answer, with the time at which it was requested."""

    caller: CallerConnection
    seconds: list[tuple[float, float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    async def run(self) -> None:
        number = 0
        while True:
            number += 1
            started = time.perf_counter()
            reply = await self.caller.ask(_new(number) if number % _NEW_EVERY == 0 else _REPEATED)
            self.seconds.append((started, reply.seconds))
            if reply.status != 200 or b'"errors"' in reply.body:  # noqa: PLR2004  # HTTP
                self.failures.append(f"{reply.status} {reply.body[:200]!r}")
            await asyncio.sleep(_PAUSE)

    def between(self, start: float, end: float) -> list[float]:
        return [seconds for at, seconds in self.seconds if start <= at <= end]


@contextlib.asynccontextmanager
async def running(caller: CallerConnection) -> AsyncIterator[Bystander]:
    bystander = Bystander(caller)
    task = asyncio.create_task(bystander.run())
    try:
        yield bystander
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        caller.close()


def p99(seconds: Sequence[float]) -> float:
    """Return the 99th percentile, by the nearest rank."""
    ordered = sorted(seconds)
    return ordered[math.ceil(0.99 * len(ordered)) - 1] if ordered else 0.0


def _new(number: int) -> bytes:
    return document([on_pair(f"p{number}", "Binance", "BTC", price(closed(Interval.H4, 20 + number % 20)))])


_REPEATED: Final = document(lists(0))
