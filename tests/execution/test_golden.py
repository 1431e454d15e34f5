"""All example documents, with parts that are gated or fail: answered as by the default executor."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from execution.engine import Engine
from resolvers.context import Context
from sandbox.app import KEY
from served_schema.federation import Schema
from tests.cases import SCHEMA as DEFAULT
from tests.clock import FakeClock
from tests.test_examples import EXAMPLES
from tests.upstream import StubUpstream

ENGINE = Engine(4_000_000)
FAILING: dict[str, Any] = {
    "/api/futures/funding-rate/history": {"code": "500", "msg": "Server Error"},
    "/api/futures/liquidation/history": {"code": "0", "data": [{"time": 1, "aggregated_long_liquidation_usd": "NaN"}]},
    "/api/etf/bitcoin/flow-history": {"code": "401", "msg": "Upgrade plan"},
    "/api/futures/supported-coins": {"code": "0", "data": [1, 2]},
    "/api/spot/price/history": {"code": "0", "data": []},
}
MIXED = """query Mixed($deep: Boolean = true) {
  pair(exchange: "Binance", symbol: "BTCUSDT") { base
    price(interval: H1, last: 30) { ...Candles ... on Problem { code message } }
    again: price(interval: H1, last: 7) { ...Candles }
    fine: price(interval: M1, last: 3) { ... on PlanGated { code minInterval } ... on PriceSeries { count } }
    fundingRate(interval: H4, last: 2) { ... on FundingSeries { latest { close } } ... on Unavailable { code } }
    liquidationHeatmap(range: H24) { __typename ... on PlanGated { alternatives } ... on LiquidationHeatmap { prices } }
  }
  etf(asset: BTC) { flows { ... on ETFFlows { points { time byTicker @include(if: $deep) { ticker flowUsd } } }
    ... on Problem { code } } }
  missing: pair(exchange: "Binance", symbol: "NOSUCH") { symbol }
}
fragment Candles on PriceSeries { candles { t: time open high } columns { timestamp close } source { endpoint } }
"""


def documents() -> list[Any]:
    return [*(pytest.param(path.read_text(), id=Path(path).stem) for path in EXAMPLES), pytest.param(MIXED, id="mixed")]


@pytest.mark.parametrize("document", documents())
@pytest.mark.parametrize("failing", [False, True], ids=["well", "failing"])
@pytest.mark.parametrize("plan", [Plan.HOBBYIST, Plan.PROFESSIONAL], ids=lambda plan: plan.name.lower())
async def test_a_document_is_answered_as_without_the_fast_path(document: str, plan: Plan, failing: bool) -> None:
    expected, *_ = await answers(DEFAULT, document, plan, failing=failing)
    for _ in range(2):  # the second time the document is cached
        fetched, cached = await answers(ENGINE.schema, document, plan, failing=failing)
        assert fetched == expected
        assert cached == (await answers(DEFAULT, document, plan, failing=failing))[1]


async def answers(schema: Schema, document: str, plan: Plan, *, failing: bool) -> list[Any]:
    """Return the answer of a new client, and of the next one, which finds in memory what the first fetched."""
    clock = FakeClock()
    upstream = StubUpstream(FAILING if failing else {}, plan, clock)
    config = ClientConfig(api_key=Secret(KEY), base_url="http://upstream", plan=plan)
    client = Client(config, transport=upstream, policy=RetryPolicy(attempts=1), clock=clock)
    symbols = Symbols(client)
    actual = []
    try:
        for _ in range(2):
            context = Context(client, symbols, "golden")
            result = await schema.execute(document, context_value=context)
            data = repr(orjson.loads(orjson.dumps(result.data)))  # 1 is not 1.0 here
            actual.append((data, [error.formatted for error in result.errors or ()]))
    finally:
        await client.close()
    return actual
