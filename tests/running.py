"""Real servers on real sockets, each in a separate thread, and waiting for their events."""

import asyncio
import contextlib
import logging
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

import pytest
import uvicorn
from starlette.types import ASGIApp

Until: TypeAlias = Callable[[Callable[[], bool]], None]
LIMIT = 30.0  # seconds, within which whatever is waited for happens on the slowest machine


@contextlib.contextmanager
def running(app: ASGIApp, *, lifespan: Literal["on", "off"] = "off") -> Iterator[str]:
    """Yield the application's address while it runs."""
    config = uvicorn.Config(
        app, log_level="error", lifespan=lifespan, ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    with configured(config) as address:
        yield address


@contextlib.contextmanager
def configured(config: uvicorn.Config) -> Iterator[str]:
    """Yield the address of a server with this configuration while it runs."""
    server = _Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=[[listener]], daemon=True)
        thread.start()
        assert server.ready.wait(LIMIT), "the server did not start"
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.stop()
            thread.join(LIMIT)


class _Server(uvicorn.Server):
    """A server that tells when it is ready, and that ends without waiting for its next tick."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ticks = asyncio.ensure_future(super().main_loop())
        self.ready.set()
        with contextlib.suppress(asyncio.CancelledError):
            await self._ticks

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._ticks.cancel)


@contextlib.contextmanager
def uvicorn_errors(caplog: pytest.LogCaptureFixture) -> Iterator[list[logging.LogRecord]]:
    """Yield what uvicorn logs; it does not propagate to the root logger, where pytest listens."""
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(caplog.handler)
    try:
        yield caplog.records
    finally:
        logger.removeHandler(caplog.handler)


@contextlib.contextmanager
def watching(*methods: tuple[type, str]) -> Iterator[Until]:
    """Yield a function that waits until a condition is true, evaluated after each call of one of the methods."""
    calls: queue.SimpleQueue[None] = queue.SimpleQueue()

    def until(holds: Callable[[], bool]) -> None:
        while not holds():
            calls.get(timeout=LIMIT)

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in methods:
            patch.setattr(owner, name, _reporting(getattr(owner, name), calls))
        yield until


def _reporting(method: Callable[..., Any], calls: queue.SimpleQueue[None]) -> Callable[..., Any]:
    def reported(*args: Any, **options: Any) -> Any:
        result = method(*args, **options)
        calls.put(None)
        return result

    return reported
