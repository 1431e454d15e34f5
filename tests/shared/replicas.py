"""Replicas in one process: each has a cache and its view of the store; the upstream answers when a test says so."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cg_client.cache import Cache
from cg_client.call import Answer, AnyAnswer, Call, Fetched
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.decoding.decoder_names import named
from cg_client.entries import MemoryStore
from cg_client.errors import CoinglassError
from cg_client.params.core import CoinParams
from cg_client.quota.requester import SYSTEM, Requester
from cg_client.secret import Secret
from shared.answers.answers import LIMIT, Answers
from tests.cg_client.conftest import ENDPOINT
from tests.shared.stepped_store import SteppedServer, SteppedStore

CONFIG = ClientConfig(api_key=Secret("the-key-of-the-tests"))
LIFETIME = 20.0
PATIENCE = 15.0  # seconds of a caller
_CYCLES = 30  # of the event loop, in which everything that can run does


def number(data: msgspec.Raw, _anomalies: AnomalyCollector) -> int:
    return msgspec.json.decode(data, type=int)


named(number, "number of the tests")


def shared_call(symbol: str = "BTC") -> Call:
    return Call(ENDPOINT, CoinParams(symbol=symbol), number)


@dataclass(eq=False)
class SentCall:
    """A request that the upstream has; `number` is its answer, a higher one for each later request."""

    call: Call
    replica: "Replica"
    number: int
    at: float
    reply: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answer(self) -> None:
        self.reply.set_result(None)

    def fail(self, failure: CoinglassError) -> None:
        self.reply.set_exception(failure)


class PausedUpstream:
    """Lists the requests that it has not answered in `pending`, and all in `sent`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[SentCall] = []
        self.pending: list[SentCall] = []
        self._numbers = itertools.count(1)

    async def fetch(self, replica: "Replica", call: Call) -> Fetched:
        sent = SentCall(call, replica, next(self._numbers), self.clock.monotonic())
        self.sent.append(sent)
        self.pending.append(sent)
        try:
            await sent.reply
        finally:
            self.pending.remove(sent)
        answer = Answer(sent.number, call.endpoint, self.clock.now(), lifetime=LIFETIME)
        return Fetched(answer, 8, LIFETIME)


class Replica:
    def __init__(self, server: SteppedServer, upstream: PausedUpstream, clock: Clock, limit: int = LIMIT) -> None:
        self.clock, self.store = clock, SteppedStore(server, clock)
        self.answers = Answers.of(self.store, CONFIG, clock, limit)
        self.answers.start()
        self.requesters: list[Requester] = []

        async def fetch(call: Call, _deadline: float, requester: Requester) -> Fetched:
            self.requesters.append(requester)
            return await upstream.fetch(self, call)

        self.memory = MemoryStore(10**6)
        self.joined: list[tuple[Call, Requester]] = []  # fetches that are shared, and by whom
        self.cache = Cache(fetch, self.memory, clock, lambda *who: self.joined.append(who), second_tier=self.answers)

    def get(
        self,
        call: Call | None = None,
        patience: float = PATIENCE,
        requester: Requester = SYSTEM,
        *,
        grace: bool = True,
    ) -> asyncio.Future[AnyAnswer]:
        """Let a caller request the call."""
        return self.cache.get(call or shared_call(), self.clock.monotonic() + patience, requester, grace=grace)

    async def close(self) -> None:
        await self.cache.close()
        await self.answers.close()


async def run_ready() -> None:
    for _ in range(_CYCLES):
        await asyncio.sleep(0)


async def ended(answer: asyncio.Future[AnyAnswer]) -> Any:
    """Return the value or the error of an answer that is there."""
    await run_ready()
    assert answer.done()
    return answer.exception() or answer.result().value
