"""The yardstick: the same queries on a plain Strawberry server, written as its documentation teaches.

Resolvers ask CoinGlass with one shared httpx client and build lists of objects, which are cached by request with
`PLAIN_KEEPS_ROWS=1`. No plan, quota, retry, paging or look-up of symbols: it does less than our server, not more.
"""

import contextlib
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, NewType, Self, TypeVar, cast

import httpx
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

T = TypeVar("T")
Row = dict[str, Any]
Timestamp = NewType("Timestamp", int)

UPSTREAM = os.environ.get("PLAIN_UPSTREAM", "http://127.0.0.1:9")
KEEPS_ROWS = os.environ.get("PLAIN_KEEPS_ROWS") == "1"

http = httpx.AsyncClient(base_url=UPSTREAM, headers={"CG-API-KEY": "sandbox"}, timeout=60, trust_env=False)
cached_rows: dict[tuple[object, ...], list[Any]] = {}


class UpstreamError(Exception):
    pass


async def fetch(path: str, params: dict[str, str | int]) -> list[Row]:
    try:
        response = await http.get(path, params=params)
    except httpx.HTTPError as error:
        raise UpstreamError(str(error)) from error
    body = response.json()
    if body["code"] != "0":
        raise UpstreamError(body["msg"])
    return cast("list[Row]", body["data"])


async def objects(make: Callable[[Row], T], path: str, **params: str | int) -> list[T]:
    """Return the answer's rows as objects, from memory if they are cached."""
    key = (path, *params.items())
    if key in cached_rows:
        return cached_rows[key]
    rows = [make(row) for row in await fetch(path, params)]
    if KEEPS_ROWS:
        cached_rows[key] = rows
    return rows


@strawberry.enum
class Interval(Enum):
    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H4 = "4h"
    H6 = "6h"
    H8 = "8h"
    H12 = "12h"
    D1 = "1d"
    W1 = "1w"


@strawberry.enum
class ETFAsset(Enum):
    BTC = "bitcoin"


@strawberry.type
class Problem:
    message: str


@strawberry.type
class Candle:
    time: datetime
    timestamp: Timestamp
    open: float
    high: float
    low: float
    close: float

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            time=datetime.fromtimestamp(row["time"] / 1000, UTC),
            timestamp=row["time"],
            open=float(row["open"]),
            high=float(row["high"]),
            low=float(row["low"]),
            close=float(row["close"]),
        )


@strawberry.type
class CandleColumns:
    timestamp: list[Timestamp]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]


@strawberry.interface
class CandleSeries:
    candles: list[Candle]

    @strawberry.field
    def columns(self) -> CandleColumns:
        return CandleColumns(
            timestamp=[item.timestamp for item in self.candles],
            open=[item.open for item in self.candles],
            high=[item.high for item in self.candles],
            low=[item.low for item in self.candles],
            close=[item.close for item in self.candles],
        )

    @strawberry.field
    def latest(self) -> Candle | None:
        return self.candles[-1] if self.candles else None


@strawberry.type
class PriceSeries(CandleSeries):
    pass


@strawberry.type
class FundingSeries(CandleSeries):
    pass


@strawberry.type
class OISeries(CandleSeries):
    pass


@strawberry.type
class TickerFlow:
    ticker: str
    flow_usd: float | None

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(ticker=row["etf_ticker"], flow_usd=row.get("flow_usd"))


@strawberry.type
class ETFFlow:
    time: datetime
    flow_usd: float
    price_usd: float | None
    by_ticker: list[TickerFlow]

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            time=datetime.fromtimestamp(row["timestamp"] / 1000, UTC),
            flow_usd=row["flow_usd"],
            price_usd=row.get("price_usd"),
            by_ticker=[TickerFlow.of(item) for item in row["etf_flows"]],
        )


@strawberry.type
class ETFFlows:
    points: list[ETFFlow]


PriceResult = Annotated[PriceSeries | Problem, strawberry.union("PriceSeriesResult")]
FundingResult = Annotated[FundingSeries | Problem, strawberry.union("FundingSeriesResult")]
OIResult = Annotated[OISeries | Problem, strawberry.union("OISeriesResult")]
FlowsResult = Annotated[ETFFlows | Problem, strawberry.union("ETFFlowsResult")]


@strawberry.type
class Pair:
    exchange: str
    symbol: str

    async def _candles(self, what: str, interval: Interval, last: int) -> list[Candle]:
        path = f"/api/futures/{what}/history"
        return await objects(
            Candle.of, path, exchange=self.exchange, symbol=self.symbol, interval=interval.value, limit=last
        )

    @strawberry.field
    async def price(self, interval: Interval, last: int = 100) -> PriceResult:
        try:
            return PriceSeries(candles=await self._candles("price", interval, last))
        except UpstreamError as error:
            return Problem(message=str(error))

    @strawberry.field
    async def funding_rate(self, interval: Interval, last: int = 100) -> FundingResult:
        try:
            return FundingSeries(candles=await self._candles("funding-rate", interval, last))
        except UpstreamError as error:
            return Problem(message=str(error))

    @strawberry.field
    async def open_interest(self, interval: Interval, last: int = 100) -> OIResult:
        try:
            return OISeries(candles=await self._candles("open-interest", interval, last))
        except UpstreamError as error:
            return Problem(message=str(error))


@strawberry.type
class ETF:
    asset: ETFAsset

    @strawberry.field
    async def flows(self, last: int | None = None) -> FlowsResult:
        try:
            days = await objects(ETFFlow.of, f"/api/etf/{self.asset.value}/flow-history")
        except UpstreamError as error:
            return Problem(message=str(error))
        return ETFFlows(points=days[-last:] if last else days)


@strawberry.type
class Query:
    @strawberry.field
    def pair(self, exchange: str, symbol: str) -> Pair:
        return Pair(exchange=exchange, symbol=symbol)

    @strawberry.field
    def etf(self, asset: ETFAsset) -> ETF:
        return ETF(asset=asset)


schema = strawberry.Schema(
    Query,
    config=StrawberryConfig(
        scalar_map={Timestamp: strawberry.scalar(name="Timestamp", serialize=int, parse_value=int)}
    ),
)


@contextlib.asynccontextmanager
async def living(_: Starlette) -> AsyncIterator[None]:
    yield
    await http.aclose()


app = Starlette(routes=[Route("/graphql", GraphQL(schema))], lifespan=living)
