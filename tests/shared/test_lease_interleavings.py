"""Over any interleaving of replicas, losses and deaths no call is sent twice without a lost holder.

Each waiting caller gets an answer, true and in time.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cg_client.call import Call
from cg_client.entries import MAX_STALE
from cg_client.errors import CoinglassError, NotFound, UpstreamTimeout, UpstreamUnavailable
from tests.clock import SteppedClock
from tests.shared.replicas import LIFETIME, PausedUpstream, Replica, SentCall, run_ready, shared_call
from tests.shared.stepped_store import Loss, SteppedServer
from tests.store_server import StoreServer, running_store

REPLICAS = 3
CALLS = (shared_call("BTC"), shared_call("ETH"))
LATE = 0.5  # seconds after the deadline in which an answer is in time
BETWEEN_LOSSES = 1.5  # seconds: a replica that loses more loses its lease
ROUNDING = 0.01  # seconds: the scripts count milliseconds


class WaitingCaller:
    """Waits for a call."""

    def __init__(self, replica: Replica, call: Call, patience: float, *, grace: bool) -> None:
        self.replica, self.call = replica, call
        self.since = replica.clock.monotonic()
        self.answer = replica.get(call, patience, grace=grace)


class LeaseMachine(RuleBasedStateMachine):
    server: StoreServer

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = SteppedClock()
        self.upstream = PausedUpstream(self.clock)
        self.replicas: list[Replica] = []
        self.callers: list[WaitingCaller] = []
        self.lost: set[SentCall] = set()  # requests whose replica died, or whose lease went with the data of the store
        self.answered: dict[int, tuple[SentCall, float]] = {}
        self.shared: dict[Call, SentCall] = {}  # the newest answer that the store has, or gets soon
        self.checked = 0  # of the requests
        # Who joins a fetch in the same replica ends by the time of the event loop, which does not pass here.
        self.latest: dict[tuple[Replica, Call], float] = {}

    @initialize(skew=st.floats(-2, 2))
    def start(self, skew: float) -> None:
        self.store = SteppedServer(self.server, self.clock, skew)
        self.run(lambda: self.replicas.extend(self._replica() for _ in range(REPLICAS)))

    def _replica(self) -> Replica:
        return Replica(self.store, self.upstream, self.clock)

    def run(self, act: Callable[[], object]) -> None:
        """Act, and let everything run that can."""

        async def ready() -> None:
            result = act()
            if asyncio.iscoroutine(result):
                await result
            for _ in range(3):
                await run_ready()

        self.runner.run(ready())

    @rule(
        at=st.integers(0, REPLICAS - 1),
        call=st.sampled_from(CALLS),
        patience=st.sampled_from((0.6, 4.0, 15.0)),
        grace=st.booleans(),
        loss=st.none() | st.sampled_from(Loss),
    )
    def request(self, at: int, call: Call, patience: float, grace: bool, loss: Loss | None) -> None:
        if loss is not None:
            self.lose(at, loss)
        replica = self.replicas[at]
        self.run(lambda: self.callers.append(WaitingCaller(replica, call, patience, grace=grace)))
        deadline = self.clock.monotonic() + patience
        self.latest[replica, call] = max(deadline, self.latest.get((replica, call), 0.0))

    @precondition(lambda self: self.callers)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        caller = self.callers.pop(data.draw(st.integers(0, len(self.callers) - 1)))
        self.run(caller.answer.cancel)

    @precondition(lambda self: self.upstream.pending)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        sent = data.draw(st.sampled_from(self.upstream.pending))
        self.answered[sent.number] = sent, self.clock.monotonic()
        self.shared[sent.call] = sent
        self.run(sent.answer)

    @precondition(lambda self: self.upstream.pending)
    @rule(data=st.data(), failure=st.sampled_from((NotFound, UpstreamUnavailable, UpstreamTimeout)))
    def fail(self, data: st.DataObject, failure: Callable[[str], CoinglassError]) -> None:
        sent = data.draw(st.sampled_from(self.upstream.pending))
        self.run(lambda: sent.fail(failure("no answer")))

    @rule(seconds=st.sampled_from((0.01, 0.2, 0.7, 1.5, 3.5, LIFETIME + 1.0)))
    def elapse(self, seconds: float) -> None:
        self.run(lambda: self.clock.elapse(seconds))

    @rule(at=st.integers(0, REPLICAS - 1))
    def kill(self, at: int) -> None:
        killed = self.replicas[at]
        killed.store.die()
        self.lost |= {sent for sent in self.upstream.sent if sent.replica is killed}
        self.callers = [caller for caller in self.callers if caller.replica is not killed]
        self.run(killed.close)
        self.run(lambda: self.replicas.__setitem__(at, self._replica()))

    @rule(at=st.integers(0, REPLICAS - 1), loss=st.sampled_from(Loss))
    def lose(self, at: int, loss: Loss) -> None:
        store = self.replicas[at].store
        if self.clock.monotonic() - store.lost_at >= BETWEEN_LOSSES:
            store.loss = loss

    @rule(at=st.integers(0, REPLICAS - 1), loses=st.booleans())
    def lose_notices(self, at: int, loses: bool) -> None:
        self.replicas[at].store.loses_notices = loses

    @rule()
    def empty(self) -> None:
        self.lost |= {*self.upstream.sent}
        self.store.clear()

    @invariant()
    def nothing_is_sent_twice_without_a_lost_holder(self) -> None:
        for call in CALLS:
            pending = [sent for sent in self.upstream.pending if sent.call == call and sent not in self.lost]
            assert len(pending) <= 1, [sent.number for sent in pending]

    @invariant()
    def nothing_is_sent_while_there_is_a_fresh_answer(self) -> None:
        for sent in self.upstream.sent[self.checked :]:
            newest = self.shared.get(sent.call)
            if newest is not None and newest not in self.lost:
                assert sent.at >= self.answered[newest.number][1] + LIFETIME - ROUNDING
        self.checked = len(self.upstream.sent)

    @invariant()
    def every_caller_is_answered_in_time(self) -> None:
        for caller in [*self.callers]:
            if caller.answer.done():
                self.callers.remove(caller)
                self._check(caller)
            else:
                latest = self.latest[caller.replica, caller.call]
                assert self.clock.monotonic() <= latest + LATE or self._waits_for_upstream(caller)

    def _waits_for_upstream(self, caller: WaitingCaller) -> bool:
        """Whether its own replica waits for the upstream; the layers that would end that are not here."""
        return any((sent.replica, sent.call) == (caller.replica, caller.call) for sent in self.upstream.pending)

    def _check(self, caller: WaitingCaller) -> None:
        error = caller.answer.exception()
        if error is not None:
            assert isinstance(error, CoinglassError)
            return
        answer = caller.answer.result()
        sent, at = self.answered[answer.value]
        assert sent.call == caller.call
        assert answer.fresh_until == pytest.approx(at + LIFETIME, abs=ROUNDING)
        assert caller.since < answer.fresh_until + (MAX_STALE if answer.stale else 0.0)

    def teardown(self) -> None:
        for caller in self.callers:
            self.run(caller.answer.cancel)
        for replica in self.replicas:
            self.run(replica.close)
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
        max_examples=40,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    run_state_machine_as_test(OverServer, settings=quick)
