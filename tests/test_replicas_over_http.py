"""Several servers with one key and one store, over HTTP, against a sandbox that counts what they send."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox, create_sandbox
from tests.running import LIMIT, running
from tests.store_server import StoreServer, running_store
from tests.test_cli import KEY, run, serving
from tests.test_metrics import OF_REPLICAS, documented, families

REPLICAS = ("first", "second", "third")
SERIES = "{ ... on OISeries { count } ... on Problem { code message } }"


def post(address: str, query: str) -> Any:
    return httpx.post(f"{address}/graphql", json={"query": query}, timeout=LIMIT).json()["data"]


@dataclass
class Replicas:
    addresses: list[str]
    store: StoreServer
    sandbox: Sandbox
    variables: dict[str, str]

    def ask(self, replica: int, query: str) -> Any:
        return post(self.addresses[replica], query)

    def metric(self, replica: int, name: str) -> float:
        text = httpx.get(f"{self.addresses[replica]}/metrics", timeout=LIMIT).text
        line = next(line for line in text.splitlines() if line.startswith(f"coinglass_graphql_{name} "))
        return float(line.rpartition(" ")[2])


def until(holds: Callable[[], bool]) -> None:
    """Ask again until something is true."""
    latest = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < latest
        time.sleep(0.05)


def open_interest(coin: str, interval: str = "H4") -> str:
    return f'{{ coin(symbol: "{coin}") {{ openInterest(interval: {interval}, last: 50) {SERIES} }} }}'


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    sandbox = Sandbox(Plan.STANDARD, key=KEY)
    folder = tmp_path_factory.mktemp("replicas")
    with (
        running_store(folder) as store,
        running(create_sandbox(sandbox)) as upstream,
        contextlib.ExitStack() as servers,
        ThreadPoolExecutor() as threads,
    ):
        variables = {
            "COINGLASS_API_KEY": KEY,
            "COINGLASS_BASE_URL": upstream,
            "COINGLASS_PLAN": "standard",
            "COINGLASS_SHARED_URL": store.url,
            "COINGLASS_BUDGET_VALUES_PER_DAY": "100000",
        }
        starting = [serving(COINGLASS_REPLICA=name, **variables) for name in REPLICAS]
        addresses = [address for address, _ in threads.map(servers.enter_context, starting)]
        replicas = Replicas(addresses, store, sandbox, variables)
        until(lambda: all("count" in str(replicas.ask(index, open_interest("BTC"))) for index in range(len(REPLICAS))))
        yield replicas


def test_a_series_that_all_replicas_want_at_once_is_fetched_once(replicas: Replicas) -> None:
    path = "/api/futures/open-interest/aggregated-history"
    before = replicas.sandbox.calls[path]
    with ThreadPoolExecutor(30) as threads:
        answers = list(threads.map(replicas.ask, [0, 1, 2] * 10, [open_interest("ETH", "H1")] * 30))
    assert answers == [answers[0]] * 30
    assert answers[0]["coin"]["openInterest"]["count"] > 0
    assert replicas.sandbox.calls[path] == before + 1


def test_each_replica_tells_the_quota_of_all(replicas: Replicas) -> None:
    query = "{ upstreamQuota { limit used remaining } }"
    replicas.ask(0, open_interest("SOL", "D1"))
    until(lambda: len({str(replicas.ask(index, query)) for index in range(3)}) == 1)
    quota = replicas.ask(1, query)["upstreamQuota"]
    assert quota["limit"] == 300
    assert quota["used"] == replicas.sandbox.calls.total()


def test_metrics_name_the_replica_and_how_many_there_are(replicas: Replicas) -> None:
    assert replicas.metric(1, 'replica_info{replica="second"}') == 1
    until(lambda: replicas.metric(1, "shared_quota_members") == 3)
    assert replicas.metric(1, "shared_store_away") == 0
    assert replicas.metric(1, "shared_quota_alone") == 0


def test_the_document_lists_every_metric_of_replicas_with_its_labels(replicas: Replicas) -> None:
    shown = families(httpx.get(f"{replicas.addresses[0]}/metrics", timeout=LIMIT).text)
    expected = documented(OF_REPLICAS)
    assert {name for name in shown if "shared" in name or "replica" in name} == expected.keys()
    assert {name: labels for name in expected if (labels := shown[name]) and labels != expected[name]} == {}


def test_the_doctor_lists_the_replicas_and_shows_no_secret(replicas: Replicas) -> None:
    done = run("doctor", "--shared", **replicas.variables)
    assert done.returncode == 0
    assert "quota    300 requests a minute, shared by 3 replicas" in done.stdout
    assert [line.split(",")[0].strip() for line in done.stdout.splitlines()[-3:]] == sorted(REPLICAS)
    assert KEY not in done.stdout + done.stderr


def test_the_doctor_says_why_a_store_cannot_be_used() -> None:
    done = run("doctor", "--shared", COINGLASS_API_KEY=KEY, COINGLASS_SHARED_URL="valkey://:secret-word@127.0.0.1:1")
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stdout
    assert "secret-word" not in done.stdout


def test_the_doctor_without_an_address_names_the_variable() -> None:
    done = run("doctor", "--shared", COINGLASS_API_KEY=KEY)
    assert (done.returncode, done.stdout.count("COINGLASS_SHARED_URL")) == (2, 1)


def test_replicas_answer_without_the_store_and_share_again_when_it_is_back(replicas: Replicas) -> None:
    """Last, since the store loses its data."""
    replicas.store.kill()
    until(lambda: all(replicas.metric(index, "shared_store_away") for index in range(3)))
    for index in range(3):
        assert replicas.ask(index, open_interest("BTC"))["coin"]["openInterest"]["count"] > 0
    replicas.store.start()
    until(lambda: not any(replicas.metric(index, "shared_quota_alone") for index in range(3)))
    before = replicas.sandbox.calls.total()
    assert [replicas.ask(index, open_interest("XRP"))["coin"]["openInterest"]["count"] > 0 for index in range(3)]
    assert replicas.sandbox.calls.total() == before + 1


def test_a_replica_that_starts_without_the_store_is_not_ready(replicas: Replicas) -> None:
    variables = replicas.variables | {"COINGLASS_SHARED_URL": "valkey://127.0.0.1:1"}
    with serving(COINGLASS_REPLICA="lonely", **variables) as (address, _):
        assert httpx.get(f"{address}/healthz", timeout=LIMIT).status_code == 200
        ready = httpx.get(f"{address}/readyz", timeout=LIMIT)
        assert (ready.status_code, "COINGLASS_SHARED_URL" in ready.json()["reason"]) == (503, True)
        part = post(address, open_interest("LTC"))["coin"]
        assert "COINGLASS_SHARED_URL" in str(part)


def test_workers_share_a_store_that_ends_with_them() -> None:
    sandbox = Sandbox(Plan.HOBBYIST, key=KEY)
    variables = {"COINGLASS_API_KEY": KEY, "COINGLASS_BASE_URL": "", "COINGLASS_PLAN": "hobbyist"}
    # A short path, since that of a socket may have 107 characters.
    with tempfile.TemporaryDirectory() as folder, running(create_sandbox(sandbox)) as upstream:
        variables |= {"COINGLASS_BASE_URL": upstream, "TMPDIR": folder}
        with serving("--workers", "3", **variables) as (address, _), ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(partial(post, address), [open_interest("ETH")] * 20))
            assert [*Path(folder).glob("coinglass-store-*/store.sock")]
        assert not [*Path(folder).glob("coinglass-store-*")]
    assert all(data["coin"]["openInterest"]["count"] > 0 for data in answers)
    assert sandbox.calls["/api/futures/open-interest/aggregated-history"] == 1
