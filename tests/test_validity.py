"""The validity of an answer, which decides how long the response cache serves it."""

import math
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.endpoints import futures
from cg_client.plans.key_plan import KeyPlan
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from resolvers.context import Context
from sandbox.app import KEY
from tests.cases import SCHEMA
from tests.clock import FakeClock
from tests.upstream import StubUpstream

FUNDING = "/api/futures/funding-rate/exchange-list"
PRICE = "/api/futures/price/history"
FAILURE = {"code": "500", "msg": "Server Error"}
RATES = '{ coin(symbol: "BTC") { currentFundingRates { ... on CurrentFundingRates { source { freshness } } } } }'


class ValidityServer:
    """Client and symbols of a server, on a clock that tests set."""

    def __init__(self, plan: Plan, *, declared: bool = True) -> None:
        """With `declared` the server is configured with its plan; otherwise it requests it."""
        self.clock = FakeClock()
        self.upstream = StubUpstream({}, plan)
        config = ClientConfig(api_key=Secret(KEY), base_url="http://upstream", plan=plan if declared else None)
        self.client = Client(config, clock=self.clock, transport=self.upstream, policy=RetryPolicy(attempts=1))
        self.symbols = Symbols(self.client)

    async def seconds(self, query: str) -> float:
        """Return for how long the answer to the query is valid."""
        context = Context(self.client, self.symbols, "test")
        await SCHEMA.execute(query, context_value=context)
        return context.validity.expires_at - self.clock.monotonic()


@pytest.fixture
async def server() -> AsyncIterator[ValidityServer]:
    server = ValidityServer(Plan.PROFESSIONAL)
    yield server
    await server.client.close()


async def test_an_answer_is_valid_as_long_as_its_dependencies(server: ValidityServer) -> None:
    lifetime = futures.funding_rate.EXCHANGE_LIST.refresh.total_seconds()
    assert await server.seconds(RATES) == pytest.approx(lifetime)
    server.clock.advance(lifetime / 2)
    assert await server.seconds(RATES) == pytest.approx(lifetime / 2)


async def test_the_first_part_to_expire_limits_the_validity(server: ValidityServer) -> None:
    both = '{ coin(symbol: "BTC") { currentFundingRates { __typename } openInterestByExchange { __typename } } }'
    shorter = min(
        item.refresh.total_seconds()
        for item in (futures.funding_rate.EXCHANGE_LIST, futures.open_interest.EXCHANGE_LIST)
    )
    assert await server.seconds(both) == pytest.approx(shorter)


async def test_a_series_is_valid_until_the_next_bar_begins(server: ValidityServer) -> None:
    """By then its window and the plan's limits lie elsewhere."""
    query = 'query { pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: M1, last: 5) { __typename } } }'
    server.clock.advance(58.5)  # the clock starts on a full minute
    assert await server.seconds(query) <= 1.5


@pytest.mark.parametrize(
    "query",
    [
        "{ upstreamQuota { used } }",
        '{ coin(symbol: "BTC") { currentFundingRates { __typename } } upstreamQuota { used } }',
    ],
)
async def test_the_remaining_quota_is_not_cacheable(server: ValidityServer, query: str) -> None:
    assert await server.seconds(query) <= 0


async def test_a_failure_is_not_cacheable(server: ValidityServer) -> None:
    server.upstream.bodies[FUNDING] = FAILURE
    assert await server.seconds(RATES) <= 0


async def test_a_stale_answer_is_not_cacheable(server: ValidityServer) -> None:
    await server.seconds(RATES)
    server.upstream.bodies[FUNDING] = FAILURE
    server.clock.advance(futures.funding_rate.EXCHANGE_LIST.refresh.total_seconds() + 60)
    assert await server.seconds(RATES) <= 0


async def test_a_failed_name_lookup_is_not_cacheable(server: ValidityServer) -> None:
    server.upstream.bodies[futures.market.SUPPORTED_PAIRS.path] = FAILURE
    assert await server.seconds('{ pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }') <= 0


