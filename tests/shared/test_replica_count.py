"""Replicas know how many they are, so that each has the right part of a caller's budget while the store is away."""

import contextlib
from collections.abc import AsyncIterator

from prometheus_client import CollectorRegistry

from cg_client.clock import Clock
from cg_client.secret import Secret
from server.settings import Settings
from server.sharing import Sharing
from server.store_observer import CountingStoreObserver
from shared.store.address import parse_address
from tests.shared.test_quota_with_store import until
from tests.store_server import StoreServer


@contextlib.asynccontextmanager
async def replica(server: StoreServer, name: str) -> AsyncIterator[Sharing]:
    """Yield what a server without a CoinGlass key shares."""
    settings = Settings(api_key=Secret(""), replica=name)
    sharing = Sharing(settings, parse_address(server.url), Clock(), CountingStoreObserver(CollectorRegistry()))
    await sharing.start()
    try:
        yield sharing
    finally:
        await sharing.close()


async def test_replicas_without_a_key_count_each_other_and_remember_it_without_the_store(
    store_server: StoreServer,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(replica(store_server, name)) for name in ("1", "2")]
        async with replica(store_server, "3"):
            await until(lambda: first.count_replicas() == second.count_replicas() == 3)
        await until(lambda: first.count_replicas() == second.count_replicas() == 2)
        store_server.kill()
        await until(lambda: first.store.is_away and second.store.is_away)
        assert (first.count_replicas(), second.count_replicas()) == (2, 2)
