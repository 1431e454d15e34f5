"""Counters that follow other counts, and background tasks that fail."""

import asyncio
from functools import partial
from typing import cast

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.live.listener import SocketObserver
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from server.client_pool import KeyUpstream
from server.lifespan import Background, lifespan
from server.sampling import Sampler


def test_a_source_that_begins_again_is_counted_from_there() -> None:
    registry, totals = CollectorRegistry(), {("hit",): 3}
    sampler = Sampler(registry)
    sampler.counter("lookups", "Lookups.", ("outcome",), lambda: totals)
    for total in (3, 1, 1, 2):
        totals["hit",] = total
        sampler.sample()
    assert registry.get_sample_value("lookups_total", {"outcome": "hit"}) == 5


class FailingSampler:
    def __init__(self) -> None:
        self.has_failed = asyncio.Event()

    async def run(self) -> None:
        self.has_failed.set()
        raise ValueError("no sample")


async def test_a_background_task_that_fails_is_logged_and_the_end_is_as_always(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client(ClientConfig(api_key=Secret("key"), plan=Plan.PROFESSIONAL))
    sampler, closed = FailingSampler(), asyncio.Event()
    close = client.close

    async def noted() -> None:
        await close()
        closed.set()

    monkeypatch.setattr(client, "close", noted)
    with capture_logs() as lines:
        upstream = KeyUpstream.of(client, SocketObserver())
        background = Background(None, None, cast("Sampler", sampler), partial(asyncio.sleep, 0), None)
        async with lifespan(upstream, background):
            await sampler.has_failed.wait()
    assert [(line["event"], repr(line["exc_info"])) for line in lines] == [
        ("a background task failed", "ValueError('no sample')")
    ]
    assert closed.is_set()
    assert asyncio.all_tasks() == {asyncio.current_task()}
