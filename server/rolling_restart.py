"""A rolling restart: one worker after another retires, each once its successor serves.

A successor that does not serve in time is ended, and the workers that were not replaced yet go on.
"""

import time
from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

import structlog

READY_WITHIN: Final = 120.0  # seconds: starting a worker takes long on a busy machine
_ANSWERS_WITHIN: Final = 1.0  # seconds
_GO_ON: Final = "the restart has ended, and the workers before it go on"

log = structlog.get_logger(__name__)


class ReplaceableWorker(Protocol):
    """A worker process, as a restart uses it."""

    @property
    def pid(self) -> int | None:
        """The process id."""

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""

    def is_ready(self, timeout: float) -> bool:
        """Return whether it states in time that it serves."""

    def retire(self) -> None:
        """Let it finish what it serves, and end."""

    def abandon(self) -> None:
        """End it before it serves."""


W = TypeVar("W", bound=ReplaceableWorker)


class RollingRestart(Generic[W]):
    """Replaces the items of `workers`. `retiring`: those that finish what they serve."""

    def __init__(
        self, workers: list[W], start: Callable[[], W], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._workers, self._start, self._monotonic = workers, start, monotonic
        self._outdated: list[int] = []  # indexes of the workers that are yet to be replaced
        self._started_at = 0.0
        self.successor: W | None = None
        self.retiring: list[W] = []

    def begin(self) -> None:
        """Replace all workers, also those that have just been started."""
        if self.successor is not None:
            self.successor.abandon()
            self.successor = None
        self._outdated = list(range(len(self._workers)))

    def advance(self) -> None:
        """Start the successor of a worker, or let the worker retire once its successor serves."""
        self.retiring = [worker for worker in self.retiring if worker.is_running]
        if not self._outdated:
            return
        if self.successor is None:
            self.successor, self._started_at = self._start(), self._monotonic()
        elif not self.successor.is_running:
            self._give_up(f"a new worker did not start: {_GO_ON}", self.successor)
        elif self.successor.is_ready(_ANSWERS_WITHIN):
            self._replace(self.successor)
        elif self._monotonic() - self._started_at > READY_WITHIN:
            self.successor.abandon()
            self._give_up(f"a new worker does not serve after {READY_WITHIN:g} seconds: {_GO_ON}", self.successor)

    def _replace(self, successor: W) -> None:
        index = self._outdated.pop(0)
        self._workers[index].retire()
        self.retiring.append(self._workers[index])
        self._workers[index], self.successor = successor, None
        if not self._outdated:
            log.info("all workers were restarted", pids=[worker.pid for worker in self._workers])

    def _give_up(self, event: str, successor: W) -> None:
        not_restarted = [self._workers[index].pid for index in self._outdated]
        log.error(event, pid=successor.pid, not_restarted=not_restarted)
        self.successor, self._outdated = None, []
