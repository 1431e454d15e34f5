"""Serves the listening sockets with several worker processes, each with its own cache and a share of the key's quota.

uvicorn starts, watches and replaces them. They get the settings through the pipe by which Python starts a process, so
that the key is not on a command line.
"""

import dataclasses
import functools
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time

import structlog
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from server.log import configure
from server.open_connections import OpenConnections
from server.server_config import GRACEFUL_SECONDS, ServerConfig, new_connections
from server.settings import Settings
from server.startup import start_app

_KILL_SECONDS = 5.0  # after the graceful ones, until a worker is killed
_HUNG_SECONDS = 30  # without a sign of life; starting a worker takes long on a busy machine

log = structlog.get_logger(__name__)


def serve_with_workers(settings: Settings, listeners: list[socket.socket], *, sandbox: bool) -> None:
    """Run until a signal; exit if a worker cannot start."""
    workers = Workers(settings, listeners, sandbox=sandbox)
    workers.run()
    if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
        sys.exit(STARTUP_FAILURE)


class Workers(Multiprocess):
    """A fixed number of workers: an additional one would exceed the quota, which they share."""

    def __init__(self, settings: Settings, listeners: list[socket.socket], *, sandbox: bool) -> None:
        connections = new_connections(settings)  # each worker gets a copy, which its application and protocols share
        config = ServerConfig(
            functools.partial(worker, settings, connections, sandbox=sandbox),
            settings,
            connections,
            factory=True,
            workers=settings.workers,
            timeout_worker_healthcheck=_HUNG_SECONDS,
        )
        super().__init__(config, listeners)
        replacing = dataclasses.replace(settings, replaces_worker=True)
        self._replacement = functools.partial(worker, replacing, connections, sandbox=sandbox)

    def init_processes(self) -> None:
        super().init_processes()
        self.config.app = self._replacement  # for all that are started from now on

    def join_all(self) -> None:
        latest = time.monotonic() + GRACEFUL_SECONDS + _KILL_SECONDS
        for process in self.processes:
            process.process.join(max(0.0, latest - time.monotonic()))
            if process.process.is_alive():
                process.process.kill()
        super().join_all()

    def handle_hup(self) -> None:
        """End, as a single process does."""
        self.should_exit.set()

    def handle_ttin(self) -> None:
        """Ignore the signal: the number of workers is fixed."""

    handle_ttou = handle_ttin


def worker(settings: Settings, connections: OpenConnections, *, sandbox: bool) -> ASGIApp:
    """Build the application of one worker, in its process."""
    configure(settings.log_level, settings.secret_values())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if settings.replaces_worker:
        log.warning("a worker ended and was replaced", pid=os.getpid())
    return start_app(settings, connections, sandbox=sandbox)


def _end_with_parent() -> None:
    """End this process when its parent ends, for whatever reason."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
