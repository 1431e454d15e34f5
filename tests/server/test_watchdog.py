"""A process whose event loop is stuck ends, and is replaced where there is a supervisor."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable

import httpx
import pytest
from structlog.testing import capture_logs

from server.watchdog import EXIT_CODE, Watchdog, watched_loop
from tests.running import LIMIT
from tests.test_cli import serving
from tests.test_workers import is_healthy, replacement

STUCK = [sys.executable, "-m", "tests.stuck_server"]
CHECKS = 10


class Loop:
    """Runs what it is asked to at once, unless it is stuck."""

    def __init__(self) -> None:
        self.stuck = False

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        if not self.stuck:
            callback()


def watchdog(loop: Loop, codes: list[int]) -> Watchdog:
    return Watchdog(loop, threading.get_ident(), codes.append)  # type: ignore[arg-type]  # has the only method used


def test_a_loop_that_runs_is_not_stuck() -> None:
    codes: list[int] = []
    watched = watchdog(Loop(), codes)
    for _ in range(5 * CHECKS):
        watched.check(10)
    assert codes == []


def test_the_process_ends_after_so_many_checks_without_a_beat_and_logs_the_stack() -> None:
    codes: list[int] = []
    loop = Loop()
    watched = watchdog(loop, codes)
    watched.check(10)
    loop.stuck = True
    with capture_logs() as logged:
        for _ in range(CHECKS):
            watched.check(10)
        assert codes == []
        watched.check(10)
    assert codes == [EXIT_CODE]
    (event,) = logged
    assert "test_the_process_ends_after" in event["stack"]
    assert event["seconds"] == 10


async def test_a_watched_loop_beats_and_the_watch_ends_with_its_block() -> None:
    codes: list[int] = []
    with watched_loop(0.05, codes.append):
        thread = next(thread for thread in threading.enumerate() if thread.name == "watchdog")
        for _ in range(20):
            await asyncio.to_thread(thread.join, 0.01)
    await asyncio.to_thread(thread.join, LIMIT)
    assert not thread.is_alive()
    assert codes == []


async def test_zero_seconds_start_no_watch() -> None:
    with watched_loop(0):
        assert [thread for thread in threading.enumerate() if thread.name == "watchdog"] == []


def make_stuck(address: str) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{address}/graphql", json={"query": "{ stuck }"}, timeout=LIMIT)


def event_of(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stderr
    event: dict[str, str] = json.loads(next(line for line in process.stderr if "the event loop is stuck" in line))
    return event


def test_a_worker_that_is_stuck_is_replaced_and_the_others_go_on() -> None:
    with serving("--sandbox", "--workers", "2", command=STUCK, COINGLASS_STUCK_SECONDS="1") as (address, process):
        assert is_healthy(address)
        make_stuck(address)
        assert is_healthy(address)
        assert "stuck_or_handled" in event_of(process)["stack"]
        assert replacement(process)
        assert is_healthy(address)


def test_a_single_process_that_is_stuck_ends() -> None:
    with serving("--sandbox", command=STUCK, COINGLASS_STUCK_SECONDS="1") as (address, process):
        make_stuck(address)
        assert "stuck_or_handled" in event_of(process)["stack"]
        assert process.wait(LIMIT) == EXIT_CODE
