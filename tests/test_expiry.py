"""`source.expiresAt` and `refreshSeconds` say when a request can bring newer figures, however a payload was made."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from resolvers.context import Context
from sandbox.app import KEY, Sandbox, create_sandbox
from sandbox.faults import Fault, FaultKind
from tests.cases import SCHEMA
from tests.clock import FakeClock
from tests.conftest import Graph
from tests.upstream import under_it

SOURCE = "... on Sourced { source { endpoint fetchedAt freshness refreshSeconds expiresAt sandbox } }"
PAIR = 'pair(exchange: "Binance", symbol: "BTCUSDT")'
SERIES = f"{{ {PAIR} {{ it: price(interval: M1, last: 10) {{ {SOURCE} }} }} }}"
LONG_SERIES = f"{{ {PAIR} {{ it: price(interval: M1, last: 900) {{ {SOURCE} }} }} }}"
CLOSED_SERIES = f'{{ {PAIR} {{ it: price(interval: H1, from: "2026-06-20", to: "2026-06-21") {{ {SOURCE} }} }} }}'
COIN = f'{{ coin(symbol: "BTC") {{ it: market {{ {SOURCE} }} }} }}'
LIST = f"{{ markets {{ it: coins(first: 3) {{ {SOURCE} }} }} }}"
RANKING = f"{{ markets {{ it: exchangeRanking {{ {SOURCE} }} }} }}"
REFRESH = {SERIES: 5, CLOSED_SERIES: 3600, COIN: 60, LIST: 60, RANKING: 60}  # seconds


class Session:
    """One client that many operations share, and the sandbox behind it, on one clock."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.sandbox = Sandbox(Plan.ENTERPRISE, now=lambda: self.clock.now().timestamp())
        config = ClientConfig(api_key=Secret(KEY), base_url="http://upstream", plan=Plan.ENTERPRISE)
        transport = httpx.ASGITransport(create_sandbox(self.sandbox))
        self.client = Client(config, clock=self.clock, transport=transport, policy=RetryPolicy(attempts=1))
        self._symbols = Symbols(self.client)

    async def source(self, query: str) -> dict[str, Any]:
        context = Context(self.client, self._symbols, "test")
        result = await SCHEMA.execute(query, context_value=context)
        assert not result.errors, result.errors
        source: dict[str, Any] = under_it(result.data)["source"]
        return source

    async def requests_for(self, query: str) -> int:
        """Return how many calls an operation takes, those of refreshes in the background included."""
        before = self.sandbox.calls.total()
        await self.source(query)
        for _ in range(20):
            await asyncio.sleep(0)
        return self.sandbox.calls.total() - before


@asynccontextmanager
async def opened() -> AsyncIterator[Session]:
    session = Session()
    try:
        yield session
    finally:
        await session.client.close()


def run(check: Callable[[Session], Any]) -> None:
    async def checked() -> None:
        async with opened() as session:
            await check(session)

    asyncio.run(checked())


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("query", REFRESH)
@settings(max_examples=8, deadline=None)
@given(part=st.floats(0.0, 0.999))
def test_no_request_before_it_expires_brings_newer_figures_and_the_next_one_does(query: str, part: float) -> None:
    async def check(session: Session) -> None:
        first = await session.source(query)
        assert first["refreshSeconds"] == REFRESH[query]
        assert moment(first["expiresAt"]) - moment(first["fetchedAt"]) == timedelta(seconds=REFRESH[query])
        session.clock.advance(part * REFRESH[query])
        assert await session.source(query) == first
        session.clock.advance((moment(first["expiresAt"]) - session.clock.now()).total_seconds() + 0.001)
        assert await session.requests_for(query) > 0

    run(check)


@pytest.mark.parametrize("query", [SERIES, LONG_SERIES, COIN, LIST])
def test_stale_figures_expired_in_the_past(query: str) -> None:
    async def check(session: Session) -> None:
        first = await session.source(query)
        session.sandbox.faults.append(Fault(FaultKind.HTTP_500, "*"))
        session.clock.advance(100)
        stale = await session.source(query)
        assert (first["freshness"], stale["freshness"]) == ("FRESH", "STALE")
        assert {**stale, "freshness": "FRESH"} == first
        assert moment(stale["expiresAt"]) < session.clock.now()

    run(check)


def test_of_several_answers_the_one_that_expires_first_counts() -> None:
    async def check(session: Session) -> None:
        await session.source(LONG_SERIES)
        session.clock.advance(40)
        joined = await session.source(LONG_SERIES)  # closed bars from before, completed by the newest ones
        assert joined["refreshSeconds"] == 5
        assert moment(joined["expiresAt"]) == session.clock.now() + timedelta(seconds=5)
        assert moment(joined["fetchedAt"]) < session.clock.now()

    run(check)


def test_a_server_states_them_for_fresh_and_for_cached_responses(graph: Graph) -> None:
    answers = [under_it(graph.data(query))["source"] for query in (RANKING, RANKING, f"{RANKING} ")]
    assert all(source["sandbox"] for source in answers)
    assert {source["refreshSeconds"] for source in answers} == {60}
    assert len({source["expiresAt"] for source in answers}) == 1
    assert moment(answers[0]["expiresAt"]) - moment(answers[0]["fetchedAt"]) == timedelta(seconds=60)
