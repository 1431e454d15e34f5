"""Clients that share a real store: the second one answers as the first did, and without the store as a single one."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from resolvers.context import Context
from sandbox.app import KEY
from shared.answers.answers import Answers
from shared.store.address import parse_address
from shared.store.store import Store
from tests.cases import CASES
from tests.cg_client.conftest import ENDPOINT
from tests.shared.replicas import shared_call
from tests.shared.rig import StoreLog, connected
from tests.store_server import StoreServer
from tests.upstream import StubUpstream, result_of

CONFIG = ClientConfig(api_key=Secret(KEY), base_url="http://upstream", plan=Plan.PROFESSIONAL)
IN_TIME = 5.0  # seconds, far more than the limits of the store, on the slowest machine


class CountedUpstream(StubUpstream):
    """Lists the requests; all that it does not know is answered with the number of the request."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.targets.append(request.url.raw_path.decode())
        if request.url.path == ENDPOINT.path:
            await asyncio.sleep(0)
            return httpx.Response(200, content=json.dumps({"code": "0", "data": len(self.targets)}).encode())
        return await super().handle_async_request(request)


@contextlib.asynccontextmanager
async def client_of(url: str, upstream: CountedUpstream, log: StoreLog | None = None) -> AsyncIterator[Client]:
    """Yield a client, composed as the server does it."""
    clock = Clock()
    store = Store(parse_address(url), clock, log)
    answers = Answers.of(store, CONFIG, clock)
    answers.start()
    await store.start()
    client = Client(CONFIG, clock=clock, transport=upstream, policy=RetryPolicy(attempts=1), second_tier=answers)
    try:
        yield client
    finally:
        await client.close()
        await answers.close()
        await store.close()


async def test_a_second_replica_answers_every_field_as_the_first_without_a_request(store_server: StoreServer) -> None:
    upstream = CountedUpstream()
    async with client_of(store_server.url, upstream) as first, client_of(store_server.url, upstream) as second:
        for path in sorted(CASES):
            expected = await _answer(path, first)
            sent = len(upstream.targets)
            assert await _answer(path, second) == expected, path
            assert upstream.targets[sent:] == []
        assert second.sandbox is first.sandbox is True
        assert second.is_accepted


async def test_answers_that_are_closed_leave_nothing_behind_in_the_store_object(store_server: StoreServer) -> None:
    async with connected(store_server.url) as store:
        answers = Answers.of(store, CONFIG, Clock())
        answers.start()
        await answers.close()
        assert (store._callbacks, len(store._return_hooks), store._on_loss) == ({}, 0, [])


async def _answer(path: str, client: Client) -> Any:
    result = await result_of(CASES[path].text(), Context(client, Symbols(client), "test"))
    assert not result.errors
    return result.data


@pytest.mark.parametrize("damage", ["kill", "pause", "fill_memory"])
async def test_without_the_store_a_client_answers_in_time_and_shares_again_when_it_is_back(
    store_server: StoreServer, damage: str
) -> None:
    upstream, log = CountedUpstream(), StoreLog()
    async with client_of(store_server.url, upstream, log) as first, client_of(store_server.url, upstream) as second:
        getattr(store_server, damage)()
        began = time.monotonic()
        await asyncio.gather(
            *(client.get(shared_call(f"A{number}")) for client in (first, second) for number in range(9))
        )
        assert time.monotonic() - began < IN_TIME
        {"kill": store_server.restart, "pause": store_server.resume, "fill_memory": store_server.free_memory}[damage]()
        await log.until(lambda: len(log.returns) > len(log.away))
        await _until_shared(first, second, upstream)


async def _until_shared(first: Client, second: Client, upstream: CountedUpstream) -> None:
    """Request new calls of both until the second has its answer from the first."""
    for number in range(1000):
        await first.get(shared_call(f"B{number}"))
        await asyncio.sleep(0.01)
        sent = len(upstream.targets)
        await second.get(shared_call(f"B{number}"))
        if len(upstream.targets) == sent:
            return
    raise AssertionError("nothing is shared")
