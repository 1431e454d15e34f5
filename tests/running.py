"""Real servers on real sockets, each in a thread of its own."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

_STARTS_WITHIN = 10.0  # seconds


@contextlib.contextmanager
def running(app: ASGIApp, *, lifespan: Literal["on", "off"] = "off") -> Iterator[str]:
    """Yield the application's address while it runs."""
    config = uvicorn.Config(
        app, log_level="error", lifespan=lifespan, ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=[[listener]], daemon=True)
        thread.start()
        _wait_for(server)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(_STARTS_WITHIN)


def _wait_for(server: uvicorn.Server) -> None:
    latest = time.monotonic() + _STARTS_WITHIN
    while not server.started:
        if time.monotonic() > latest:
            raise TimeoutError("the server did not start")
        time.sleep(0.005)
