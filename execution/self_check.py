"""Whether plans answer as the default executor does, on the schema that is served: checked once at start.

Another version of graphql-core or Strawberry may change what plans rely on. Then there are none.
"""

import asyncio
import functools
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeAlias

import httpx
import orjson
from graphql import DocumentNode, execute, parse, validate
from strawberry.types import ExecutionResult
from strawberry.utils.await_maybe import await_maybe

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from execution.planned_schema import PlannedSchema
from graph_types.stream_status import StreamState, StreamStatus
from resolvers.context import Context
from resolvers.turns import Turns
from served_schema.documents import Document
from served_schema.errors import stable
from served_schema.rules import RULES

Answer: TypeAlias = tuple[object, list[Any]]  # data and errors

_PLANNED = """query ($exchange: String!, $last: Int, $all: Boolean = false) {
  pair(exchange: $exchange, symbol: "BTC/USDT") { __typename exchange base
    price(interval: H1, last: $last) { __typename ...Candles ... on Problem { code } }
    again: price(interval: H1, last: 2) { ... on PriceSeries { candles { open close } } }
    fundingRate(interval: H8, last: 2) { ... on FundingSeries { count } ... on Unavailable { code retryable } }
  }
  etf(asset: BTC) { flows { ... on ETFFlows { points { timestamp byTicker { ticker flowUsd } } } } }
  coinsBySymbol(symbols: ["BTC", "btc"]) { symbol options { maxPain {
    ... on OptionsMaxPain { expiries { expiry maxPainPrice calls { __typename } } } } } }
  coins(first: 1) { nodes { symbol } pageInfo { hasNextPage } }
}
fragment Candles on PriceSeries {
  candles { t: time timestamp close high @include(if: $all) } columns { timestamp open } latest { time low }
  requestedInterval interval count truncated source { endpoint freshness sandbox anomalies { field } }
}"""
_EVENTS = "subscription { event: fearGreed { __typename ... on StreamStatus { state periodSeconds gapStart } } }"
_UNKNOWN = '{ coin(symbol: "NOSUCH") { symbol } }'
_FAILING = """query ($symbols: [String!]!) {
  etf(asset: BTC) { flows { __typename } } coin(symbol: "NOSUCH") { symbol }
  coinsBySymbol(symbols: $symbols) { symbol }
}"""
_VARIABLES: Sequence[dict[str, Any]] = (
    {"exchange": "Binance", "last": 3},
    {"exchange": "Binance", "last": 3, "all": True},
    {"exchange": "Binance", "last": 2},
)
_INVALID = (
    "{ nope }",
    "{ coin(symbol: $symbol) { symbol } }",
    "query ($unused: Int) { __typename }",
    "{ __typename @unknown }",
    "{ __typename @skip }",
    "{ ...Missing } fragment Unused on Query { __typename }",
    "fragment Cycle on Query { ...Cycle } { ...Cycle }",
    "{ coin(symbol: 5, other: 6) { symbol { more } } }",
    "{ a: __typename a: etf(asset: BTC) { __typename } } { __typename }",
)
_TEXT = "{ markets { __typename } }"
_HASH = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(_TEXT.encode()).hexdigest()}}
_MAX_SECONDS = 10.0  # then something waits for what never comes
_NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_STEP = 3_600_000  # milliseconds


def passes(schema: PlannedSchema) -> bool:
    """Whether both answer the same, and plans did answer; raises whatever else happens. Leaves the schema as it was."""
    try:
        with ThreadPoolExecutor(1) as thread:  # since a loop may be running in this one
            return thread.submit(asyncio.run, asyncio.wait_for(_passes(schema), _MAX_SECONDS)).result()
    finally:
        schema.clear()


async def _passes(schema: PlannedSchema) -> bool:
    config = ClientConfig(api_key=Secret("self-check"), base_url="http://self-check", plan=Plan.PROFESSIONAL)
    client = Client(config, transport=_Upstream(), policy=RetryPolicy(attempts=1), clock=_StoppedClock())
    try:
        check = _Check(schema, client)
        return (
            await check.plans()
            and await check.events()
            and await check.failures()
            and await check.validation()
            and await check.hashes()
        )
    finally:
        await client.close()


