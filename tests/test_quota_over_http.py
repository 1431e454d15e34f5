"""The quota is never overdrawn, clients share it fairly, and refused requests state when to retry."""

import asyncio
import contextlib
import itertools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network

import httpx

from cg_client.plans.plan_table import Plan
from cg_client.quota.round_robin import RoundRobin
from sandbox.app import Sandbox
from sandbox.envelopes import SandboxReply
from sandbox.faults import Fault, FaultKind
from tests.conftest import Graph, StartGraph
from tests.running import watching
from tests.test_metrics import figures

INTERVALS = ("H4", "H6", "H8", "H12", "D1", "W1")
EXCHANGES = ("Binance", "OKX", "Bybit", "Bitget", "Gate", "HTX", "CoinEx", "BingX", "MEXC")


def hundred_series() -> str:
    """Return a hundred different requests in one operation."""
    return f"{{ {parts_of('fundingRate')} }}"


def parts_of(field: str, count: int = 100) -> str:
    """Return so many series of the same kind."""
    series = [(exchange, coin, interval) for coin in ("BTC", "ETH") for exchange in EXCHANGES for interval in INTERVALS]
    selected = "{ __typename ... on Unavailable { code retryable retryAfter } }"
    return " ".join(
        f'{field}{index}: pair(exchange: "{exchange}", symbol: "{coin}/USDT") '
        f"{{ {field}(interval: {interval}, last: 5) {selected} }}"
        for index, (exchange, coin, interval) in enumerate(series[:count])
    )


def series_of(graph: Graph) -> list[dict[str, object]]:
    return [part["fundingRate"] for part in graph.data(hundred_series()).values()]


