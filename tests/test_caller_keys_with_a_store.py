"""Callers' keys and the store that replicas share: what a key leaves there, and for what its first call waits."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import redis

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox
from shared.store.address import parse_address
from tests.store_server import running_store
from tests.test_caller_keys import ACCOUNT, KEY, OTHER, RATES, post, serving_keys

AGE = "cg:{1}:age"
RECOVERY_SECONDS = 4.0  # seconds for which a young store grants nothing to a key that it does not have
MINUTE = 62  # seconds, in which the calls of a key that nobody uses any more are over
LONGEST = 600  # seconds, of what is learnt of a key that CoinGlass does not accept


@dataclass
class KeyStore:
    server: str
    entries: "redis.Redis"

    def quotas(self) -> list[bytes]:
        return [name for name in self.entries.scan_iter("*:quota") if isinstance(name, bytes)]

    def grow_old(self) -> None:
        """Let the store have lost nothing for an hour."""
        noted = self.entries.get(AGE)
        assert isinstance(noted, bytes)
        since, history = noted.decode().split(" ", 1)
        self.entries.set(AGE, f"{float(since) - 3600} {history}")


@pytest.fixture
def key_store(tmp_path: Path) -> Iterator[KeyStore]:
    with running_store(tmp_path / "store") as server, redis.Redis(port=server.port) as entries:
        yield KeyStore(server.url, entries)


def plan_of(http: httpx.Client, key: str) -> str:
    plan = post(http, ACCOUNT, key).json()["data"]["coinglassAccount"]["plan"]
    assert isinstance(plan, str)
    return plan


def test_keys_that_need_no_call_leave_nothing_in_the_store(key_store: KeyStore) -> None:
    caller = Sandbox(Plan.HOBBYIST, key=KEY)
    with serving_keys(Sandbox(), caller, shared_url=parse_address(key_store.server)) as http:
        key_store.grow_old()
        for number in range(20):
            answer = post(http, "{ __typename upstreamQuota { limit remaining } }", f"key-of-nobody-{number}")
            assert answer.json()["data"]["upstreamQuota"] == {"limit": 30, "remaining": 30}
            assert answer.headers["X-Quota-Remaining"] == "30"
        assert plan_of(http, KEY) == "HOBBYIST"
        assert len(key_store.quotas()) == 2
    assert all(0 < int(str(key_store.entries.ttl(name))) <= MINUTE for name in key_store.quotas())


def test_the_first_call_of_a_key_waits_for_no_store_that_is_old(key_store: KeyStore) -> None:
    callers = [Sandbox(Plan.HOBBYIST, key=KEY), Sandbox(Plan.STARTUP, key=OTHER)]
    with serving_keys(Sandbox(), *callers, shared_url=parse_address(key_store.server)) as http:
        key_store.grow_old()
        began = time.monotonic()
        assert [plan_of(http, key) for key in (KEY, OTHER)] == ["HOBBYIST", "STARTUP"]
        assert time.monotonic() - began < RECOVERY_SECONDS


def test_keys_that_coinglass_does_not_accept_leave_nothing_that_lasts(key_store: KeyStore) -> None:
    with serving_keys(Sandbox(), shared_url=parse_address(key_store.server)) as http:
        key_store.grow_old()
        for number in range(5):
            assert "UNAUTHORIZED" in post(http, ACCOUNT, f"key-of-nobody-{number}").text
            post(http, RATES, f"key-of-nobody-{number}")
        key_store.entries.delete(AGE)
    entries = [*key_store.entries.scan_iter()]
    assert len(entries) > 5
    assert max(int(str(key_store.entries.ttl(name))) for name in entries) <= LONGEST
