"""gql, the Python client, over each of its transports, with no option that it does not need elsewhere."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from gql import Client, GraphQLRequest
from gql.transport import AsyncTransport
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import (
    TransportClosed,
    TransportConnectionFailed,
    TransportQueryError,
    TransportServerError,
)
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

from callers.key_commands import create_key
from tests.conftest import Graph, StartGraph

FUNDING = """query Funding($last: Int!) {
  pair(exchange: "binance", symbol: "BTC/USDT") {
    symbol
    fundingRate(interval: H8, last: $last) {
      ... on FundingSeries { candles { time close } }
      ... on Problem { code message }
    }
  }
}"""
UNKNOWN_COIN = '{ coin(symbol: "NOPE") { symbol } exchange(name: "binance") { name } }'
QUOTA = GraphQLRequest("{ upstreamQuota { __typename } }")
Connect = Callable[[str], AsyncTransport]


def http(kind: Callable[..., AsyncTransport], **options: Any) -> Connect:
    return lambda url: kind(url=f"{url}/graphql", **options)


def websocket(kind: Callable[..., AsyncTransport], **options: Any) -> Connect:
    return lambda url: kind(url=f"{url.replace('http', 'ws')}/graphql", **options)


TRANSPORTS = {
    "httpx": http(HTTPXAsyncTransport),
    "aiohttp": http(AIOHTTPTransport),
    "websockets": websocket(WebsocketsTransport),
    "aiohttp websockets": websocket(AIOHTTPWebsocketsTransport),
}
every_transport = pytest.mark.parametrize("connect", TRANSPORTS.values(), ids=list(TRANSPORTS))


def url_of(graph: Graph) -> str:
    return str(graph.http.base_url).rstrip("/")


@every_transport
async def test_gql_reads_a_query_with_variables(shared_graph: Graph, connect: Connect) -> None:
    async with Client(transport=connect(url_of(shared_graph))) as session:
        data = await session.execute(GraphQLRequest(FUNDING, variable_values={"last": 2}))
    candles = data["pair"]["fundingRate"]["candles"]
    older, newer = (datetime.fromisoformat(candle["time"]) for candle in candles)
    assert data["pair"]["symbol"] == "BTCUSDT"
    assert {candle["close"] for candle in candles} == {0.009229, 0.01}
    assert newer - older == timedelta(hours=8)


@every_transport
async def test_gql_checks_documents_against_the_schema_that_it_fetches(shared_graph: Graph, connect: Connect) -> None:
    async with Client(transport=connect(url_of(shared_graph)), fetch_schema_from_transport=True) as session:
        with pytest.raises(Exception, match="Cannot query field 'noSuchField'"):
            await session.execute(GraphQLRequest("{ noSuchField }"))
        data = await session.execute(GraphQLRequest('{ coin(symbol: "btc") { symbol } }'))
    assert data == {"coin": {"symbol": "BTC"}}


@every_transport
async def test_gql_raises_errors_with_their_codes(shared_graph: Graph, connect: Connect) -> None:
    async with Client(transport=connect(url_of(shared_graph))) as session:
        for document, code in (("{ noSuchField }", "GRAPHQL_VALIDATION_FAILED"), (UNKNOWN_COIN, "BAD_USER_INPUT")):
            with pytest.raises(TransportQueryError) as raised:
                await session.execute(GraphQLRequest(document))
            assert [error["extensions"]["code"] for error in raised.value.errors or ()] == [code]


@every_transport
async def test_gql_gives_the_rest_of_the_data_beside_an_error(shared_graph: Graph, connect: Connect) -> None:
    async with Client(transport=connect(url_of(shared_graph))) as session:
        with pytest.raises(TransportQueryError) as raised:
            await session.execute(GraphQLRequest(UNKNOWN_COIN))
    assert raised.value.data == {"coin": None, "exchange": {"name": "Binance"}}


@pytest.fixture
def key(tmp_path: Path) -> str:
    return create_key(tmp_path / "keys.json", "interop", datetime.now(UTC))


@pytest.mark.parametrize(
    "connect",
    [
        lambda url, key: http(HTTPXAsyncTransport, headers={"Authorization": f"Bearer {key}"})(url),
        lambda url, key: http(AIOHTTPTransport, headers={"X-API-Key": key})(url),
        lambda url, key: websocket(WebsocketsTransport, init_payload={"apiKey": key})(url),
        lambda url, key: websocket(AIOHTTPWebsocketsTransport, init_payload={"Authorization": f"Bearer {key}"})(url),
    ],
    ids=list(TRANSPORTS),
)
async def test_gql_sends_a_callers_key(
    start_graph: StartGraph, tmp_path: Path, key: str, connect: Callable[[str, str], AsyncTransport]
) -> None:
    graph = start_graph(callers="keys", key_file=tmp_path / "keys.json")
    async with Client(transport=connect(url_of(graph), key)) as session:
        assert await session.execute(QUOTA) == {"upstreamQuota": {"__typename": "UpstreamQuota"}}
    with pytest.raises((TransportQueryError, TransportServerError, TransportClosed, TransportConnectionFailed)):
        async with Client(transport=connect(url_of(graph), "not-a-key")) as session:
            await session.execute(QUOTA)
