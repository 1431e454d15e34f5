"""Handles SIGHUP: files are read again while the server goes on, unless its terminal was closed."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, TypeAlias

import structlog

Reload: TypeAlias = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)

HANGUP: Final[int] = getattr(signal, "SIGHUP", 0)  # Windows has none


@contextlib.contextmanager
def reload_at_hangup(reload: Reload) -> Iterator[None]:
    """Run reloads one after the other; any number of signals during one cause one more.

    Only the main thread can handle signals.
    """
    if not HANGUP or threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, requested = asyncio.get_running_loop(), asyncio.Event()
    is_closed = terminal_check()

    def handle() -> None:
        if is_closed():
            os.kill(os.getpid(), signal.SIGTERM)
        requested.set()

    async def run() -> None:
        while True:
            await requested.wait()
            requested.clear()
            try:
                await reload()
            except Exception:  # the next signal must still have an effect
                log.exception("reading the files again failed")

    loop.add_signal_handler(HANGUP, handle)
    task = loop.create_task(run())
    try:
        yield
    finally:
        loop.remove_signal_handler(HANGUP)
        task.cancel()


def terminal_check() -> Callable[[], bool]:
    """Return whether standard error was a terminal and is closed, which sends SIGHUP to what runs in it."""
    had_terminal = sys.stderr.isatty()
    return lambda: had_terminal and not sys.stderr.isatty()


def ignore_hangup() -> None:
    """Ignore the signal until the server has started, which reads the files then."""
    if HANGUP:
        signal.signal(HANGUP, signal.SIG_IGN)
