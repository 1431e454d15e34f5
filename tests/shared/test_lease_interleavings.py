"""Over any interleaving of replicas, losses and deaths no call is sent twice without a lost holder.

Each waiting caller gets an answer, true and in time.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from cg_client.call import Call
from cg_client.entries import MAX_STALE
from cg_client.errors import CoinglassError, ConnectionsBusy, NotFound, UpstreamTimeout, UpstreamUnavailable
from shared.answers.answers import POLL_SECONDS, RETURN_SECONDS
from shared.answers.leases import LEASE_SECONDS, RENEWAL_SECONDS
from tests.clock import SteppedClock
from tests.shared.lease_watch import WatchedServer, WatchedUpstream
from tests.shared.replicas import LIFETIME, Replica, SentCall, run_ready, shared_call
from tests.shared.stepped_store import LATE, Loss
from tests.store_server import StoreServer, running_store

REPLICAS = 2
CALLS = (shared_call("BTC"),) * 5 + (shared_call("ETH"),)
LATEST = 0.5  # seconds after the deadline in which an answer is in time
BETWEEN_LOSSES = 1.5  # seconds: a replica that loses more loses its lease
DELAY = 0.5  # seconds, as in answers_finish.lua
ROUNDING = 0.01  # seconds: the scripts count milliseconds
FAILURES = (NotFound, UpstreamUnavailable, UpstreamTimeout, ConnectionsBusy)
FREQUENCIES = {
    "request": 16,
    "elapse": 18,
    "answer": 7,
    "fail": 5,
    "leave": 5,
    "lose": 6,
    "part": 3,
    "return": 4,
    "stop": 2,
    "kill": 1,
    "lose notices": 1,
    "empty": 1,
}
T = TypeVar("T")
ACTIONS = [action for action, frequency in FREQUENCIES.items() for _ in range(frequency)]


class WaitingCaller:
    """Waits for a call."""

    def __init__(self, replica: Replica, call: Call, patience: float, *, grace: bool) -> None:
        self.replica, self.call = replica, call
        self.since = replica.clock.monotonic()
        self.answer = replica.get(call, patience, grace=grace)


def some(data: st.DataObject, items: Sequence[T]) -> T:
    """Return one of them, which is reported by its index."""
    return items[data.draw(st.integers(0, len(items) - 1))]


class LeaseMachine(RuleBasedStateMachine):
    """Replicas lose operations, their way to the store, or their lives; what the store has is checked as well."""

    server: StoreServer

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = SteppedClock()
        self.replicas: list[Replica] = []
        self.former: list[Replica] = []
        self.callers: list[WaitingCaller] = []
        self.lost: set[SentCall] = set()  # requests that others cannot know of
        self.answered: dict[int, tuple[SentCall, float]] = {}
        self.shared: dict[Call, SentCall] = {}  # the newest answer that the store has, or gets soon
        self.emptied_at = -1e9
        self.checked = 0  # of the requests
        # Who joins a fetch in the same replica ends by the time of the event loop, which does not pass here.
        self.latest: dict[tuple[Replica, Call], float] = {}

    @initialize(skew=st.floats(-2, 2), lag=st.sampled_from((0.1, 0.1, 0.0)))
    def start(self, skew: float, lag: float) -> None:
        self.lag = lag
        self.store = WatchedServer(self.server, self.clock, skew)
        self.upstream = WatchedUpstream(self.clock, self.store)
        self.run(lambda: self.replicas.extend(self._replica() for _ in range(REPLICAS)))

    def _replica(self) -> Replica:
        replica = Replica(self.store, self.upstream, self.clock)
        replica.store.lag = self.lag
        return replica

    def run(self, act: Callable[[], object]) -> None:
        """Act, and let everything run that can."""

        async def ready() -> None:
            result = act()
            if asyncio.iscoroutine(result):
                await result
            for _ in range(3):
                await run_ready()

        self.runner.run(ready())

    @rule(action=st.sampled_from(ACTIONS), data=st.data())
    def act(self, action: str, data: st.DataObject) -> None:
        """Do what is drawn. Rules of their own would be left out of most examples, those that send as well."""
        actions: dict[str, Callable[[st.DataObject], None]] = {
            "request": self.request,
            "elapse": self.elapse,
            "answer": self.answer,
            "fail": self.fail,
            "leave": self.leave,
            "lose": self.lose,
            "part": self.part,
            "return": self.return_all,
            "stop": self.stop,
            "kill": self.kill,
            "lose notices": self.lose_notices,
            "empty": self.empty,
        }
        actions[action](data)

    def _some_replica(self, data: st.DataObject) -> Replica:
        return some(data, self.replicas)

    def request(self, data: st.DataObject) -> None:
        replica, call = self._some_replica(data), some(data, CALLS)
        patience, grace = data.draw(st.sampled_from((15.0, 4.0, 0.6))), data.draw(st.booleans())
        self.run(lambda: self.callers.append(WaitingCaller(replica, call, patience, grace=grace)))
        deadline = self.clock.monotonic() + patience
        self.latest[replica, call] = max(deadline, self.latest.get((replica, call), 0.0))

    def elapse(self, data: st.DataObject) -> None:
        seconds = data.draw(st.sampled_from((0.06, 0.2, 0.7, 1.5, 3.5, 3.5, 0.01, LIFETIME + 1.0)))
        self.run(lambda: self.clock.elapse(seconds))

    def answer(self, data: st.DataObject) -> None:
        if not self.upstream.pending:
            return
        sent = some(data, self.upstream.pending)
        self.answered[sent.number] = sent, self.clock.monotonic()
        if not sent.replica.store.is_away and sent.replica.store.loss is None:
            self.shared[sent.call] = sent
        self.run(sent.answer)

    def fail(self, data: st.DataObject) -> None:
        if self.upstream.pending:
            sent, failure = some(data, self.upstream.pending), data.draw(st.sampled_from(FAILURES))
            self.run(lambda: sent.fail(failure("no answer")))

    def leave(self, data: st.DataObject) -> None:
        if self.callers:
            caller = some(data, self.callers)
            self.callers.remove(caller)
            self.run(caller.answer.cancel)

    def lose(self, data: st.DataObject) -> None:
        """Lose the next operation of a replica."""
        store = self._some_replica(data).store
        if self.clock.monotonic() - store.lost_at >= BETWEEN_LOSSES:
            store.loss = data.draw(st.sampled_from(Loss))

    def part(self, data: st.DataObject) -> None:
        """Let a replica go on without the store."""
        replica = self._some_replica(data)
        self._forget_answers(replica)
        self.run(replica.store.leave)

    def _forget_answers(self, replica: Replica) -> None:
        """Count those as not shared that may not have reached the store."""
        now = self.clock.monotonic()
        for call, sent in [*self.shared.items()]:
            if sent.replica is replica and now <= self.answered[sent.number][1] + self.lag:
                del self.shared[call]

    def return_all(self, _: st.DataObject) -> None:
        for replica in self.replicas:
            if replica.store.is_away:
                self.run(replica.store.begin_to_come_back)

    def kill(self, data: st.DataObject) -> None:
        killed = self._some_replica(data)
        self.former.append(killed)
        self.callers = [caller for caller in self.callers if caller.replica is not killed]
        self.lost |= {sent for sent in self.upstream.sent if sent.replica is killed}
        self._forget_answers(killed)
        self._end(killed)
        self.run(lambda: self.replicas.__setitem__(self.replicas.index(killed), self._replica()))

    def stop(self, data: st.DataObject) -> None:
        """End a replica that gives up its leases, and replace it."""
        stopped = self._some_replica(data)
        self.former.append(stopped)
        self.callers = [caller for caller in self.callers if caller.replica is not stopped]
        self.run(stopped.cache.close)
        self.run(lambda: self.replicas.__setitem__(self.replicas.index(stopped), self._replica()))

    def _end(self, replica: Replica) -> None:
        """End a replica without the second in which it would store what it has."""
        replica.store.die()
        for task in replica.answers._tasks:
            task.cancel()
        self.run(replica.close)

    def lose_notices(self, data: st.DataObject) -> None:
        store = self._some_replica(data).store
        store.loses_notices = not store.loses_notices

    def empty(self, _: st.DataObject) -> None:
        self.lost |= {*self.upstream.sent}
        self.emptied_at = self.clock.monotonic()
        self.shared.clear()
        self.store.clear()

    @invariant()
    def leases_hold(self) -> None:
        assert self.store.faults == []
        self._nothing_is_sent_twice_without_a_lost_holder()
        self._a_holder_with_a_store_has_its_lease()
        self._no_lease_is_of_nobody()
        self._every_caller_is_answered_in_time()

    def _nothing_is_sent_twice_without_a_lost_holder(self) -> None:
        for sent in self.upstream.sent[self.checked :]:
            seconds_away = self.upstream.seconds_away.get(sent.number, 0.0)
            if seconds_away >= RETURN_SECONDS - ROUNDING or sent.at <= self.emptied_at + self.lag:
                self.lost.add(sent)
                continue
            earlier = [other for other in self.upstream.pending if other.call == sent.call]
            earlier = [other for other in earlier if other.number < sent.number and other not in self.lost]
            valid = self.upstream.others[sent.number]
            twice = [other.number for other in earlier if self.upstream.owners[other.number] & valid]
            assert not twice, f"{twice} by {sent.number}"
            self._check_freshness(sent)
        self.checked = len(self.upstream.sent)

    def _check_freshness(self, sent: SentCall) -> None:
        """Check that nothing is sent while there is a fresh answer."""
        newest = self.shared.get(sent.call)
        if newest is not None:
            at = self.answered[newest.number][1]
            assert not at + self.lag + ROUNDING < sent.at < at + LIFETIME - self.lag - ROUNDING

    def _a_holder_with_a_store_has_its_lease(self) -> None:
        for sent in self.upstream.pending:
            owners = self.upstream.owners[sent.number]
            if sent in self.lost or owners & self.store.expired:
                continue
            seconds = max(RENEWAL_SECONDS + 2 * self.lag, self.clock.monotonic() - sent.at)
            if self._is_steady(sent.replica, seconds):
                assert owners & self.store.owners, f"{sent.number} has no lease"

    def _no_lease_is_of_nobody(self) -> None:
        everyone = [*self.replicas, *self.former]
        if all(self._is_steady(replica, LEASE_SECONDS + LATE) and not replica.store.in_flight for replica in everyone):
            renewed = {owner for replica in everyone for owner in replica.answers._renewals._leases}
            assert self.store.owners <= renewed

    def _is_steady(self, replica: Replica, seconds: float) -> bool:
        """Whether the replica has lost nothing for so long."""
        store = replica.store
        return (
            not store.is_away and self.clock.monotonic() - max(store.lost_at, store.away_since, store.back_at) > seconds
        )

    def _every_caller_is_answered_in_time(self) -> None:
        for caller in [*self.callers]:
            if caller.answer.done():
                self.callers.remove(caller)
                self._check(caller)
            elif not self._waits_for_upstream(caller):
                assert self.clock.monotonic() <= self.latest[caller.replica, caller.call] + LATEST
                assert not self._could_be_answered(caller)

    def _waits_for_upstream(self, caller: WaitingCaller) -> bool:
        """Whether its own replica waits for the upstream; the layers that would end that are not here."""
        return any((sent.replica, sent.call) == (caller.replica, caller.call) for sent in self.upstream.pending)

    def _could_be_answered(self, caller: WaitingCaller) -> bool:
        """Whether a notice has told its replica of an answer."""
        newest = self.shared.get(caller.call)
        if newest is None or caller.replica.store.loses_notices:
            return False
        now, at = self.clock.monotonic(), self.answered[newest.number][1]
        if at < self.emptied_at + POLL_SECONDS + RENEWAL_SECONDS:
            return False  # the store may not know that somebody waits
        is_noticed = max(at, caller.since) + 2 * self.lag + ROUNDING < now < at + LIFETIME - ROUNDING
        both = (caller.replica, newest.replica)
        return is_noticed and all(self._is_steady(replica, now - at + POLL_SECONDS) for replica in both)

    def _check(self, caller: WaitingCaller) -> None:
        error = caller.answer.exception()
        if error is not None:
            assert isinstance(error, CoinglassError)
            return
        answer = caller.answer.result()
        sent, at = self.answered[answer.value]
        assert sent.call == caller.call
        fresh_until = at + LIFETIME  # earlier if the lease was confirmed late, later by what no reply may take
        assert fresh_until - LATE - ROUNDING < answer.fresh_until < fresh_until + DELAY + ROUNDING
        assert caller.since < answer.fresh_until + (MAX_STALE if answer.stale else 0.0)

    def teardown(self) -> None:
        for caller in self.callers:
            self.run(caller.answer.cancel)
        for replica in [*self.replicas, *self.former]:
            self._end(replica)
        self.runner.close()
        self.store.close()


@pytest.fixture(scope="module")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    with running_store(Path(tmp_path_factory.mktemp("store"))) as server:
        yield server


def test_leases_hold_over_any_interleaving(valkey_server: StoreServer) -> None:
    class OverServer(LeaseMachine):
        server = valkey_server

    quick = settings(
        max_examples=300,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    run_state_machine_as_test(OverServer, settings=quick)
