"""Parameters of CoinGlass that narrow an answer: a fund's ticker, the exchanges of a coin's market."""

from typing import Any

import pytest

from sandbox.samples import sample
from tests.upstream import StubUpstream, ask, field

NET_ASSETS = "/api/etf/{}/net-assets/history"
MARKETS = "/api/futures/coins-markets"


def queries(upstream: StubUpstream, path: str) -> list[dict[str, str]]:
    return [query for request_path, query in upstream.sandbox.requests if request_path == path]


async def net_assets(asset: str, arguments: str, upstream: StubUpstream) -> dict[str, Any]:
    return await ask(
        f"{{ etf(asset: {asset}) {{ netAssets{arguments} {{ __typename ... on ETFNetAssets {{ count }} "
        "... on Problem { message } } } }",
        upstream,
    )


async def test_net_assets_of_one_fund_are_requested_by_its_ticker() -> None:
    upstream = StubUpstream()
    assert not (await net_assets("BTC", '(ticker: "GBTC")', upstream))["errors"]
    assert not (await net_assets("BTC", "", upstream))["errors"]
    assert queries(upstream, NET_ASSETS.format("bitcoin")) == [{"ticker": "GBTC"}, {}]


async def test_a_ticker_is_refused_where_coinglass_would_ignore_it() -> None:
    upstream = StubUpstream()
    refused = await net_assets("ETH", '(ticker: "ETHE")', upstream)
    assert "leave out `ticker`" in str(refused["data"])
    assert not queries(upstream, NET_ASSETS.format("ethereum"))
    assert not (await net_assets("ETH", "(last: 1)", upstream))["errors"]


def coins(*markets: str) -> str:
    parts = " ".join(
        f'{name}: coin(symbol: "{coin}") {{ market{exchanges} {{ ... on CoinMarket {{ symbol price {{ last }} }} '
        f"... on InvalidInput {{ code message suggestions }} }} }}"
        for name, coin, exchanges in (item.split("|") for item in markets)
    )
    return f"{{ {parts} }}"


async def test_only_coins_with_the_same_exchanges_share_a_list() -> None:
    upstream = StubUpstream()
    chosen, other = '(exchanges: ["okx", "binance"])', '(exchanges: ["Binance", "OKX", "OKX"])'
    query = coins(f"a|BTC|{chosen}", f"b|ETH|{other}", "c|BTC|", 'd|SOL|(exchanges: ["Bybit"])')
    answer = await ask(query, upstream)
    assert not answer["errors"]
    assert sorted(item.get("exchange_list", "") for item in queries(upstream, MARKETS)) == ["", "Binance,OKX", "Bybit"]


async def test_a_market_is_that_of_the_exchanges_that_were_requested() -> None:
    class ByExchanges(StubUpstream):
        """Prices that depend on the exchanges."""

        async def handle_async_request(self, request: Any) -> Any:
            chosen = request.url.params.get("exchange_list", "all")
            row = sample(MARKETS)["data"][0] | {"current_price": float(len(chosen))}
            self.bodies = {MARKETS: {"code": "0", "data": [row]}}
            return await super().handle_async_request(request)

    query = coins('a|BTC|(exchanges: ["Binance"])', 'b|BTC|(exchanges: ["OKX"])', "c|BTC|")
    data = (await ask(query, ByExchanges()))["data"]
    assert {name: result["market"]["price"]["last"] for name, result in data.items()} == {"a": 7.0, "b": 3.0, "c": 3.0}


@pytest.mark.parametrize(("exchanges", "fact"), [("[]", "`exchanges` is empty"), ('["Binanze"]', "Binance")])
async def test_exchanges_that_make_no_sense_are_refused_before_anything_is_sent(exchanges: str, fact: str) -> None:
    upstream = StubUpstream()
    refused = (await ask(coins(f"a|BTC|(exchanges: {exchanges})"), upstream))["data"]["a"]["market"]
    assert refused["code"] == "BAD_USER_INPUT"
    assert fact in refused["message"] + str(refused["suggestions"])
    assert not queries(upstream, MARKETS)


async def test_pairs_of_one_exchange_come_from_the_listing_of_all() -> None:
    """CoinGlass takes `exchange` for its listing too; the whole listing costs as much and serves every exchange."""
    upstream = StubUpstream()
    query = '{ it: pairs(exchange: "okx", first: 2) { nodes { exchange } } }'
    assert {item["exchange"] for item in (await field(query, upstream))["nodes"]} == {"OKX"}
    assert queries(upstream, "/api/futures/supported-exchange-pairs") == [{}]
