"""The budget of a caller is one over all replicas, and a replica alone has a part of it."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callers.budgets import DAY, MINUTE, BudgetExceeded, Reservation
from callers.caller import Budget, Caller
from cg_client.clock import Clock
from cg_client.secret import Secret
from shared.budgets import ledger as budget_ledger
from shared.budgets.shared_budgets import CAUTIOUS_SECONDS, SharedBudgets
from shared.budgets.windows import BudgetNames
from shared.store.address import parse_address
from shared.store.commands import Argument, StoreReply
from shared.store.errors import StoreAway
from shared.store.script import LuaScript
from shared.store.store import Store
from tests.clock import FakeClock
from tests.shared.fact_replicas import until
from tests.store_server import StoreServer, running_store

LIMIT = 10
REPLICAS = 3
BUDGET = Budget(calls_per_minute=LIMIT)
NAMES = BudgetNames(Secret("the-key"), "https://a.example")
callers = (Caller(f"ann-{number}") for number in itertools.count())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    with running_store(tmp_path_factory.mktemp("store")) as started:
        yield started


class SwitchedStore(Store):
    """A store that one replica cannot reach, or whose replies are lost."""

    is_cut = loses_replies = False

    @property
    def is_away(self) -> bool:
        return self.is_cut or super().is_away

    async def run(self, script: LuaScript, keys: Sequence[str], args: Sequence[Argument] = ()) -> StoreReply:
        if self.is_cut:
            raise StoreAway("cut")
        reply = await super().run(script, keys, args)
        if self.loses_replies:
            raise StoreAway("lost")
        return reply


class Spender:
    """A replica that spends one caller's budget. `sent`: calls that it reserved, or that were sent of them."""

    def __init__(self, server: StoreServer, store: SwitchedStore, caller: Caller, clock: Clock, budget: Budget) -> None:
        self.store_server, self.store, self.caller = server, store, caller
        self.budgets = SharedBudgets(budget, clock, store, NAMES, lambda: REPLICAS)
        self.sent = 0
        self.running: list[list[Reservation]] = []

    @property
    def allowance(self) -> Any:
        return self.budgets.allowance(self.caller)

    async def reserve(self, calls: int, values: int = 0) -> list[Reservation]:
        reserved = self.allowance.charge(calls, values)
        reservations: list[Reservation] = reserved if isinstance(reserved, list) else await reserved
        self.running.append(reservations)
        self.sent += calls
        return reservations

    async def is_reserved(self, calls: int) -> bool:
        try:
            await self.reserve(calls)
        except BudgetExceeded:
            return False
        return True

    def end(self, share: float) -> None:
        """End the oldest operation, which sent a part of what it reserved."""
        if self.running:
            for reservation in self.running.pop(0):
                sent = int(reservation.amount * share)
                self.sent += sent - reservation.amount
                reservation.correct(sent)

    async def state(self) -> None:
        """State what was corrected."""
        await self.budgets._flush()

    async def state_all(self) -> None:
        self.allowance.ledger.note_change()
        await self.state()


@contextlib.asynccontextmanager
async def spenders(
    server: StoreServer, clock: FakeClock | None = None, budget: Budget = BUDGET, count: int = REPLICAS
) -> AsyncIterator[list[Spender]]:
    """Run replicas that have been connected for a while."""
    caller = next(callers)
    async with contextlib.AsyncExitStack() as stack:
        result = []
        for _ in range(count):
            store = SwitchedStore(parse_address(server.url), Clock())
            spender_clock = clock or FakeClock()
            result.append(Spender(server, store, caller, spender_clock, budget))
            await store.start()
            stack.push_async_callback(store.close)
            spender_clock.advance(CAUTIOUS_SECONDS)
        yield result


async def refusal(spender: Spender, calls: int, values: int = 0) -> BudgetExceeded:
    with pytest.raises(BudgetExceeded) as exceeded:
        await spender.reserve(calls, values)
    return exceeded.value


