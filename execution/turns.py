"""Turns of operations at the event loop, so that large ones hold up nobody else."""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Final

TURN_SECONDS: Final = 0.01


class Turns:
    """Bounds the work of all operations in one pass of the event loop; beyond it, they go on in the next pass."""

    __slots__ = ("_clock", "_end", "_loop")

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._end = 0.0  # of this pass; 0 before its first work
        self._loop: asyncio.AbstractEventLoop | None = None

    def is_over(self) -> bool:
        """Whether the others get their turn before there is more work."""
        now = self._clock()
        if now < self._end:
            return False
        loop = asyncio.get_running_loop()
        if self._end and loop is self._loop:
            return True
        self._end, self._loop = now + TURN_SECONDS, loop
        loop.call_soon(self._end_pass)
        return False

    def _end_pass(self) -> None:
        self._end = 0.0
