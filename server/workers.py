"""Serves the listening sockets with several worker processes.

They are replicas that share a store: that of COINGLASS_SHARED_URL, or else a Valkey of their own if its package is
installed. Without a store each has its own cache and an equal share of the key's quota.

uvicorn starts, watches and replaces them. They get the settings through the pipe by which Python starts a process, so
that the key is not on a command line.
"""

import contextlib
import dataclasses
import functools
import itertools
import math
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import MutableMapping
from pathlib import Path
from types import FrameType
from typing import Final

import structlog
from prometheus_client.multiprocess import mark_process_dead
from starlette.types import ASGIApp
from uvicorn import Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from server.graceful import END, RETIRE, GracefulServer, drop_handshakes, end_facts
from server.hangup import ignore_hangup, terminal_check
from server.log import configure
from server.open_connections import OpenConnections
from server.private_store import PACKAGES, PrivateStore, end_private_store, is_installed, start_private_store
from server.rolling_restart import RollingRestart
from server.server_config import GRACEFUL_SECONDS, ServerConfig, new_connections
from server.settings import Settings, SettingsError
from server.startup import start_app

_METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client reads it when it is imported
_KILL_SECONDS = 5.0  # after the graceful ones, until a worker is killed
_READY_SECONDS = 10.0  # after which a worker accepts connections in any case: there may be no other that does
_HUNG_SECONDS = 30  # without a sign of life; starting a worker takes long on a busy machine

log = structlog.get_logger(__name__)


def serve_with_workers(
    settings: Settings, environment: MutableMapping[str, str], listeners: list[socket.socket], *, sandbox: bool
) -> None:
    """Run until a signal; exit if a worker cannot start. Raises SettingsError without a temporary folder."""
    try:
        folder = tempfile.mkdtemp(prefix="coinglass-metrics-")
    except OSError as error:
        text = f"COINGLASS_WORKERS above 1 needs a temporary folder for metrics, in TMPDIR ({error.strerror})"
        raise SettingsError(text) from error
    environment[_METRICS_FOLDER] = folder
    store: PrivateStore | None = None
    try:
        if settings.shared_url is None and is_installed():
            store = start_private_store()
        elif settings.shared_url is None:
            _log_without_store(settings.workers)
        settings = dataclasses.replace(settings, metrics_folder=Path(folder))
        workers = Workers(settings, listeners, store, sandbox=sandbox)
        workers.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if store is not None:
            store.close()
    workers.log_end()
    if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
        sys.exit(STARTUP_FAILURE)


def _log_without_store(workers: int) -> None:
    remedy = f"{sys.executable} -m pip install {' '.join(PACKAGES)}, or set COINGLASS_SHARED_URL"
    text = "workers share nothing: each has an equal part of the quota and a cache of its own"
    log.warning(text, workers=workers, remedy=remedy)


class WorkerProcess(Process):
    """`replica`: its name among those that share a store."""

    def __init__(self, config: ServerConfig, listeners: list[socket.socket], replica: str) -> None:
        super().__init__(config, listeners)
        self.replica = replica

    @property
    def server(self) -> Server:
        """The server of the worker's own process."""
        if self._server is None:
            assert isinstance(self.config, ServerConfig)  # noqa: S101  # as `Workers` passes it
            self._server = GracefulServer(self.config)
        return self._server

    @property
    def is_running(self) -> bool:
        return self.process.is_alive()

    def retire(self) -> None:
        self.send(RETIRE)

    def abandon(self) -> None:
        """End it before it serves: by a signal if it can, so that it leaves its part of the quota to the others."""
        self.send(END)
        self.process.join(_KILL_SECONDS)
        self.kill()
        self.join()

    def send(self, sig: int) -> None:
        if self.process.is_alive() and self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sig)


