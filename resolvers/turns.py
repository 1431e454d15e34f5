"""Turns of operations at the event loop, so that large ones hold up nobody else."""

import asyncio
from collections.abc import Callable
from time import perf_counter


class Turns:
    """Bounds the work of all operations in one pass of the event loop; beyond `seconds`, they go on in the next."""

    __slots__ = ("_clock", "_end", "_loop", "_seconds")

    def __init__(self, seconds: float = 0.01, clock: Callable[[], float] = perf_counter) -> None:
        self._seconds, self._clock = seconds, clock
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
        self._end, self._loop = now + self._seconds, loop
        loop.call_soon(self._end_pass)
        return False

    async def wait(self) -> None:
        """Return when there is time for more work."""
        while self.is_over():  # noqa: ASYNC110  # an event would start all that wait for it in one pass
            await asyncio.sleep(0)

    def _end_pass(self) -> None:
        self._end = 0.0