def test_a_hundred_requests_at_once_provoke_no_rate_limit(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    parts = series_of(graph)
    served = [part for part in parts if part["__typename"] == "FundingSeries"]
    refused = [part for part in parts if part["__typename"] == "Unavailable"]
    assert (len(served), len(refused)) == (29, 71)  # the listing of the pairs was the thirtieth request
    assert {part["code"] for part in refused} == {"QUOTA_EXHAUSTED"}
    assert all(part["retryable"] and 0 < float(str(part["retryAfter"])) < 300 for part in refused)
    assert graph.sandbox.quota.refused == 0
    assert graph.sandbox.calls.total() == 30


def test_a_repeated_query_sends_no_request(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    first = series_of(graph)
    graph.forget()
    assert [part["__typename"] for part in series_of(graph)] == [part["__typename"] for part in first]
    assert graph.sandbox.calls.total() == 0


def test_requests_of_others_with_the_same_key_are_counted(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    for _ in range(20):
        graph.sandbox.quota.take()
    parts = series_of(graph)
    assert graph.sandbox.quota.refused == 0
    assert sum(part["__typename"] == "FundingSeries" for part in parts) == 9


def test_the_limit_follows_the_header_of_the_key(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST, quota=12)
    graph.data('{ pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }')
    assert graph.data("{ upstreamQuota { limit used remaining } }")["upstreamQuota"] == {
        "limit": 12,
        "used": 1,
        "remaining": 11,
    }


def test_reading_the_quota_sends_no_request(graph: Graph) -> None:
    assert graph.data("{ upstreamQuota { limit used remaining resetsAt } }")["upstreamQuota"] == {
        "limit": 1200,
        "used": 0,
        "remaining": 1200,
        "resetsAt": None,
    }
    assert graph.sandbox.calls.total() == 0


class DelayedAnswers(Fault):
    """Holds the answers to all but bob's requests until it is opened."""

    def __init__(self) -> None:
        super().__init__(FaultKind.SLOW)
        self.opened = threading.Event()

    def hits(self, path: str) -> bool:
        return path != BOBS

    async def reply(self, regular: SandboxReply) -> SandboxReply:
        await asyncio.to_thread(self.opened.wait, 30)
        return regular


UNLIMITED = dict.fromkeys(("max_calls", "max_aliases", "max_root_fields", "max_fragments", "max_tokens"), 10_000) | {
    "caller_share": 1
}
BOBS = "/api/futures/price/history"
BOB_ASKS = """{ pair(exchange: "Binance", symbol: "BTCUSDT") {
  price(interval: D1, last: 5) { __typename ... on Problem { code } } } }"""


@contextlib.asynccontextmanager
async def watched_queue() -> AsyncIterator[Callable[[Callable[[], bool]], Awaitable[None]]]:
    """Yield a function that waits until a condition on the sandbox and the queue is true."""
    with watching((Sandbox, "_answer"), (RoundRobin, "push"), (RoundRobin, "pop")) as until:
        yield lambda holds: asyncio.to_thread(until, holds)


async def test_one_client_s_three_hundred_series_let_another_client_wait_for_two_slots_at_most(
    start_graph: StartGraph,
) -> None:
    proxies = [ip_network("127.0.0.1")]
    graph = start_graph(Plan.HOBBYIST, quota=12, deadline_seconds=7200.0, trusted_proxies=proxies, **UNLIMITED)
    sandbox = graph.sandbox
    graph.data('{ pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }')
    first, second = DelayedAnswers(), DelayedAnswers()
    sandbox.faults[:] = [first]

    def waiting() -> float:
        return figures(graph)["quota_waiting{priority=interactive}"]

    async def ask(query: str, address: str, name: str = "") -> httpx.Response:
        return await http.post(
            "/graphql", json={"query": query}, headers={"x-forwarded-for": address, "x-client-id": name}
        )

    async with (
        httpx.AsyncClient(base_url=graph.http.base_url, timeout=60) as http,
        watched_queue() as until,
    ):
        fields = ("fundingRate", "openInterest", "longShortRatio")
        names = map(str, itertools.count())  # ann gains nothing by a new name and a new address for each series
        ann = [
            asyncio.create_task(ask(f"{{ {parts_of(field)} }}", f"2001:db8::{name}", name))
            for field, name in zip(fields, names, strict=False)
        ]
        await until(lambda: len(sandbox.requests) == 12 and waiting() == 289)
        bob = asyncio.create_task(ask(BOB_ASKS, "192.0.2.7"))
        await until(lambda: waiting() == 290)
        sandbox.faults[:], sandbox.quota.limit = [second], 14  # two slots more, of which the answers tell
        first.opened.set()
        assert (await bob).json()["data"]["pair"]["price"]["__typename"] == "PriceSeries"
        await until(lambda: len(sandbox.requests) == 14)
        assert BOBS in [path for path, _ in list(sandbox.requests)[12:]]
        assert waiting() == 288
        sandbox.quota.limit = 1000
        second.opened.set()
        parts = [part for task in ann for part in (await task).json()["data"].values()]
    kinds = [next(iter(part.values()))["__typename"] for part in parts]
    assert len(kinds) == 300
    assert not any(kind in ("Unavailable", "PlanGated") for kind in kinds)
    assert (sandbox.calls.total(), sandbox.quota.refused) == (302, 0)


def test_a_backfill_leaves_quota_for_interactive_callers(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    graph.http.headers["x-priority"] = "backfill"
    parts = series_of(graph)
    assert sum(part["__typename"] == "FundingSeries" for part in parts) == 23  # the listing was the twenty-fourth
    del graph.http.headers["x-priority"]
    assert graph.data(BOB_ASKS)["pair"]["price"]["__typename"] == "PriceSeries"
    result = figures(graph)
    assert result["quota_refused_total{priority=backfill}"] == 77
    assert result["quota_refused_total{priority=interactive}"] == 0


def test_an_answer_is_the_same_for_every_client(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    headers: list[dict[str, str]] = [{}, {"x-client-id": "ann"}, {"x-client-id": "bob", "x-priority": "backfill"}]
    bodies = {graph.http.post("/graphql", json={"query": BOB_ASKS}, headers=stated).content for stated in headers}
    assert len(bodies) == 1
    assert graph.calls(BOBS) == 1


def test_unusable_headers_are_ignored(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.HOBBYIST)
    graph.http.headers.update({"x-client-id": "a name with blanks", "x-priority": "highest"})
    assert sum(part["__typename"] == "FundingSeries" for part in series_of(graph)) == 29