class _Check:
    def __init__(self, schema: PlannedSchema, client: Client) -> None:
        self._schema, self._client, self._symbols = schema, client, Symbols(client)
        self._parsed = functools.cache(parse)  # for the default executor alone

    async def plans(self) -> bool:
        """Execute with several variables, each twice: the first text is new, later ones are cached.

        Turns end at once, so that everything goes on in another one.
        """
        self._schema.plans.turns = Turns(0)
        for variables in _VARIABLES:
            if not await self._agree(_PLANNED, variables, times=2):
                return False
        count = 2 * len(_VARIABLES)
        documents, fragments, plans = self._schema.documents, self._schema.fragments, self._schema.plans
        were_cached = (documents.hits, documents.misses) == (count - 1, 1) and (
            fragments.hits > 0 or not fragments.limit
        )
        return were_cached and (plans.hits, plans.misses) == (count, 0)

    async def events(self) -> bool:
        """Execute a subscription on a value of its field."""
        plans, context, document = self._schema.plans, self._context(), Document(self._parsed(_EVENTS), _EVENTS)
        status = StreamStatus(state=StreamState.POLLED, message="", period_seconds=5.0)
        default = await await_maybe(execute(self._schema._schema, document.node, status, context))  # noqa: SLF001  # Strawberry shows it in no other way
        before = plans.hits
        data = await plans.execute(document, document.operations[0], {}, context, status)
        return orjson.dumps(data) == orjson.dumps(default.data) and plans.hits == before + 1

    async def failures(self) -> bool:
        """Execute what only the default executor can answer."""
        symbols: Sequence[object] = (["BTC", "NOSUCH"], ["NOSUCH", "BTC"], 5.5)
        agreed = [await self._agree(_FAILING, {"symbols": value}) for value in symbols]
        return all(agreed) and await self._agree(_UNKNOWN, {}, times=2)

    async def validation(self) -> bool:
        for text in _INVALID:
            expected = {error.message for error in validate(self._schema._schema, parse(text), RULES)}  # noqa: SLF001  # Strawberry shows it in no other way
            result = await self._execute(text)
            if not expected or not expected <= {error.message for error in result.errors or ()}:
                return False
        return True

    async def hashes(self) -> bool:
        """Execute by an unknown hash, persist it, and execute by it again."""
        answers = [await self._execute(text, extensions=_HASH) for text in (None, _TEXT, None)]
        return [answer.errors is None for answer in answers] == [False, True, True]

    async def _agree(self, text: str, variables: dict[str, Any], times: int = 1) -> bool:
        context = self._context()
        document: DocumentNode = self._parsed(text)
        default = await await_maybe(
            execute(self._schema._schema, document, context_value=context, variable_values=variables)  # noqa: SLF001  # as above
        )
        expected = _answer(default.data, stable(default.errors, context) if default.errors else [])
        results = [await self._execute(text, variables) for _ in range(times)]
        return all(_answer(result.data, result.errors or []) == expected for result in results)

    async def _execute(
        self, text: str | None, variables: dict[str, Any] | None = None, extensions: dict[str, Any] | None = None
    ) -> ExecutionResult:
        context = self._context()
        return await self._schema.execute(text, variables, context, operation_extensions=extensions)

    def _context(self) -> Context:
        return Context(self._client, self._symbols, "self-check")


def _answer(data: object, errors: Sequence[Any]) -> Answer:
    """Return what a client gets, to the order of keys."""
    return orjson.dumps(data), [error.formatted for error in errors]


class _StoppedClock(Clock):
    """No candle closes between two answers that are compared."""

    def now(self) -> datetime:
        return _NOW


class _Upstream(httpx.AsyncBaseTransport):
    """Answers listings, prices and ETF flows, and fails for everything else."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        match request.url.path.removeprefix("/api/"):
            case "futures/supported-coins" | "spot/supported-coins":
                data: object = ["BTC", "ETH"]
            case "futures/supported-exchange-pairs":
                pair = {"instrument_id": "BTCUSDT", "base_asset": "BTC", "quote_asset": "USDT"}
                data = {"Binance": [pair]}
            case "futures/price/history":
                data = _candles(request.url.params)
            case "etf/bitcoin/flow-history":
                flows = [{"etf_ticker": "GBTC", "flow_usd": -1.5}, {"etf_ticker": "IBIT", "flow_usd": 2}]
                day = {"timestamp": 1_704_931_200_000, "flow_usd": 0.5, "price_usd": 46663, "etf_flows": flows}
                data = [day, day | {"timestamp": 1_705_017_600_000, "etf_flows": []}]
            case "option/max-pain":
                data = [{"date": "260422", "max_pain_price": "84000", "call_open_interest": 953.7}]
            case _:
                return httpx.Response(200, content=b'{"code": "500", "msg": "Server Error"}')
        return httpx.Response(200, content=orjson.dumps({"code": "0", "data": data}))


def _candles(params: httpx.QueryParams) -> list[dict[str, object]]:
    """Hourly candles up to the requested end, or until now."""
    now = int(_NOW.timestamp() * 1000)
    last = (min(int(params.get("end_time", now)), now) - 1) // _STEP * _STEP
    figures = {"open": "1.5", "high": "2", "low": "1", "close": "1.25", "volume_usd": "9"}
    return [{"time": last - back * _STEP, **figures} for back in range(9, -1, -1)]
