"""The clock of the store is set back: no lease and no answer lasts longer for it."""

import time

from cg_client.secret import Secret
from shared.answers.leases import LEASE_SECONDS
from shared.store.scope import Scope
from shared.streams.channel_codec import VERSION
from shared.streams.stream_store import OwnerLease, StreamStore
from shared.streams.stream_times import StreamTimes
from tests.clock import FakeClock
from tests.shared.desk import SharedDesk
from tests.shared.replicas import ended, run_ready
from tests.shared.rig import connected
from tests.store_server import StoreServer

HOUR = 3600.0
TIMES = StreamTimes()


async def test_the_fetch_of_a_replica_that_died_is_taken_over_as_soon(desk: SharedDesk) -> None:
    first, second = desk.start(2)
    first.get()
    await run_ready()
    desk.kill(first)
    desk.server.skew -= HOUR
    waiting = second.get()
    await run_ready()
    assert desk.requests == 1
    await desk.clock.elapse(LEASE_SECONDS + 1)
    assert desk.requests == 2
    desk.upstream.pending[-1].answer()
    assert await ended(waiting) == 2


async def test_answers_of_the_time_that_comes_again_are_replaced(desk: SharedDesk) -> None:
    first, second, third = desk.start(3)
    first.get()
    await desk.answer()
    desk.server.skew -= HOUR
    waiting = second.get()
    await desk.answer()
    assert await ended(waiting) == 2
    assert (await ended(third.get()), desk.requests) == (2, 2)


async def test_the_socket_of_a_replica_that_died_is_taken_over_as_soon(store_server: StoreServer) -> None:
    scope = Scope.of(Secret("key-of-the-test"), "https://example.com")
    owner, replicas, control = (scope.name(f"streams{VERSION}", name) for name in ("owner", "replicas", "control"))
    async with connected(store_server.url) as store:
        first, second = (StreamStore(store, scope, FakeClock(), name, TIMES, 5) for name in ("first", "second"))
        token = (await first.beat("", b"0", "", None, OwnerLease.TAKE)).token
        later = str(round((time.time() + HOUR) * 1000))
        await store.execute("PEXPIRE", owner, round(HOUR * 1000))
        await store.execute("ZADD", replicas, later, "of-a-dead-one")
        await store.execute("HSET", control, "alive", later)
        beat = await second.beat("", b"0", "", None, OwnerLease.TAKE)
        assert not beat.is_owner
        lasts = await store.execute("PTTL", owner)
        assert isinstance(lasts, int)
        assert 0 < lasts <= TIMES.lease * 1000
        assert await store.execute("ZRANGEBYSCORE", replicas, later, "+inf") == []
        await first.beat(token, None, "", first._clock.monotonic(), OwnerLease.TAKE)
        assert (await first.beat(token, None, "", None, OwnerLease.TAKE)).alive_ms < float(later)
