"""Rolling restarts, some behind nginx as deploy/nginx.conf configures it, under load: no request is lost."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox, create_sandbox
from tests.addresses import free_port
from tests.proxied_load import Load
from tests.running import running
from tests.test_cli import KEY, serving
from tests.test_deploy import NGINX, needs_nginx, wait_for, written
from tests.test_workers import workers

REQUESTS = 10_000
RESTARTS_WITHIN = 240.0  # seconds, on the slowest machine
RESTARTED = "all workers were restarted"


@contextmanager
def upstream() -> Iterator[dict[str, str]]:
    """Yield the settings for a sandbox in this process."""
    with running(create_sandbox(Sandbox(Plan.PROFESSIONAL, key=KEY))) as address:
        yield {"COINGLASS_API_KEY": KEY, "COINGLASS_BASE_URL": address, "COINGLASS_PLAN": "professional"}


@contextmanager
def nginx(folder: Path, *upstreams: str) -> Iterator[int]:
    port = free_port()
    path = written(folder, " fail_timeout=1s;\n    server ".join(upstreams), port)
    with subprocess.Popen([str(NGINX), "-c", str(path)]) as process:  # noqa: S603  # Debian's nginx
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()


def lines_after(process: subprocess.Popen[str], event: str) -> threading.Event:
    """Read the log of a server to its end, and set the event once a line has the text."""
    seen = threading.Event()

    def read() -> None:
        assert process.stderr
        for line in process.stderr:
            if event in line:
                seen.set()

    threading.Thread(target=read, daemon=True).start()
    return seen


@needs_nginx
def test_a_rolling_restart_of_two_workers_loses_no_request(tmp_path: Path) -> None:
    with (
        upstream() as variables,
        serving("--workers", "2", **variables) as (address, process),
        nginx(tmp_path, address.removeprefix("http://")) as port,
    ):
        load = Load(port)
        is_restarted = lines_after(process, RESTARTED)
        with load.running():
            load.wait_for(lambda: load.outcomes.total() > REQUESTS // 10)
            before = workers(process)
            process.send_signal(signal.SIGUSR2)
            assert is_restarted.wait(RESTARTS_WITHIN)
            load.wait_for(lambda: load.outcomes.total() >= REQUESTS)
        assert not set(before[:2]) & set(workers(process)[-2:])
    assert load.outcomes == {"200 with data": load.outcomes.total()}


def test_workers_accept_no_connection_before_they_are_ready() -> None:
    with upstream() as variables, serving("--workers", "2", **variables) as (address, process):
        is_restarted = lines_after(process, RESTARTED)
        answers = [readiness(address) for _ in range(20)]
        process.send_signal(signal.SIGUSR2)
        latest = time.monotonic() + RESTARTS_WITHIN
        while not is_restarted.is_set():
            assert time.monotonic() < latest
            answers.append(readiness(address))
        answers += [readiness(address) for _ in range(20)]
    assert [answer for answer in answers if answer != (200, True)] == []


def readiness(address: str) -> tuple[int, bool]:
    """Return the status of the page and whether there is a quota, by connections of their own."""
    quota = httpx.post(f"{address}/graphql", json={"query": "{ upstreamQuota { limit } }"}, timeout=RESTARTS_WITHIN)
    has_quota = quota.json()["data"]["upstreamQuota"]["limit"] > 0
    return httpx.get(f"{address}/readyz", timeout=RESTARTS_WITHIN).status_code, has_quota


@needs_nginx
def test_a_restart_of_two_instances_one_after_the_other_loses_no_request(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    with upstream() as variables, ExitStack() as instances:
        first, second = (instances.enter_context(instance(port, variables)) for port in ports)
        with nginx(tmp_path, *(f"127.0.0.1:{port}" for port in ports)) as port:
            load = Load(port)
            with load.running():
                load.wait_for(lambda: load.outcomes.total() > REQUESTS // 10)
                for process, its_port in zip((first, second), ports, strict=True):
                    process.send_signal(signal.SIGTERM)
                    assert process.wait(RESTARTS_WITHIN) == 0
                    instances.enter_context(instance(its_port, variables))
                load.wait_for(lambda: load.outcomes.total() >= REQUESTS)
    assert load.outcomes == {"200 with data": load.outcomes.total()}


@contextmanager
def instance(port: int, variables: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with serving("--port", str(port), **variables) as (_, process):
        lines_after(process, "")
        yield process
