"""Replicas on a clock that tests set, with one upstream."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cg_client.errors import CoinglassError
from tests.clock import SteppedClock
from tests.shared.replicas import PausedUpstream, Replica, run_ready
from tests.shared.stepped_store import SteppedServer
from tests.store_server import StoreServer, running_store


class SharedDesk:
    """What all replicas share."""

    def __init__(self, server: StoreServer) -> None:
        self.clock = SteppedClock()
        self.server = SteppedServer(server, self.clock)
        self.upstream = PausedUpstream(self.clock)
        self.replicas: list[Replica] = []

    def start(self, count: int = 1) -> list[Replica]:
        started = [Replica(self.server, self.upstream, self.clock) for _ in range(count)]
        self.replicas += started
        return started

    async def answer(self) -> None:
        """Let the upstream answer the one request that it has."""
        await run_ready()
        (sent,) = self.upstream.pending
        sent.answer()
        await run_ready()

    async def fail(self, failure: CoinglassError) -> None:
        await run_ready()
        (sent,) = self.upstream.pending
        sent.fail(failure)
        await run_ready()

    def kill(self, replica: Replica) -> None:
        """Let nothing of the replica reach the store any more."""
        replica.store.leave()

    @property
    def requests(self) -> int:
        return len(self.upstream.sent)

    async def close(self) -> None:
        for replica in self.replicas:
            await replica.close()
        self.server.close()


@pytest.fixture(scope="module")
def desk_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    with running_store(Path(tmp_path_factory.mktemp("store"))) as server:
        yield server


@pytest.fixture
async def desk(desk_server: StoreServer) -> AsyncIterator[SharedDesk]:
    desk = SharedDesk(desk_server)
    yield desk
    await desk.close()
