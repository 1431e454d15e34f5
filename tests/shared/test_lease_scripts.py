"""Rules of the scripts of answers and leases one by one, with a clock that tests set."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from shared.store.script import LuaScript
from tests.clock import SteppedClock
from tests.shared.stepped_store import SteppedServer, SteppedStore
from tests.store_server import StoreServer

BEGIN, FINISH, END, RENEW, SURVEY, EVICT = (
    LuaScript(f"answers_{name}") for name in ("begin", "finish", "end", "renew", "survey", "evict")
)
ANSWER, LEASE, FENCE, INDEX, SIZES, CHANNEL = "answer", "lease", "fence", "index", "sizes", "channel"
LEASE_MS = 2800
VALUE = b"value"
SIZE = len(VALUE) + 400
DAY_MS = 86_400_000


class AnswerScripts:
    """The entries of one call."""

    def __init__(self, server: StoreServer) -> None:
        self.clock = SteppedClock()
        self.server = SteppedServer(server, self.clock)
        self.notices: list[bytes] = []
        self._store = SteppedStore(self.server, self.clock)
        self._store.subscribe(CHANNEL, self.notices.append)

    async def begin(self, owner: str, *, waited: int = 0, cached: int = 0, priority: int = 0) -> tuple[str, int]:
        """Return the state and the token."""
        state, token, *_ = await self.look(owner, waited=waited, cached=cached, priority=priority)
        return state.decode(), int(token)

    async def look(self, owner: str, *, waited: int = 0, cached: int = 0, priority: int = 0) -> list[Any]:
        args = (owner, LEASE_MS, str(waited), str(cached), priority, CHANNEL, "call", 1)
        reply = await self._store.run(BEGIN, (ANSWER, LEASE, FENCE), args)
        assert isinstance(reply, list)
        return reply

    async def finish(
        self,
        owner: str,
        token: int,
        *,
        age: int = 0,
        fresh: int = 20_000,
        usable: int = 90_000,
        limit: int = 10**6,
        since: int = DAY_MS,
    ) -> Any:
        """Return whether the answer was stored, and the bytes of all."""
        args = (owner, str(token), "call", CHANNEL, VALUE, age, fresh, fresh, usable, limit, since)
        return await self._store.run(FINISH, (ANSWER, LEASE, INDEX, SIZES), args)

    async def end(self, owner: str, failure: bytes = b"") -> Any:
        return await self._store.run(END, (LEASE,), (owner, "call", CHANNEL, failure))

    async def renew(self, owner: str, token: int) -> int:
        """Return the token, which is 0 if the lease is another owner's."""
        [renewed] = msgspec.convert(
            await self._store.run(RENEW, (LEASE, FENCE), (LEASE_MS, owner, str(token))), list[int]
        )
        return renewed

    async def is_shared(self) -> bool:
        return await self._store.run(SURVEY, (ANSWER, LEASE)) == [1]

    async def expire(self) -> None:
        """Let the lease end by itself."""
        await self.clock.elapse(LEASE_MS / 1000 + 0.1)

    def has_field(self, name: str, field: str) -> bool:
        return bool(self.server.client.hexists(name, field))

    def store_sizes(self, sizes: dict[str, int]) -> None:
        """Store the index as if answers of these sizes had been stored one after the other."""
        client = self.server.client
        client.zadd(INDEX, {name: at for at, name in enumerate(sizes)})
        counted = {**sizes, "total": sum(sizes.values())}
        client.hset(SIZES, items=[word for entry in counted.items() for word in entry])

    async def evict(self, limit: int, size: int = 0) -> Any:
        return await self._store.run(EVICT, (INDEX, SIZES), (limit, size))

    def sizes(self) -> dict[str, int]:
        sizes = self.server.client.hgetall(SIZES)
        return {name.decode() if isinstance(name, bytes) else name: int(size) for name, size in sizes.items()}

    def milliseconds_to_live(self, name: str) -> int:
        return int(self.server.client.pttl(name))


@pytest.fixture
async def scripts(desk_server: StoreServer) -> AsyncIterator[AnswerScripts]:
    scripts = AnswerScripts(desk_server)
    yield scripts
    scripts.server.close()


