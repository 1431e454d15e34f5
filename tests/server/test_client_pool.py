"""The pool of callers' clients: bounded, closed when idle, and not emptied by random keys."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.live.listener import SocketObserver
from cg_client.secret import Secret
from server.client_pool import IDLE_SECONDS, ClientPool, KeyUpstream, PoolFull
from server.log_redaction import redaction
from tests.clock import FakeClock
from tests.server.raw_asgi import run_pending


class ClosingTransport(httpx.AsyncBaseTransport):
    closed = False

    async def aclose(self) -> None:
        self.closed = True


class Pool:
    """A pool of four clients, of which one is on probation, with the transports of those that were created."""

    def __init__(self, clock: FakeClock) -> None:
        self.transports: dict[str, ClosingTransport] = {}
        self.pool = ClientPool(self._connect, clock, 4)
        self._clock = clock

    def _connect(self, key: Secret, scope: str) -> KeyUpstream:
        transport = self.transports[key.reveal()] = ClosingTransport()
        client = Client(ClientConfig(api_key=key), clock=self._clock, transport=transport)
        return KeyUpstream.of(client, SocketObserver(), scope)

    def add(self, name: str, *, is_accepted: bool = True) -> str:
        """Use a key, and return the scope of its responses."""
        upstream = self.pool.upstream(Secret(name))
        upstream.client.is_accepted = is_accepted
        return upstream.scope

    @property
    def open(self) -> list[str]:
        return [name for name, transport in self.transports.items() if not transport.closed]


@pytest.fixture
async def pool(clock: FakeClock) -> AsyncIterator[Pool]:
    pool = Pool(clock)
    yield pool
    await pool.pool.close()


async def test_a_key_has_the_same_client_until_it_is_closed(pool: Pool) -> None:
    assert pool.add("key") == pool.add("key") != pool.add("another")


async def test_scope_and_hash_do_not_contain_the_key(pool: Pool) -> None:
    scope = pool.add("key-of-a-caller")
    assert "key-of-a-caller" not in scope
    assert b"key-of-a-caller" not in b"".join(pool.pool.probation)


async def test_every_process_hashes_with_a_secret_of_its_own(pool: Pool, clock: FakeClock) -> None:
    other = Pool(clock)
    assert pool.add("key") != other.add("key")
    await other.pool.close()


async def test_accepted_keys_replace_the_least_recently_used_one(pool: Pool) -> None:
    for name in ("a", "b", "c", "d"):  # three are accepted, "d" is on probation
        pool.add(name)
    pool.add("a")
    pool.add("e")  # promotes "d", for which "b" makes room
    await run_pending()
    assert pool.open == ["a", "c", "d", "e"]


async def test_random_keys_replace_each_other_and_no_accepted_one(pool: Pool) -> None:
    for name in ("a", "b", "c"):
        pool.add(name)
    for number in range(20):
        pool.add(f"random-{number}", is_accepted=False)
    await run_pending()
    assert pool.open == ["a", "b", "c", "random-19"]
    assert pool.pool.evicted == 19


async def test_a_client_in_use_is_not_closed(pool: Pool) -> None:
    with pool.pool.upstream(Secret("busy")).in_use():
        with pytest.raises(PoolFull):
            pool.add("next")
        assert pool.pool.refused == 1
        assert pool.open == ["busy"]
    pool.add("next")
    await run_pending()
    assert pool.open == ["next"]


async def test_an_idle_client_is_closed(pool: Pool, clock: FakeClock) -> None:
    pool.add("idle")
    clock.advance(IDLE_SECONDS / 2)
    pool.add("a")
    with pool.pool.upstream(Secret("a")).in_use():
        clock.advance(IDLE_SECONDS / 2)
        pool.pool.close_idle()
        await run_pending()
        assert pool.open == ["a"]
        clock.advance(IDLE_SECONDS * 2)
        pool.pool.close_idle()
        await run_pending()
        assert pool.open == ["a"]
    clock.advance(IDLE_SECONDS)
    pool.pool.close_idle()
    await run_pending()
    assert pool.open == []


async def test_the_watch_closes_idle_clients(pool: Pool) -> None:
    pool.add("idle")
    watch = asyncio.ensure_future(pool.pool.watch())
    for _ in range(20):  # each passes some of the minutes between two sweeps
        await run_pending()
    watch.cancel()
    assert pool.open == []


async def test_a_second_client_of_a_key_does_not_serve_responses_of_the_first(pool: Pool) -> None:
    scope = pool.add("key", is_accepted=False)
    pool.add("another", is_accepted=False)
    assert pool.add("key") != scope


async def test_keys_are_redacted_while_they_are_used(pool: Pool) -> None:
    pool.add("key-of-a-caller")
    assert redaction.clean("it is key-of-a-caller") == "it is ***"
    await pool.pool.close()
    assert pool.open == []
    assert redaction.clean("it is key-of-a-caller") == "it is key-of-a-caller"
