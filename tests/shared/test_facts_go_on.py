"""A fact that fails in a way that nobody thought of ends neither the sharing of others nor the store."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cg_client.decoding.anomalies import AnomalyKind, DecodingAnomaly, DriftKey
from shared.facts import shared_facts as facts
from shared.facts.kinds import Fact
from tests.clock import FakeClock
from tests.shared.fact_replicas import TOTALS, FactSharer, replica, until
from tests.store_server import StoreServer


@pytest.fixture
async def ann(store_server: StoreServer) -> AsyncIterator[FactSharer]:
    async with replica(store_server, FakeClock()) as started:
        yield started


@pytest.fixture
async def bob(store_server: StoreServer) -> AsyncIterator[FactSharer]:
    async with replica(store_server, FakeClock(), name="b") as started:
        yield started


def learn(member: FactSharer, field: str) -> DriftKey:
    member.client.drift.record(TOTALS, [DecodingAnomaly(AnomalyKind.FIELD_UNKNOWN, field, 3)])
    return DriftKey(TOTALS.path, AnomalyKind.FIELD_UNKNOWN, field)


async def test_a_fact_that_cannot_be_sent_does_not_hold_up_others(
    ann: FactSharer, bob: FactSharer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Fact) -> bytes:
        monkeypatch.undo()
        raise TypeError

    monkeypatch.setattr(facts, "encode_fact", fail)
    learn(ann, "x")
    await until(lambda: ann.facts.counts["failed"] == 1)
    key = learn(ann, "y")
    await until(lambda: key in bob.client.drift.counts)


async def test_a_review_that_fails_is_not_the_last(ann: FactSharer, monkeypatch: pytest.MonkeyPatch) -> None:
    reviews = []

    async def fail() -> None:
        reviews.append(1)
        raise TypeError

    monkeypatch.setattr(facts, "REVIEW_SECONDS", 0.01)
    monkeypatch.setattr(ann.facts, "_look", fail)
    ann.facts._missed.set()
    await until(lambda: len(reviews) > 1)


async def test_a_fact_that_cannot_be_applied_does_not_take_the_store_away(
    ann: FactSharer, bob: FactSharer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bool:
        raise TypeError

    monkeypatch.setattr(bob.facts._application, "apply", fail)
    learn(ann, "x")
    await until(lambda: bob.facts.counts["invalid"] > 0)
    before = bob.facts.counts["invalid"]
    await bob.facts._read(bob.store)
    assert bob.facts.counts["invalid"] > before


async def test_a_closed_replica_does_not_begin_again(ann: FactSharer) -> None:
    await ann.facts.close()
    tasks = len(asyncio.all_tasks())
    ann.facts.attach()
    await ann.facts.start()
    assert len(asyncio.all_tasks()) == tasks
    assert len(ann.store._return_hooks) == 0
    assert ann.store._callbacks == {}
