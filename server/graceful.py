"""Ends a server without cutting a connection: drain, stop accepting, let idle connections end, finish what runs.

| signal | effect |
| --- | --- |
| SIGTERM | `/readyz` answers 503 while the server goes on serving for `COINGLASS_DRAIN_SECONDS`; then it ends |
| SIGINT | ends without draining |
| SIGUSR1 to a worker | as SIGINT, which a terminal sends to workers as well: they ignore that |
| SIGUSR2 to a worker | ends without draining, once idle connections have; other workers accept what comes |
| a second signal to end | ends at once |

A client must not meet a reset. So each answer after the signal carries `Connection: close`, an idle connection stays
open until its own timer ends, and a listening socket is closed only when its queue is empty and nothing can enter it.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Final

import structlog
import uvicorn

from server.server_config import GRACEFUL_SECONDS, ServerConfig

log = structlog.get_logger(__name__)

END: Final = getattr(signal, "SIGUSR1", signal.SIGINT)  # Windows has none
RETIRE: Final[int] = getattr(signal, "SIGUSR2", 0)
_POLL_SECONDS: Final = 0.05
_HANDSHAKE_SECONDS: Final = 0.2  # for connections whose handshake has begun
_FIRST_REQUEST_SECONDS: Final = 1.0  # for the first request on a connection that was accepted last
_SO_ATTACH_FILTER: Final = 26  # Linux
# Classic BPF: drop a segment of TCP with SYN and without ACK, pass all others.
_DROP_SYN: Final = (
    (0x30, 0, 0, 13),  # load the byte of the flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone?
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # pass
)


class GracefulServer(uvicorn.Server):
    """Announces its address once it serves, drains at SIGTERM, and exits with 0 after a signal."""

    config: ServerConfig

    def __init__(self, config: ServerConfig, announcement: str = "") -> None:
        super().__init__(config)
        self._announcement = announcement
        self._signal: int | None = None  # the first
        self._drains_until: float | None = None
        self._idle_until = 0.0

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()  # signals need it from here on
        await super().serve(sockets)
        if self._signal is not None:
            log.info("the server has ended", **self._facts)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stderr.write(self._announcement)

    # Signals

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Drop the signal, which uvicorn would raise again at the end."""
        with super().capture_signals():
            if RETIRE:
                signal.signal(RETIRE, self._retire if self.config.workers > 1 else _ignore)
            if self.config.workers > 1:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(END, self.handle_exit)
            yield
            self._captured_signals.clear()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's signature
        """Begin to end; at the second signal, end at once."""
        if self._signal in (None, RETIRE):
            self._end(sig, is_ready=False)
            return
        self.force_exit = True
        self._loop.call_soon_threadsafe(self._abort)

    def _retire(self, sig: int, _: FrameType | None) -> None:
        if self._signal is None:
            self._end(sig, is_ready=True)

    def _end(self, sig: int, *, is_ready: bool) -> None:
        self._signal = sig
        self.should_exit = True
        self.config.open_connections.start_closing(is_ready=is_ready)

    @property
    def _facts(self) -> dict[str, object]:
        return end_facts(self._signal)

    def _abort(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    # Phases

    async def on_tick(self, counter: int) -> bool:
        """Go on serving while the server drains."""
        if not await super().on_tick(counter):
            return False
        now = self._loop.time()
        if self._drains_until is None:
            drain_seconds = self.config.drain_seconds if self._signal == signal.SIGTERM else 0.0
            log.info("the server begins to end", drain_seconds=drain_seconds, **self._facts)
            self._drains_until = now + drain_seconds
            self._idle_until = now + self.config.timeout_keep_alive
        return self.force_exit or now >= self._drains_until

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if not self.force_exit and self._signal in (signal.SIGTERM, RETIRE):
            if self._signal != RETIRE:  # other workers accept what is in the queue
                await self._refuse_new(sockets or [])
            for server in self.servers:
                server.close()
            log.info("the server accepts no more connections", **self._facts)
            self.config.open_connections.subscribers.interrupt_all()  # those who subscribe again reach another server
            await self._wait_for_idle()
        self.config.open_connections.subscribers.interrupt_all()
        await super().shutdown(sockets)
        if self.force_exit:
            self._abort()
            await self.lifespan.shutdown()

    async def _refuse_new(self, sockets: Sequence[socket.socket]) -> None:
        """Let no handshake begin, and accept those that have begun.

        Closing a listening socket resets the connections in its queue, on which clients may have sent a request.
        Workers share the socket: only the process that started them may disable it.
        """
        if self.config.workers > 1 or all(drop_handshakes(listener) for listener in sockets):
            await self._wait(self._loop.time() + _HANDSHAKE_SECONDS)

    async def _wait_for_idle(self) -> None:
        """Wait until idle connections have ended by their own timers, but not longer than for what runs."""
        now = self._loop.time()
        latest = min(max(self._idle_until, now + _FIRST_REQUEST_SECONDS), now + GRACEFUL_SECONDS)
        await self._wait(latest, lambda: self.config.open_connections.has_idle)
        self.config.timeout_graceful_shutdown = GRACEFUL_SECONDS - int(self._loop.time() - now)

    async def _wait(self, latest: float, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Wait until the time, a second signal, or the end of the condition."""
        while self._loop.time() < latest and goes_on() and not self.force_exit:  # noqa: ASYNC110  # as uvicorn waits
            await asyncio.sleep(_POLL_SECONDS)


def end_facts(sig: int | None) -> dict[str, object]:
    """Return what each line about the end states: SIGINT for the signal by which workers are told of it."""
    name = None if sig is None else signal.Signals(signal.SIGINT if sig == END else sig).name
    return {"signal": name, "pid": os.getpid()}


def drop_handshakes(listener: socket.socket) -> bool:
    """Have the kernel drop new handshakes, on Linux: clients repeat them, and are refused once the socket is closed."""
    if sys.platform != "linux":
        return False
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in _DROP_SYN))
    filter_ = struct.pack("HP", len(_DROP_SYN), ctypes.addressof(program))
    try:
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, filter_)
    except OSError:  # not allowed here, as in some sandboxes
        return False
    return True


def _ignore(_: int, __: FrameType | None) -> None:
    """Go on: the signal would end a process that has no other to replace it."""
    log.warning("a rolling restart needs two workers or more: set COINGLASS_WORKERS")