async def test_entities_are_valid_as_long_as_the_first_of_their_parts_expires(server: ValidityServer) -> None:
    lifetime = futures.funding_rate.EXCHANGE_LIST.refresh.total_seconds()
    await server.seconds(RATES)
    server.clock.advance(lifetime / 4)
    entities = """{ _entities(representations: [
        { __typename: "Pair", exchange: "Binance", symbol: "BTCUSDT" }, { __typename: "Coin", symbol: "BTC" }
    ]) { ... on Pair { longShortRatio(interval: D1, last: 1) { __typename } }
         ... on Coin { currentFundingRates { __typename } } } }"""
    assert await server.seconds(entities) == pytest.approx(lifetime * 3 / 4)


async def test_a_gated_field_is_valid_for_a_minute_and_as_long_as_the_plan() -> None:
    gated = ValidityServer(Plan.HOBBYIST)
    query = '{ pair(exchange: "Binance", symbol: "BTCUSDT") { liquidationHeatmap(range: H24) { __typename } } }'
    assert await gated.seconds(query) == pytest.approx(60)
    before = gated.client.revision.count
    gated.client.gate.know(KeyPlan(declared=Plan.PROFESSIONAL))
    assert gated.client.revision.count != before
    await gated.client.close()


@pytest.mark.parametrize(
    "arguments", ["interval: M1, last: 3, onPlanLimit: COARSEN", "interval: H8, last: 3000, onPlanLimit: CLIP"]
)
async def test_a_reduced_window_is_valid_for_a_minute_and_requests_the_plan_again(
    arguments: str,
) -> None:
    reduced = ValidityServer(Plan.HOBBYIST, declared=False)
    query = f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ fundingRate({arguments}) {{ __typename }} }} }}'
    assert await reduced.seconds(query) <= 60
    reduced.clock.advance(61)
    await reduced.seconds(query)
    asking = reduced.client.plan_watch.task
    assert asking is not None
    await asking
    await reduced.client.close()


async def test_a_refusal_by_coinglass_is_a_revision_and_valid_until_it_is_retried(server: ValidityServer) -> None:
    gate = server.client.gate
    before = server.client.revision.count
    assert gate.valid_until == math.inf
    server.upstream.bodies[PRICE] = {"code": "401", "msg": "Upgrade plan"}
    await server.seconds('{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H1) { __typename } } }')
    assert server.client.revision.count != before
    assert gate.valid_until - server.clock.monotonic() == pytest.approx(600)


async def test_a_listing_that_is_replaced_is_a_revision(server: ValidityServer) -> None:
    await server.seconds('{ coin(symbol: "BTC") { symbol } }')
    before = server.client.revision.count
    assert server.symbols.valid_until - server.clock.monotonic() == pytest.approx(3600)
    server.clock.advance(timedelta(hours=2).total_seconds())
    await server.seconds('{ coin(symbol: "BTC") { symbol } }')
    assert server.client.revision.count != before


COIN = 'coin(symbol: "BTC")'


@pytest.mark.parametrize(
    "call",
    [
        'takerVolume(interval: H4, exchanges: ["Bibit"])',  # which may be listed later
        'openInterest(interval: H4, from: "2999-01-01")',
    ],
)
async def test_invalid_input_that_may_become_valid_is_not_cacheable(server: ValidityServer, call: str) -> None:
    assert await server.seconds(f"{{ {COIN} {{ {call} {{ __typename }} }} }}") <= 0


async def test_lasting_invalid_input_does_not_shorten_the_validity(server: ValidityServer) -> None:
    assert await server.seconds(f"{{ {COIN} {{ openInterest(interval: H4, last: 0) {{ __typename }} }} }}") == math.inf


async def test_the_sentiment_of_an_unknown_coin_is_not_cacheable(server: ValidityServer) -> None:
    assert await server.seconds('{ sentiment(coin: "BTCC") { coin } }') <= 0


async def test_a_window_that_starts_in_the_future_is_served_once_it_has_started(server: ValidityServer) -> None:
    start = (server.clock.now() + timedelta(minutes=1)).isoformat()
    query = f'{{ {COIN} {{ openInterest(interval: M1, from: "{start}", to: "2999-01-01") {{ __typename }} }} }}'
    kinds = []
    for _ in range(2):
        context = Context(server.client, server.symbols, "test")
        result = await SCHEMA.execute(query, context_value=context)
        assert result.data is not None
        kinds.append(result.data["coin"]["openInterest"]["__typename"])
        server.clock.advance(61)
    assert kinds == ["InvalidInput", "OISeries"]
