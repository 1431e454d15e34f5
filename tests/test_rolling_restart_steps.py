"""The steps of a rolling restart, with workers and a clock that tests control."""

import itertools
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from server.rolling_restart import READY_WITHIN, RollingRestart

NUMBERS = itertools.count(100)


@dataclass
class FakeWorker:
    pid: int = field(default_factory=NUMBERS.__next__)
    is_running: bool = True
    serves: bool = False
    end: str = ""

    def is_ready(self, timeout: float) -> bool:
        assert timeout > 0
        return self.serves

    def retire(self) -> None:
        self.end = "retired"

    def abandon(self) -> None:
        self.end, self.is_running = "abandoned", False


class Restart:
    """Of two workers, whose successors are `new`."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.old = [FakeWorker(serves=True), FakeWorker(serves=True)]
        self.workers = list(self.old)
        self.new: list[FakeWorker] = []
        self.steps = RollingRestart(self.workers, self._start, lambda: self.now)
        self.steps.begin()

    def _start(self) -> FakeWorker:
        self.new.append(FakeWorker())
        return self.new[-1]

    def advance(self, seconds: float = 0.5, times: int = 1) -> None:
        for _ in range(times):
            self.now += seconds
            self.steps.advance()


@pytest.fixture
def restart() -> Restart:
    return Restart()


def test_a_worker_retires_once_its_successor_serves(restart: Restart) -> None:
    restart.advance(times=10)
    assert ([worker.end for worker in restart.old], len(restart.new)) == (["", ""], 1)
    restart.new[0].serves = True
    restart.advance()
    assert [worker.end for worker in restart.old] == ["retired", ""]
    assert restart.workers == [restart.new[0], restart.old[1]]


def test_workers_are_replaced_one_after_the_other(restart: Restart) -> None:
    for number in range(2):
        restart.advance()
        restart.new[number].serves = True
        restart.advance()
    restart.advance(times=10)
    assert (restart.workers, len(restart.new)) == (restart.new, 2)
    assert restart.steps.retiring == restart.old
    for worker in restart.old:
        worker.is_running = False
    restart.advance()
    assert restart.steps.retiring == []


def test_a_successor_that_never_serves_is_ended_and_the_workers_before_it_go_on(restart: Restart) -> None:
    restart.advance()
    restart.new[0].serves = True
    restart.advance(times=2)
    with capture_logs() as logs:
        restart.advance(READY_WITHIN)
        assert (restart.new[1].end, logs) == ("", [])
        restart.advance(1)
    assert restart.new[1].end == "abandoned"
    assert restart.workers == [restart.new[0], restart.old[1]]
    assert restart.old[1].end == ""
    (line,) = logs
    assert (line["log_level"], line["pid"]) == ("error", restart.new[1].pid)
    assert line["not_restarted"] == [restart.old[1].pid]
    assert f"after {READY_WITHIN:g} seconds" in line["event"]
    restart.advance(times=10)
    assert len(restart.new) == 2


def test_a_successor_that_ends_ends_the_restart(restart: Restart) -> None:
    restart.advance()
    restart.new[0].is_running = False
    with capture_logs() as logs:
        restart.advance(times=10)
    assert [line["event"].partition(":")[0] for line in logs] == ["a new worker did not start"]
    assert (restart.workers, len(restart.new)) == (restart.old, 1)


def test_a_restart_after_one_that_failed_begins_anew(restart: Restart) -> None:
    restart.advance()
    restart.advance(READY_WITHIN + 1)
    restart.steps.begin()
    restart.advance()
    restart.new[1].serves = True
    restart.advance()
    assert restart.workers == [restart.new[1], restart.old[1]]


def test_a_second_signal_also_replaces_a_successor_that_does_not_serve_yet(restart: Restart) -> None:
    restart.advance()
    restart.steps.begin()
    restart.advance()
    assert restart.new[0].end == "abandoned"
    restart.new[1].serves = True
    restart.advance()
    assert restart.workers == [restart.new[1], restart.old[1]]
