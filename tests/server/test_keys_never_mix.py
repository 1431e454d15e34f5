"""Whatever is interleaved, nothing of one CoinGlass key is ever seen by a request with another.

The keys have different plans, quotas, names and figures; upstream answers are cached, coalesced, slow and failing.
"""

import asyncio
import contextlib
import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from cg_client.secret import Secret
from execution.engine import Engine
from sandbox.faults import Fault, FaultKind
from server import services
from server.app import create_app
from server.settings import Settings
from tests.clock import FakeClock
from tests.server.keyed_upstream import KeyedUpstream, UpstreamKey
from tests.server.raw_asgi import Reply, post

UNKNOWN = "a-key-that-nobody-has"
_INITIAL_LIMIT = 30  # requests a minute, until CoinGlass has stated the key's
_SERVED = {"CurrentFundingRates", "PriceSeries", "CoinMarket", "CoinglassAccount"}

QUERIES = {
    "rates": """{ it: coin(symbol: "BTC") { currentFundingRates { __typename ... on Problem { code }
      ... on CurrentFundingRates { stablecoinMargined { fundingRate } } } } }""",
    "price": """{ it: pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: D1, last: 3) { __typename
      ... on Problem { code } ... on PriceSeries { candles { close } } } } }""",
    "fine": """{ it: pair(exchange: "Binance", symbol: "BTCUSDT") {
      price(interval: M5, last: 3, onPlanLimit: COARSEN) { __typename
      ... on Problem { code } ... on PriceSeries { interval candles { close } } } } }""",
    "market": """{ it: coin(symbol: "BTC") { market { __typename ... on Problem { code }
      ... on PlanGated { currentPlan } ... on CoinMarket { price { last } } } } }""",
    "account": "{ it: coinglassAccount { __typename ... on Problem { code } ... on CoinglassAccount { plan } } }",
    "quota": "{ upstreamQuota { limit used } }",
    "listing": '{ first: coins(symbols: ["ALPHA1"]) { nodes { symbol } } }',
    "other listing": '{ second: coins(symbols: ["BETA2"]) { nodes { symbol } } }',
}


class Step(NamedTuple):
    """Requests that run at the same time, after a change."""

    requests: list[tuple[int, str]]  # index of the key, name of the query
    delay: int
    seconds: float
    fault: tuple[int, FaultKind, int] | None
    other_plan: int | None


FAULTS = st.sampled_from(
    [FaultKind.HTTP_500, FaultKind.RATE_LIMITED, FaultKind.KEY_INVALID, FaultKind.NOT_JSON, FaultKind.PLAN]
)
STEPS = st.builds(
    Step,
    requests=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(sorted(QUERIES))), min_size=1, max_size=6),
    delay=st.integers(0, 5),
    seconds=st.sampled_from([0.0, 0.0, 3.0, 70.0]),
    fault=st.none() | st.tuples(st.integers(0, 2), FAULTS, st.integers(1, 6)),
    other_plan=st.none() | st.integers(0, 2),
)


def three_keys() -> list[UpstreamKey]:
    return [
        UpstreamKey("key-of-the-server", 1, (Plan.PROFESSIONAL, Plan.ENTERPRISE), 1200, "ALPHA1"),
        UpstreamKey("key-of-the-first", 2, (Plan.HOBBYIST, Plan.STARTUP), 37, "BETA2"),
        UpstreamKey("key-of-the-second", 3, (Plan.STANDARD,), 300, "GAMMA3"),
    ]


@pytest.fixture(scope="module", autouse=True)
def _shared_engine() -> Iterator[None]:
    """Share the schema and its cache of fragments between all servers of this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "Engine", functools.cache(Engine))
        yield


@contextlib.contextmanager
def served(upstream: KeyedUpstream, clock: FakeClock) -> Iterator[ASGIApp]:
    """Yield a server; clients of callers are created while it answers."""
    (first, *_) = upstream.keys
    options = Settings(api_key=Secret(first), base_url="http://upstream", key_header=True, key_clients=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cg_client.client.http_transport", lambda *_: upstream)
        patch.setattr("cg_client.client.Clock", lambda: clock)
        yield create_app(options, warm=False)


@given(st.lists(STEPS, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_nothing_of_one_key_is_seen_by_another(steps: list[Step]) -> None:
    asyncio.run(_run(steps))


async def _run(steps: list[Step]) -> None:
    clock, keys = FakeClock(), three_keys()
    upstream = KeyedUpstream(keys, clock)
    with served(upstream, clock) as app:
        for step in steps:
            await _take(step, app, keys, upstream, clock)


async def _take(step: Step, app: ASGIApp, keys: list[UpstreamKey], upstream: KeyedUpstream, clock: FakeClock) -> None:
    clock.advance(step.seconds)
    upstream.delay = step.delay
    if step.fault is not None:
        index, kind, times = step.fault
        keys[index].ever_failed = True
        upstream.sandboxes[keys[index].key].faults.append(Fault(kind, times=times))
    if step.other_plan is not None:
        upstream.sandboxes[keys[step.other_plan].key].plan = keys[step.other_plan].plans[-1]
    replies = await asyncio.gather(*(_send(app, keys, index, QUERIES[name]) for index, name in step.requests))
    for (index, name), reply in zip(step.requests, replies, strict=True):
        if index == len(keys):
            _judge_unknown(name, reply)
        else:
            _judge(keys[index], name, reply)


async def _send(app: ASGIApp, keys: list[UpstreamKey], index: int, query: str) -> Reply:
    """Send the query; the first key is the server's, which needs no header."""
    texts = [None, *(key.key for key in keys[1:]), UNKNOWN]
    text = texts[index]
    return await post(app, {"query": query}, **({} if text is None else {"cg_api_key": text}))