async def test_one_owner_has_the_lease_until_it_ends_by_itself(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    assert await scripts.begin("b") == ("remote", token)
    assert await scripts.begin("a") == ("lease", token), "the reply was lost"
    await scripts.expire()
    state, later = await scripts.begin("b")
    assert (state, later > token) == ("lease", True)
    assert await scripts.begin("a") == ("remote", later)


async def test_a_fresh_answer_is_returned_and_no_lease_is_given(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    assert await scripts.finish("a", token, age=700) == [1, SIZE]
    reply = await scripts.look("b")
    assert (reply[0], reply[4], int(reply[5]), reply[6]) == (b"fresh", VALUE, token, 700)
    await scripts.clock.elapse(21)
    assert (await scripts.look("b"))[:1] == [b"lease"]


async def test_an_answer_that_is_no_longer_fresh_by_the_clock_of_the_caller_is_fetched_and_not_sent(
    scripts: AnswerScripts,
) -> None:
    _, token = await scripts.begin("a")
    await scripts.finish("a", token)
    reply = await scripts.look("b", cached=token)
    assert (reply[0], reply[4], int(reply[5])) == (b"lease", None, token)
    assert (await scripts.begin("c", cached=token - 1))[0] == "fresh"


async def test_tokens_grow_whatever_the_clock_does(scripts: AnswerScripts) -> None:
    _, first = await scripts.begin("a")
    await scripts.end("a")
    scripts.server.skew -= 60
    _, second = await scripts.begin("b")
    await scripts.end("b")
    assert second > first
    scripts.server.skew += 60.5
    scripts.server.clear()
    _, third = await scripts.begin("c")
    assert third > second


async def test_a_lease_that_is_registered_again_without_a_token_gets_one_that_grows(scripts: AnswerScripts) -> None:
    token = await scripts.renew("a", 0)
    assert await scripts.begin("a") == ("lease", token)
    await scripts.end("a")
    scripts.server.skew -= 60
    _, later = await scripts.begin("b")
    assert later > token > 0


async def test_a_renewal_lasts_a_lease_and_returns_the_token(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    for _ in range(3):
        await scripts.clock.elapse(LEASE_MS / 1000 - 0.1)
        assert await scripts.renew("a", 0) == token
        assert await scripts.begin("b") == ("remote", token)


async def test_a_lease_is_registered_again_with_its_token(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    scripts.server.clear()
    assert await scripts.renew("a", token) == token
    assert await scripts.begin("b") == ("remote", token)


async def test_a_renewal_takes_no_lease_of_another_owner_that_has_not_ended(scripts: AnswerScripts) -> None:
    _, former = await scripts.begin("a")
    await scripts.expire()
    _, token = await scripts.begin("b")
    assert await scripts.renew("a", former) == 0
    assert await scripts.begin("b") == ("lease", token)
    await scripts.expire()
    assert await scripts.renew("a", former) == former
    assert await scripts.begin("b") == ("remote", former)


async def test_only_the_owner_ends_a_lease(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    assert await scripts.end("b", b"failure") == 0
    assert await scripts.begin("b") == ("remote", token)
    assert await scripts.end("a") == 1
    assert (await scripts.begin("b"))[0] == "lease"


async def test_the_answer_of_a_former_owner_leaves_the_lease_and_wakes_those_who_wait(scripts: AnswerScripts) -> None:
    _, former = await scripts.begin("a")
    await scripts.expire()
    await scripts.begin("b")
    await scripts.begin("c")
    assert (await scripts.finish("a", former))[0] == 1
    assert scripts.notices == [b"call"]
    assert await scripts.end("b") == 1


async def test_the_answer_of_a_former_owner_replaces_no_newer_one_although_it_is_fresh_for_longer(
    scripts: AnswerScripts,
) -> None:
    _, former = await scripts.begin("a")
    await scripts.expire()
    _, token = await scripts.begin("b")
    assert (await scripts.finish("b", token))[0] == 1
    assert (await scripts.finish("a", former, fresh=30_000))[0] == 0
    assert int((await scripts.look("c"))[5]) == token


async def test_an_answer_replaces_none_that_is_fresh_for_longer(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.finish("a", token)
    assert (await scripts.finish("b", token + 1, fresh=10_000))[0] == 0
    assert (await scripts.finish("b", token + 1, fresh=30_000))[0] == 1


async def test_an_answer_that_was_fetched_without_the_store_replaces_an_older_one(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.finish("a", token)
    assert (await scripts.finish("b", 0, fresh=30_000))[0] == 1


async def test_an_owner_that_never_heard_of_its_token_stores_it_with_the_answer(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.finish("a", 0)
    assert int((await scripts.look("b"))[5]) == token


@pytest.mark.parametrize("refusal", [{"limit": SIZE - 1}, {"usable": 0}])
async def test_an_answer_that_is_too_large_or_too_old_is_not_stored(
    scripts: AnswerScripts, refusal: dict[str, int]
) -> None:
    _, token = await scripts.begin("a")
    assert await scripts.finish("a", token, **refusal) == [0, 0]
    assert (await scripts.begin("b"))[0] == "lease"


async def test_an_answer_that_replaces_another_is_counted_once(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.finish("a", token, fresh=10_000)
    assert await scripts.finish("a", token + 1, fresh=20_000) == [1, SIZE]


async def test_nothing_stays_for_ever_and_the_index_outlasts_the_answers(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.begin("b")
    await scripts.end("a", b"failure")
    assert 0 < scripts.milliseconds_to_live(LEASE) <= 5000
    await scripts.finish("a", token)
    assert 0 < scripts.milliseconds_to_live(ANSWER) <= 90_000
    assert scripts.milliseconds_to_live(INDEX) > DAY_MS
    assert scripts.milliseconds_to_live(SIZES) > DAY_MS
    assert 0 < scripts.milliseconds_to_live(FENCE) <= DAY_MS


async def test_a_failure_is_that_of_the_fetch_that_was_waited_for(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.begin("b")
    await scripts.end("a", b"failure")
    assert scripts.notices == [b"call"]
    reply = await scripts.look("b", waited=token)
    assert (reply[0], reply[3]) == (b"failed", b"failure")
    state, later = await scripts.begin("c", waited=token - 1)
    assert state == "lease"
    assert (await scripts.look("b", waited=later))[0] == b"remote"


async def test_a_lease_that_is_given_up_goes_to_one_who_waits(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.begin("b")
    await scripts.end("a")
    assert scripts.notices == [b"call"]
    assert (await scripts.begin("b", waited=token))[0] == "lease"


@pytest.mark.parametrize("ends", ["finish", "end"])
async def test_without_anybody_who_waits_nobody_is_woken_and_no_failure_is_stored(
    scripts: AnswerScripts, ends: str
) -> None:
    _, token = await scripts.begin("a")
    await scripts.begin("b")
    await scripts.expire()
    _, token = await scripts.begin("b")
    await (scripts.finish("b", token) if ends == "finish" else scripts.end("b", b"failure"))
    assert (scripts.notices, scripts.has_field(LEASE, "failure")) == ([], False)


@pytest.mark.parametrize("ends", ["finish", "end"])
async def test_those_who_wait_are_woken_once(scripts: AnswerScripts, ends: str) -> None:
    _, token = await scripts.begin("a")
    await scripts.begin("b")
    await (scripts.finish("a", token) if ends == "finish" else scripts.end("a", b"failure"))
    await scripts.finish("c", token)
    assert scripts.notices == [b"call"]


async def test_each_more_urgent_caller_hurries_the_owner_once_and_with_its_priority(scripts: AnswerScripts) -> None:
    await scripts.begin("a", priority=2)
    for priority in (2, 1, 1, 0, 1):
        await scripts.begin("b", priority=priority)
    assert scripts.notices == [b"call!1", b"call!0"]


async def test_a_survey_tells_of_fresh_answers_and_of_leases_that_have_not_ended(scripts: AnswerScripts) -> None:
    assert not await scripts.is_shared()
    _, token = await scripts.begin("a")
    assert await scripts.is_shared()
    await scripts.expire()
    assert not await scripts.is_shared()
    await scripts.finish("a", token)
    assert await scripts.is_shared()
    await scripts.clock.elapse(21)
    assert not await scripts.is_shared()


async def test_the_oldest_answers_are_evicted_beyond_the_limit_and_until_enough_is_free(scripts: AnswerScripts) -> None:
    scripts.store_sizes({"first": 10, "second": 20, "third": 30, "fourth": 40})
    assert await scripts.evict(90) == [b"first"]
    assert await scripts.evict(90) == []
    assert scripts.sizes() == {"second": 20, "third": 30, "fourth": 40, "total": 90}
    assert await scripts.evict(90, 25) == [b"second", b"third"]
    assert scripts.sizes() == {"fourth": 40, "total": 40}
    assert await scripts.evict(0) == [b"fourth"]
    assert scripts.sizes() == {"total": 0}


async def test_no_more_than_a_thousand_answers_are_evicted_at_a_time(scripts: AnswerScripts) -> None:
    scripts.store_sizes({f"{number:04}": 1 for number in range(1500)})
    assert [len(await scripts.evict(0)) for _ in range(3)] == [1000, 500, 0]


async def test_an_answer_that_the_store_gets_late_is_fresh_for_no_longer(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.clock.elapse(1.0 + 15.0)  # the store stands still once the answer has come
    await scripts.finish("a", token, since=1_000)
    *_, age, fresh, _, usable = await scripts.look("b")
    assert (age, fresh, usable) == (15_000, 5_000, 75_000)


async def test_an_answer_that_the_store_gets_too_late_is_not_stored(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.clock.elapse(1.0 + 90.0)
    assert (await scripts.finish("a", token, since=1_000))[0] == 0


async def test_an_answer_in_time_has_the_times_that_its_owner_states(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.clock.elapse(1.0 + 0.4)
    await scripts.finish("a", token, since=1_000)
    *_, age, fresh, _, usable = await scripts.look("b")
    assert (age, fresh, usable) == (0, 20_000, 90_000)


async def test_a_store_whose_clock_is_set_back_delays_no_answer(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    await scripts.clock.elapse(1.0)
    await scripts.finish("a", token + 3_600_000_000, since=1_000)
    *_, age, fresh, _, usable = await scripts.look("b")
    assert (age, fresh, usable) == (0, 20_000, 90_000)