class Workers(Multiprocess):
    """A fixed number of workers: an additional one would exceed the quota, which they share.

    At SIGUSR2 a rolling restart begins, or begins anew.
    """

    processes: list[WorkerProcess]  # type: ignore[assignment]  # uvicorn annotates its own Process

    def __init__(
        self, settings: Settings, listeners: list[socket.socket], store: PrivateStore | None, *, sandbox: bool
    ) -> None:
        connections = new_connections(settings)  # each worker gets a copy, which its application and protocols share
        self._store = store
        if store is not None:
            settings = dataclasses.replace(settings, shared_url=store.address, has_private_store=True)
        self._worker = functools.partial(worker, connections=connections, sandbox=sandbox)
        config = ServerConfig(
            functools.partial(self._worker, settings),
            settings,
            connections,
            factory=True,
            workers=settings.workers,
            timeout_worker_healthcheck=_HUNG_SECONDS,
        )
        super().__init__(config, listeners)
        self._settings = settings
        self._folder, self._started = settings.metrics_folder, set[int | None]()
        self._restart = RollingRestart(self.processes, self._start_successor)
        self._end_signal: int | None = None
        self._is_terminal_closed = terminal_check()
        for sig in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sig, self._end)

    # Start and replacement

    def init_processes(self) -> None:
        for _ in range(self.processes_num):
            self.processes.append(self._start(self._new_name(), ready_within=_READY_SECONDS))

    def _new_name(self) -> str:
        """Return the first free name: after a restart of the server the workers have the same names."""
        names = {process.replica for process in self._all()}
        candidates = (f"{self._settings.replica}/{number}" for number in itertools.count())
        return next(name for name in candidates if name not in names)

    def _start(self, replica: str, event: str = "", *, ready_within: float) -> WorkerProcess:
        """Start a worker, which replaces another if there is an `event`; a worker that has ended leaves its name.

        All accept from the same sockets: what one that is not ready accepts, others could have answered.
        """
        settings = dataclasses.replace(
            self._settings, replica=replica, replaces_worker=bool(event), ready_within=ready_within
        )
        self.config.app = functools.partial(self._worker, settings, event=event)
        assert isinstance(self.config, ServerConfig)  # noqa: S101  # as above
        process = WorkerProcess(self.config, self.sockets, replica)
        process.start()
        return process

    def _start_successor(self) -> WorkerProcess:
        """Start a worker that accepts connections only once it is ready: until then the one before it serves."""
        return self._start(self._new_name(), "a worker starts in a restart", ready_within=math.inf)

    def keep_subprocess_alive(self) -> None:
        """Replace workers and the store if they have ended or hang, and go on with a rolling restart."""
        if self._store is not None:
            self._store.restart_if_ended()
        for index, process in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if process.is_alive(timeout=_HUNG_SECONDS):
                continue
            process.kill()
            process.join()
            if process.exitcode == STARTUP_FAILURE:  # as every other would
                self.should_exit.set()
                return
            event = "a worker ended and was replaced"
            self.processes[index] = self._start(process.replica, event, ready_within=_READY_SECONDS)
        self._restart.advance()
        self._forget_ended()

    # Signals

    def _end(self, sig: int, _: FrameType | None) -> None:
        """Forward the signal at once; also a second one, which ends the workers at once."""
        self._end_signal = sig
        for process in self._all():
            process.send(END if sig == signal.SIGINT else sig)
        self.should_exit.set()

    def _all(self) -> list[WorkerProcess]:
        successor = self._restart.successor
        return [*self.processes, *self._restart.retiring, *([] if successor is None else [successor])]

    def terminate_all(self) -> None:
        """End the workers if no signal has: if one could not start."""
        if self._end_signal is None:
            for process in self._all():
                process.send(signal.SIGTERM)

    def _forget_ended(self) -> None:
        """Drop the gauges of workers that have ended from `/metrics`; their counters go on counting."""
        running = {process.pid for process in self._all()}
        for pid in self._started - running:
            mark_process_dead(pid, str(self._folder))
        self._started = running

    def join_all(self) -> None:
        if self._end_signal == signal.SIGTERM:
            self._join(self._settings.drain_seconds)
            for listener in self.sockets:
                drop_handshakes(listener)
        self._join(GRACEFUL_SECONDS + _KILL_SECONDS)
        for process in self._all():
            process.process.kill()
            process.join()

    def _join(self, seconds: float) -> None:
        latest = time.monotonic() + seconds
        for process in self._all():
            process.process.join(max(0.0, latest - time.monotonic()))

    def log_end(self) -> None:
        """Log the end of this process, which ends last, after a signal."""
        if self._end_signal is not None:
            log.info("the server has ended", **end_facts(self._end_signal))

    def handle_hup(self) -> None:
        """Let each worker read callers' keys and trusted documents again, or end if the terminal was closed."""
        if self._is_terminal_closed():
            self._end(signal.SIGTERM, None)
            return
        for process in self._all():
            process.send(signal.SIGHUP)

    def handle_usr2(self) -> None:
        self._restart.begin()

    def handle_ttin(self) -> None:
        """Ignore the signal: the number of workers is fixed."""

    handle_ttou = handle_ttin


def worker(settings: Settings, connections: OpenConnections, *, sandbox: bool, event: str = "") -> ASGIApp:
    """Build the application of one worker, in its process. `event`: what the log says about its start."""
    ignore_hangup()
    configure(settings.log_level, settings.secret_values())
    threading.Thread(target=_end_with_parent, args=[settings], daemon=True).start()
    if event:
        log.warning(event, pid=os.getpid())
    return start_app(settings, connections, sandbox=sandbox)


def _end_with_parent(settings: Settings) -> None:
    """End this process when its parent ends, for whatever reason, and do what the parent would have: end its store."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    if settings.metrics_folder is not None:
        shutil.rmtree(settings.metrics_folder, ignore_errors=True)
    if settings.has_private_store and settings.shared_url is not None:
        end_private_store(settings.shared_url)
    os.kill(os.getpid(), signal.SIGTERM)