def _judge(key: UpstreamKey, name: str, reply: Reply) -> None:
    if reply.status == 503:  # all clients were in use
        return
    remaining = int(reply.headers.get("x-quota-remaining", 0))
    assert remaining <= max(key.quota, _INITIAL_LIMIT)
    answer = orjson.loads(reply.body)
    if name != "quota":
        assert all(map(key.owns, _figures(answer.get("data")))), reply.body
    match name:
        case "listing" | "other listing":
            _judge_listing(key, answer, "ALPHA1" if name == "listing" else "BETA2")
        case "quota":
            quota = answer["data"]["upstreamQuota"]
            assert quota["limit"] in (key.quota, _INITIAL_LIMIT, *_limits(key))
            assert quota["used"] <= key.sent.total()
        case _:
            _judge_field(key, name, answer)


def _limits(key: UpstreamKey) -> list[int]:
    """Limits that the account endpoint implies until a header states another one."""
    return [REQUESTS_PER_MINUTE[plan] for plan in key.plans]


def _judge_listing(key: UpstreamKey, answer: dict[str, Any], coin: str) -> None:
    if (answer.get("data") or {}).get("first" if coin == "ALPHA1" else "second"):
        assert coin == key.coin
    elif coin == key.coin:
        assert key.ever_failed


def _judge_field(key: UpstreamKey, name: str, answer: dict[str, Any]) -> None:
    it = (answer.get("data") or {}).get("it")
    if it is None:  # the names of coins or pairs could not be requested
        assert key.ever_failed or key.quota == 37
        return
    value = _field_of(it)
    plans = {plan.name for plan in key.plans}
    if value["__typename"] == "PlanGated":
        assert name == "market" or key.ever_failed
        assert value.get("currentPlan") in {*plans, None}
        assert key.plans[-1] < Plan.STANDARD or key.ever_failed
    elif value["__typename"] == "CoinglassAccount":
        assert value["plan"] in plans
    elif "interval" in value and not key.ever_failed:
        assert (value["interval"] == "M5") == (key.plans[0] >= Plan.STANDARD)
    elif value["__typename"] not in _SERVED:
        assert key.ever_failed or value["code"] == "QUOTA_EXHAUSTED"


def _field_of(it: dict[str, Any]) -> dict[str, Any]:
    """Return the union's member, which may be below a coin or a pair."""
    return it if "__typename" in it else next(iter(it.values()))


def _judge_unknown(name: str, reply: Reply) -> None:
    """Expect neither figures nor names: CoinGlass does not accept the key."""
    if reply.status == 503 or name == "quota":
        return
    answer = orjson.loads(reply.body)
    data = answer.get("data") or {}
    assert not data.get("first")
    assert not data.get("second")
    assert data.get("it") is None or _field_of(data["it"])["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize("name", ["rates", "price", "fine"])
def test_every_key_is_served_figures_that_tell_it(name: str) -> None:
    """Otherwise the property would hold of empty answers."""

    async def replies() -> list[Reply]:
        keys, clock = three_keys(), FakeClock()
        with served(KeyedUpstream(keys, clock), clock) as app:
            return [await _send(app, keys, index, QUERIES[name]) for index in range(3)]

    for key, reply in zip(three_keys(), asyncio.run(replies()), strict=True):
        figures = _figures(orjson.loads(reply.body))
        assert figures
        assert all(map(key.owns, figures))


def _figures(data: Any) -> list[float]:
    match data:
        case dict():
            return [figure for value in data.values() for figure in _figures(value)]
        case list():
            return [figure for value in data for figure in _figures(value)]
        case float() | int():
            return [data]
        case _:
            return []
