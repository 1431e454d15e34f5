"""Several processes that serve one listening socket, each with a cache of its own and a share of the key's quota.

uvicorn starts, watches and replaces them. The settings reach them through the pipe by which Python starts a process:
the key stands on no command line.
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
import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from server.app import create_app
from server.lifespan import tune_gc
from server.log import configure
from server.settings import Settings

GRACEFUL_SECONDS = 20
_ENDING_SECONDS = 5.0  # beyond the graceful ones, after which a worker is no longer waited for
_SILENT_SECONDS = 30  # until a worker counts as hung; a busy machine takes long to start one

log = structlog.get_logger(__name__)


def serve_with_workers(settings: Settings, listener: socket.socket, *, sandbox: bool) -> None:
    """Run until told to end; exits if a worker cannot start."""
    workers = Workers(settings, listener, sandbox=sandbox)
    workers.run()
    if any(process.exitcode == STARTUP_FAILURE for process in workers.processes):
        sys.exit(STARTUP_FAILURE)


class Workers(Multiprocess):
    """As many as the settings say, always: each more would have a share of the quota that is not there."""

    def __init__(self, settings: Settings, listener: socket.socket, *, sandbox: bool) -> None:
        config = uvicorn.Config(
            functools.partial(worker, settings, sandbox=sandbox),
            factory=True,
            workers=settings.workers,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
            timeout_worker_healthcheck=_SILENT_SECONDS,
        )
        super().__init__(config, [listener])
        replacing = dataclasses.replace(settings, replaces_worker=True)
        self._replacement = functools.partial(worker, replacing, sandbox=sandbox)

    def init_processes(self) -> None:
        super().init_processes()
        self.config.app = self._replacement  # of those that are started from now on

    def join_all(self) -> None:
        latest = time.monotonic() + GRACEFUL_SECONDS + _ENDING_SECONDS
        for process in self.processes:
            process.process.join(max(0.0, latest - time.monotonic()))
            if process.process.is_alive():
                process.process.kill()
        super().join_all()

    def handle_hup(self) -> None:
        """End as one process does."""
        self.should_exit.set()

    def handle_ttin(self) -> None:
        """Their number is fixed."""

    def handle_ttou(self) -> None:
        """Their number is fixed."""


def worker(settings: Settings, *, sandbox: bool) -> ASGIApp:
    """Return the application of one worker, made in its process."""
    configure(settings.log_level, settings.api_key)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if settings.replaces_worker:
        log.warning("worker replaced", pid=os.getpid())
    app = create_app(settings, sandbox=sandbox)
    tune_gc()
    return app


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however that came about."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
