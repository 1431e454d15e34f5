"""Ends a process whose event loop is stuck, so that the supervisor, or whatever restarts a service, replaces it.

Nothing else notices: uvicorn's supervisor talks to a thread of the worker, which goes on while the loop does not.
"""

import asyncio
import contextlib
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

import structlog

log = structlog.get_logger(__name__)

EXIT_CODE: Final = 70  # EX_SOFTWARE of sysexits.h
_CHECKS: Final = 10  # without a beat of the loop, after which it counts as stuck
_MAX_FRAMES: Final = 30


@contextlib.contextmanager
def watched_loop(seconds: float, end: Callable[[int], object] = os._exit) -> Iterator[None]:
    """Watch the running event loop; 0 seconds turn that off."""
    if not seconds:
        yield
        return
    watchdog = Watchdog(asyncio.get_running_loop(), threading.get_ident(), end)
    stopped = threading.Event()
    thread = threading.Thread(target=watchdog.run, args=(stopped, seconds / _CHECKS), daemon=True, name="watchdog")
    thread.start()
    try:
        yield
    finally:
        stopped.set()


class Watchdog:
    """Asks the loop for a beat, and ends the process after too many checks without one.

    It counts its own checks instead of reading a clock: a process that was stopped for an hour is not stuck.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, thread_id: int, end: Callable[[int], object]) -> None:
        self._loop, self._thread_id, self._end = loop, thread_id, end
        self._missed = 0

    def run(self, stopped: threading.Event, interval: float) -> None:
        while not stopped.wait(interval):
            self.check(_CHECKS * interval)

    def check(self, seconds: float) -> None:
        self._missed += 1
        self._ask()
        if self._missed > _CHECKS:
            frame = sys._current_frames().get(self._thread_id)  # noqa: SLF001  # documented, for debuggers
            log.critical("the event loop is stuck: the process ends", seconds=seconds, stack=_stack(frame))
            self._end(EXIT_CODE)

    def _ask(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._beat)

    def _beat(self) -> None:
        self._missed = 0


def _stack(frame: FrameType | None) -> str:
    return "".join(traceback.format_stack(frame, _MAX_FRAMES)) if frame is not None else ""
