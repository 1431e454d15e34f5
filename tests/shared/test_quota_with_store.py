"""A client whose quota is shared through a real store, which is lost and comes back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import httpx

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.plans.plan_table import Plan
from cg_client.quota.admission_queue import AdmissionQueue
from cg_client.secret import Secret
from shared.quota.shared_quota import SharedQuota
from shared.store.scope import Scope
from shared.store.store import Store
from tests.cg_client.conftest import a_call
from tests.running import LIMIT
from tests.shared.rig import connected
from tests.store_server import StoreServer


def answer(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"code": "0", "data": []}, headers={"API-KEY-MAX-LIMIT": "30"})


@contextlib.asynccontextmanager
async def sharing(store: Store, name: str) -> AsyncIterator[Client]:
    """Yield a client that shares its quota."""

    def share(local: AdmissionQueue) -> SharedQuota:
        quota = SharedQuota(
            local, store, Scope.of(config.api_key, config.base_url), client_clock, replica=name, recovery_seconds=0.0
        )
        store.on_return(quota.on_return)
        store.on_loss(quota.on_loss)
        return quota

    client_clock = Clock()
    config = ClientConfig(api_key=Secret("a-key-of-tests"), plan=Plan.HOBBYIST)
    client = Client(config, clock=client_clock, transport=httpx.MockTransport(answer), share_quota=share)
    assert isinstance(client.admission_queue, SharedQuota)
    await client.admission_queue.open()
    yield client
    await client.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not holds():  # noqa: ASYNC110  # a quota tells nobody when it changes
            await asyncio.sleep(0.01)


async def test_clients_share_a_quota_lose_the_store_and_return(store_server: StoreServer) -> None:
    async with (
        connected(store_server.url) as first_store,
        connected(store_server.url) as second_store,
        sharing(first_store, "first") as first,
        sharing(second_store, "second") as second,
    ):
        await until(lambda: not (first.quota.is_alone or second.quota.is_alone))
        await first.get(a_call("ONE"))
        await until(lambda: second.quota.used == 1)
        assert (second.quota.replicas, second.quota.remaining) == (2, 29)
        store_server.kill()
        await until(lambda: first.quota.is_alone and second.quota.is_alone)
        await second.get(a_call("TWO"))
        store_server.start()
        await until(lambda: not (first.quota.is_alone or second.quota.is_alone))
        await until(lambda: first.quota.used == second.quota.used == 2)


async def test_a_client_leaves_when_it_closes(store_server: StoreServer) -> None:
    async with (
        connected(store_server.url) as store,
        connected(store_server.url) as other_store,
        sharing(store, "first") as first,
    ):
        async with sharing(other_store, "second") as second:
            await until(lambda: not (first.quota.is_alone or second.quota.is_alone))
            await until(lambda: first.quota.replicas == 2)
        await until(lambda: first.quota.replicas == 1)


async def test_a_store_without_memory_leaves_each_its_part(store_server: StoreServer) -> None:
    async with connected(store_server.url) as store, sharing(store, "first") as first:
        await until(lambda: not first.quota.is_alone)
        store_server.fill_memory()
        await until(lambda: first.quota.is_alone)
        await first.get(a_call("ONE"))
        store_server.free_memory()
        await until(lambda: not first.quota.is_alone)