async def test_what_one_replica_spends_is_spent_for_all(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        await ann.reserve(7)
        refused = await refusal(bob, 4)
        assert str(refused) == "This operation could take 4 upstream calls, and 3 of your 10 per minute are left."
        assert refused.retry_after == pytest.approx(MINUTE, abs=5)
        assert refused.limit == "calls_per_minute"
        await bob.reserve(3)


async def test_an_operation_larger_than_the_budget_has_no_time_to_retry(server: StoreServer) -> None:
    async with spenders(server) as (ann, *_):
        assert (await refusal(ann, LIMIT + 1)).retry_after is None


async def test_a_refused_operation_spends_nothing_in_any_window(server: StoreServer) -> None:
    async with spenders(server, budget=Budget(calls_per_minute=10, values_per_day=5)) as (ann, bob, _):
        await ann.reserve(1, 1)
        refused = await refusal(bob, 3, 5)
        assert refused.limit == "values_per_day"
        assert refused.retry_after == pytest.approx(DAY, abs=5)
        await bob.reserve(9, 4)


async def test_calls_that_were_not_sent_are_free_for_other_replicas(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        await ann.reserve(10)
        ann.end(0.2)
        await ann.state()
        await bob.reserve(8)
        await refusal(bob, 1)


async def test_late_calls_count_for_all_replicas(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        await ann.reserve(8)
        ann.allowance.spend_call()
        await ann.state()
        await refusal(bob, 2)
        await bob.reserve(1)


def end_window(group: Sequence[Spender]) -> None:
    """Let the window end at all replicas and in the store."""
    for spender in group:
        (window,) = spender.allowance.windows
        spender.store_server.command("DEL", window.name)
        window.id, window.ends_at = min(window.id, 1), 0.0


async def test_the_next_window_has_the_whole_budget(server: StoreServer) -> None:
    async with spenders(server) as group:
        ann, bob, _ = group
        await ann.reserve(10)
        end_window(group)
        await bob.reserve(7)
        await ann.reserve(3)
        ann.end(0)  # of the window before
        await ann.state()
        await refusal(bob, 1)


async def test_a_correction_while_a_script_runs_is_not_lost(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        await ann.reserve(5)
        reserving = asyncio.create_task(ann.reserve(2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the script is sent
        ann.end(0)
        await reserving
        assert ann.allowance.windows[0].used == 2
        await ann.state()
        await refusal(bob, 9)
        await bob.reserve(8)


async def test_a_window_that_ends_without_the_store_is_over(server: StoreServer) -> None:
    clock = FakeClock()
    async with spenders(server, clock) as (ann, bob, _):
        ann.store.is_cut = True
        await ann.reserve(3)
        await refusal(ann, 1)
        clock.advance(MINUTE)
        await ann.reserve(3)
        await refusal(ann, 1)
        ann.store.is_cut = False
        await ann.state()
        await refusal(bob, 8)
        await bob.reserve(7)


async def test_windows_that_began_apart_become_one_that_ends_last(server: StoreServer) -> None:
    clock = FakeClock()
    async with spenders(server, clock) as (ann, bob, cat):
        for spender in (ann, bob):
            spender.store.is_cut = True
            await spender.reserve(3)
            clock.advance(20)
        for spender in (ann, bob):
            spender.store.is_cut = False
            await spender.state()
        assert (await refusal(cat, 5)).retry_after == pytest.approx(40, abs=5)
        assert (await refusal(ann, 5)).retry_after == pytest.approx(40, abs=5)
        await cat.reserve(4)


async def test_operations_at_a_time_are_reserved_by_few_scripts(server: StoreServer) -> None:
    async with spenders(server) as (ann, *_):
        results = await asyncio.gather(*(ann.is_reserved(1) for _ in range(50)))
        assert results == [True] * LIMIT + [False] * (50 - LIMIT)
        assert ann.budgets.counts == {"shared": 50}
        assert ann.allowance.ledger._statements <= 2


async def test_an_operation_whose_client_leaves_gives_back_what_it_reserves(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        for cycles in range(12):  # of the event loop, at any of which the client may leave
            leaving = asyncio.create_task(ann.reserve(LIMIT))
            for _ in range(cycles):
                await asyncio.sleep(0)
            leaving.cancel()
            await asyncio.wait({leaving})
            if not leaving.cancelled():
                ann.end(0)
            await ann.allowance.ledger.report()
            await ann.state()
        assert await bob.is_reserved(LIMIT)


async def test_a_replica_alone_has_its_part_of_what_is_left(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, cat):
        await ann.reserve(4)
        await bob.reserve(0)  # so that it knows of them
        for spender in (ann, bob, cat):
            spender.store.is_cut = True
        for spender, part in ((ann, 2), (bob, 2), (cat, 3)):  # the last knows of nothing
            assert [await spender.is_reserved(1) for _ in range(4)] == [True] * part + [False] * (4 - part)
        assert bob.budgets.counts["shared"] == 1


async def test_a_budget_smaller_than_the_number_of_replicas_serves_each_alone(server: StoreServer) -> None:
    async with spenders(server, budget=Budget(calls_per_minute=1)) as group:
        for spender in group:
            spender.store.is_cut = True
            assert [await spender.is_reserved(1) for _ in range(2)] == [True, False]


async def test_what_was_spent_alone_counts_after_the_return(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        for spender in (ann, bob):
            spender.store.is_cut = True
            await spender.reserve(3)
            spender.store.is_cut = False
        await ann.state()
        await bob.state()
        await refusal(bob, 5)
        await bob.reserve(4)


async def test_after_the_return_both_the_store_and_the_part_decide(server: StoreServer) -> None:
    clock = FakeClock()
    async with spenders(server, clock) as (ann, *_):
        ann.store.is_cut = True
        await ann.reserve(3)
        ann.store.is_cut = False
        await ann.budgets._return(ann.store)
        refused = await refusal(ann, 1)
        assert refused.retry_after is not None
        assert refused.retry_after <= CAUTIOUS_SECONDS
        clock.advance(CAUTIOUS_SECONDS)
        await ann.reserve(7)


async def test_operations_that_come_together_after_the_return_have_one_part(server: StoreServer) -> None:
    clock = FakeClock()
    async with spenders(server, clock) as (ann, *_):
        await ann.reserve(1)
        await ann.budgets._return(ann.store)
        for part in (3, 0):
            results = await asyncio.gather(*(ann.is_reserved(1) for _ in range(9)))
            assert results == [True] * part + [False] * (9 - part)
        clock.advance(CAUTIOUS_SECONDS)
        await ann.reserve(6)


async def test_a_window_that_begins_after_the_return_has_no_second_part(server: StoreServer) -> None:
    async with spenders(server) as (ann, *_):
        await ann.budgets._return(ann.store)
        for part in (3, 0):
            results = await asyncio.gather(*(ann.is_reserved(1) for _ in range(9)))
            assert results == [True] * part + [False] * (9 - part)


async def test_a_replica_that_spent_nothing_leaves_others_what_they_have_not_stated_yet(server: StoreServer) -> None:
    clock = FakeClock()
    async with spenders(server, clock) as (ann, bob, _):
        ann.store.is_cut = True
        await ann.reserve(3)
        await bob.budgets._return(bob.store)
        assert [await bob.is_reserved(1) for _ in range(4)] == [True] * 3 + [False]
        ann.store.is_cut = False
        await ann.state()
        clock.advance(CAUTIOUS_SECONDS)
        assert [await bob.is_reserved(1) for _ in range(5)] == [True] * 4 + [False]


async def test_corrections_wait_for_the_store_for_as_many_callers_as_have_budgets(
    server: StoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("callers.budgets", "shared.budgets.ledger"):
        monkeypatch.setattr(f"{module}.MAX_ALLOWANCES", 2)
    async with spenders(server) as (ann, bob, _):
        ann.store.is_cut = True
        group = [next(callers) for _ in range(3)]
        for ann.caller in group:
            await ann.reserve(3)
        assert len(ann.budgets._state.changed) == 2
        ann.store.is_cut = False
        await ann.state()
        rest = []
        for bob.caller in group:
            rest.append([await bob.is_reserved(1) for _ in range(LIMIT)].count(True))
        assert rest == [10, 7, 7]


async def test_an_emptied_store_learns_again_what_was_spent(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, cat):
        await ann.reserve(4)
        await bob.reserve(3)
        server.command("FLUSHALL")
        await refusal(bob, 4)  # it knows of both
        await ann.reserve(0)
        await refusal(cat, 4)
        await cat.reserve(3)


async def test_what_a_replica_knows_of_others_counts_in_an_emptied_store(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, cat):
        await ann.reserve(4)
        await cat.reserve(2)
        await bob.reserve(3)
        server.command("FLUSHALL")
        await ann.state_all()  # it knows of nobody else
        await bob.state_all()
        await refusal(ann, 2)  # although the third replica has stated nothing
        await cat.state_all()
        await ann.reserve(1)


async def test_a_lost_reply_does_not_count_twice(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        ann.store.loses_replies = True
        await ann.reserve(3)  # alone
        ann.store.loses_replies = False
        await ann.state()
        await refusal(bob, 8)
        await bob.reserve(7)


async def test_a_late_statement_changes_nothing(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        await ann.reserve(2)
        window = ann.allowance.windows[0]
        early = [ann.allowance.ledger._replica, 1, *window.statement(0), 5, 0]
        await ann.reserve(2)
        assert await ann.store.run(budget_ledger._RESERVE, [window.name], early) == []
        await refusal(bob, 7)
        await bob.reserve(6)


async def test_without_memory_in_the_store_a_replica_has_its_part(server: StoreServer) -> None:
    async with spenders(server) as (ann, *_):
        server.fill_memory()
        try:
            assert [await ann.is_reserved(1) for _ in range(4)] == [True] * 3 + [False]
            await ann.state()
        finally:
            server.free_memory()
        await ann.state()
        await refusal(ann, 8)


async def test_a_changed_budget_applies_to_what_was_spent(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        ann.caller = Caller(ann.caller.name, Budget(calls_per_minute=5))
        await ann.reserve(5)
        ann.caller = Caller(ann.caller.name, Budget(calls_per_minute=8, values_per_day=100))
        await refusal(ann, 4)
        await ann.reserve(3, 100)
        ann.end(0)
        await ann.state()
        assert await bob.is_reserved(7)


async def test_a_changed_budget_applies_to_what_was_spent_alone(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        ann.store.is_cut = True
        await ann.reserve(3)
        ann.caller = Caller(ann.caller.name, Budget(calls_per_minute=9))
        await refusal(ann, 1)
        ann.store.is_cut = False
        ann.end(0)
        await ann.state()
        await bob.reserve(10)


async def test_a_replica_that_forgot_a_caller_does_not_refund_it(
    server: StoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callers.budgets.MAX_ALLOWANCES", 1)
    async with spenders(server) as (ann, *_):
        await ann.reserve(7)
        ann.budgets.allowance(Caller("somebody else"))
        await refusal(ann, 4)
        await ann.reserve(3)


async def test_the_closing_replica_states_what_it_did_not_spend(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        await ann.budgets.start()
        await ann.reserve(10)
        ann.end(0)
        await ann.budgets.close()
        assert await bob.is_reserved(10)


async def test_corrections_are_stated_without_another_operation(server: StoreServer) -> None:
    async with spenders(server) as (ann, bob, _):
        await ann.budgets.start()
        await ann.reserve(10)
        ann.end(0)
        await until(lambda: not ann.budgets._state.changed)
        assert await bob.is_reserved(10)
        await ann.budgets.close()


async def test_no_name_of_a_caller_is_in_the_store_and_all_expires(server: StoreServer) -> None:
    async with spenders(server) as (ann, *_):
        await ann.reserve(1)
        assert ann.caller.name.encode() not in server.command("KEYS", "*")
        name = ann.allowance.windows[0].name
        assert ann.caller.name.encode() not in server.command("HGETALL", name)
        lifetime = await ann.store.execute("PTTL", name)
        assert isinstance(lifetime, int)
        assert 0 < lifetime <= MINUTE * 1000
        assert name != BudgetNames(Secret("another"), "https://a.example").window(ann.caller.name, "calls", "minute")
        assert name != BudgetNames(Secret("the-key"), "https://b.example").window(ann.caller.name, "calls", "minute")


steps = st.one_of(
    st.tuples(st.just("reserve"), st.lists(st.tuples(st.integers(0, REPLICAS - 1), st.integers(0, 6)), max_size=4)),
    st.tuples(st.just("end"), st.tuples(st.integers(0, REPLICAS - 1), st.floats(0, 1))),
    st.tuples(st.just("cut"), st.integers(0, REPLICAS - 1)),
    st.tuples(st.just("lose replies"), st.integers(0, REPLICAS - 1)),
    st.tuples(st.just("return"), st.none()),
    st.tuples(st.just("empty"), st.none()),
)


class Shared:
    """Replicas, and what is true of them. `is_exact`: the store knows exactly what was spent."""

    def __init__(self, server: StoreServer, group: list[Spender]) -> None:
        self.server, self.group = server, group
        self.is_exact, self.was_emptied = True, False

    @property
    def sent(self) -> int:
        return sum(spender.sent for spender in self.group)

    @property
    def is_whole(self) -> bool:
        return not any(spender.store.is_cut or spender.store.loses_replies for spender in self.group)

    async def take(self, kind: str, detail: Any) -> None:
        match kind:
            case "reserve":
                await self.reserve(detail)
            case "end":
                self.group[detail[0]].end(detail[1])
                self.is_exact = False
            case "cut":
                self.group[detail].store.is_cut = True
            case "lose replies":
                self.group[detail].store.loses_replies = True
            case "return":
                await self.come_back()
            case "empty":
                self.server.command("FLUSHALL")
                self.is_exact, self.was_emptied = False, True

    async def reserve(self, operations: Sequence[tuple[int, int]]) -> None:
        if not self.is_whole:
            self.is_exact = False
        before = self.sent
        results = await asyncio.gather(*(self.group[index].is_reserved(calls) for index, calls in operations))
        if not self.is_exact:
            return
        assert self.sent <= LIMIT or self.sent == before
        refused = [calls for (_, calls), reserved in zip(operations, results, strict=True) if not reserved]
        assert self.was_emptied or all(self.sent + calls > LIMIT for calls in refused)

    async def come_back(self) -> None:
        for spender in self.group:
            spender.store.is_cut = spender.store.loses_replies = False
        for spender in self.group:
            await spender.state_all()
        self.is_exact = True


@given(st.lists(steps, max_size=25))
@settings(max_examples=60)
def test_no_more_is_spent_than_the_budget_whatever_happens(server: StoreServer, sequence: list[Any]) -> None:
    """With the store there and all replicas' statements in it, it neither exceeds the budget nor refuses what fits."""

    async def run() -> None:
        async with spenders(server) as group:
            shared = Shared(server, group)
            for kind, detail in sequence:
                await shared.take(kind, detail)

    asyncio.run(run())


@given(
    st.lists(st.tuples(st.integers(0, REPLICAS - 1), st.integers(0, 6)), max_size=6),
    st.lists(st.tuples(st.integers(0, REPLICAS - 1), st.integers(0, 6)), max_size=12),
)
@settings(max_examples=60)
def test_alone_replicas_exceed_the_budget_by_no_more_than_they_could_not_know(
    server: StoreServer, before: list[tuple[int, int]], alone: list[tuple[int, int]]
) -> None:
    async def run() -> None:
        async with spenders(server) as group:
            for index, calls in before:
                await group[index].is_reserved(calls)
            sent = sum(spender.sent for spender in group)
            unseen = sum(sent - spender.allowance.windows[0].used for spender in group)
            for spender in group:
                spender.store.is_cut = True
            for index, calls in alone:
                await group[index].is_reserved(calls)
            assert sum(spender.sent for spender in group) <= LIMIT + unseen / REPLICAS + 1

    asyncio.run(run())


@given(
    st.lists(st.tuples(st.integers(0, REPLICAS - 1), st.lists(st.integers(0, 6), max_size=4)), max_size=6),
    st.lists(st.tuples(st.integers(0, REPLICAS - 1), st.lists(st.integers(0, 6), max_size=4)), max_size=12),
    st.permutations(range(REPLICAS)),
)
@settings(max_examples=60)
def test_replicas_that_return_one_by_one_exceed_the_budget_by_no_more_than_those_alone(
    server: StoreServer,
    alone: list[tuple[int, list[int]]],
    returned: list[tuple[int, list[int]]],
    order: list[int],
) -> None:
    async def reserve(group: list[Spender], operations: list[tuple[int, list[int]]]) -> None:
        for index, calls in operations:
            await asyncio.gather(*(group[index].is_reserved(count) for count in calls))

    async def run() -> None:
        async with spenders(server) as group:
            for spender in group:
                spender.store.is_cut = True
            await reserve(group, alone)
            for index in order:
                group[index].store.is_cut = False
                await group[index].budgets._return(group[index].store)
                await reserve(group, returned)
            assert sum(spender.sent for spender in group) <= LIMIT

    asyncio.run(run())
