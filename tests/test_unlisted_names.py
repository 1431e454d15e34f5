"""A name for which CoinGlass has nothing is a mistake if it lists no such name, and otherwise an empty list."""

from typing import Any

import pytest

from pagination.connections import upstream_page_info
from sandbox.samples import sample
from tests.upstream import StubUpstream, field

GRAYSCALE, BALANCE_CHART = "/api/grayscale/premium-history", "/api/exchange/balance/chart"
# Of what is not simply a list.
EMPTY_LISTS = {
    GRAYSCALE: [
        {"primary_market_price": [], "date_list": [], "secondary_market_price_list": [], "premium_rate_list": []}
    ],
    BALANCE_CHART: [{"time_list": [], "price_list": [], "data_map": {}}],
}
DOWN = {"code": "500", "msg": "Server Error"}
BALANCES, TRANSFERS = "/api/exchange/balance/list", "/api/exchange/chain/tx/list"
MAX_PAIN, OPTIONS, FUNDS = "/api/option/max-pain", "/api/option/info", "/api/etf/bitcoin/list"
# Path, parent, and field with its argument, where the name goes in.
FIELDS = {
    MAX_PAIN: ('coin(symbol: "BTC") { options', "maxPain(exchange: %s)"),
    "/api/etf/bitcoin/net-assets/history": ("etf(asset: BTC)", "netAssets(ticker: %s)"),
    "/api/etf/bitcoin/premium-discount/history": ("etf(asset: BTC)", "premiumDiscount(ticker: %s)"),
    "/api/etf/bitcoin/history": ("etf(asset: BTC)", "history(ticker: %s)"),
    "/api/etf/bitcoin/price/history": ("etf(asset: BTC)", "price(ticker: %s, last: 1)"),
    "/api/etf/bitcoin/aum": ("etf(asset: BTC)", "assetsUnderManagement(ticker: %s)"),
    GRAYSCALE: ("grayscale", "premium(coin: %s)"),
    BALANCES: ("onChain", "exchangeBalances(coin: %s)"),
    BALANCE_CHART: ("onChain", "exchangeBalanceHistory(coin: %s)"),
    TRANSFERS: ("onChain", "exchangeTransfers(coin: %s)"),
    "/api/chain/v2/whale-transfer": ("onChain", "whaleTransfers(coin: %s)"),
    "/api/futures/liquidation/exchange-list": ("markets", "liquidationsByExchange(symbol: %s)"),
}
WITHOUT_DATA = {
    "/api/etf/bitcoin/detail": ("etf(asset: BTC)", "detail(ticker: %s)"),
    "/api/coin/vesting": ("onChain", "vesting(coin: %s)"),
}
# What the field's argument is about: a listed name, a typing error, and what is suggested for that.
LISTED = {"exchange": "Deribit", "ticker": "GBTC", "coin": "BTC", "symbol": "BTC"}
MISTYPED = {
    "exchange": ("Derbit", "Deribit"),
    "ticker": ("GBTCC", "GBTC"),
    "coin": ("DOGGE", "DOGE"),
    "symbol": ("DOGGE", "DOGE"),
}


def query(path: str, name: str, more: str = "") -> str:
    parent, selected = (FIELDS | WITHOUT_DATA)[path]
    argument = selected.replace("%s", f'"{name}"{more}')
    problem = "... on Problem { code message } ... on InvalidInput { argument suggestions }"
    return f"{{ {parent} {{ it: {argument} {{ __typename {problem} }} }} {'}' * parent.count('{')} }}"


async def answered(path: str, name: str, bodies: dict[str, Any] | None = None, more: str = "") -> dict[str, Any]:
    empty = {"code": "0", "data": EMPTY_LISTS.get(path, [])}
    answer: dict[str, Any] = await field(query(path, name, more), StubUpstream({path: empty} | (bodies or {})))
    return answer


def argument_of(path: str) -> str:
    return (FIELDS | WITHOUT_DATA)[path][1].partition("(")[2].partition(":")[0]


@pytest.mark.parametrize("path", FIELDS | WITHOUT_DATA)
async def test_an_empty_answer_for_an_unknown_name_is_a_mistake_with_the_nearest_name(path: str) -> None:
    argument = argument_of(path)
    mistyped, meant = MISTYPED[argument]
    answer = await answered(path, mistyped)
    assert (answer["__typename"], answer["code"], answer["argument"]) == ("InvalidInput", "BAD_USER_INPUT", argument)
    assert meant in answer["suggestions"]
    assert repr(mistyped) in answer["message"]


@pytest.mark.parametrize("path", FIELDS)
async def test_an_empty_list_for_a_listed_name_is_an_empty_list(path: str) -> None:
    answer = await answered(path, LISTED[argument_of(path)])
    assert answer["__typename"] not in {"InvalidInput", "Unavailable", "PlanGated"}


async def test_without_data_for_a_listed_name_the_problem_says_so() -> None:
    for path in WITHOUT_DATA:
        answer = await answered(path, LISTED[argument_of(path)])
        assert (answer["__typename"], answer["code"]) == ("Unavailable", "NO_DATA")


async def test_all_exchanges_of_options_are_suggested_where_none_is_similar() -> None:
    answer = await answered(MAX_PAIN, "Foo")
    assert answer["suggestions"] == ["Deribit", "CME", "OKX", "Bybit", "Binance"]


async def test_a_name_in_other_capitals_than_coinglass_writes_is_named_as_it_does() -> None:
    answer = await answered(BALANCES, "btc")
    assert (answer["argument"], answer["suggestions"]) == ("coin", ["BTC"])


async def test_the_exchange_of_options_may_be_in_any_capitals() -> None:
    assert (await answered(MAX_PAIN, "deribit"))["__typename"] == "OptionsMaxPain"


async def test_a_token_of_one_chain_is_looked_up_as_its_coin() -> None:
    assert (await answered(BALANCES, "BTC(ETH)"))["__typename"] == "ExchangeBalances"
    assert (await answered(BALANCES, "DOGGE(ETH)"))["__typename"] == "InvalidInput"


async def test_a_name_that_has_rows_is_served_though_no_listing_has_it() -> None:
    answer: dict[str, Any] = await field(query(MAX_PAIN, "Newcomer"), StubUpstream({MAX_PAIN: sample(MAX_PAIN)}))
    assert answer["__typename"] == "OptionsMaxPain"


@pytest.mark.parametrize("path", [MAX_PAIN, "/api/etf/bitcoin/history"])
async def test_without_a_listing_the_empty_list_stands(path: str) -> None:
    answer = await answered(path, "Foo", {OPTIONS: DOWN, FUNDS: DOWN})
    assert answer["__typename"] in {"OptionsMaxPain", "FundHistory"}


async def test_the_end_of_a_list_says_nothing_about_the_name() -> None:
    assert (await answered(TRANSFERS, "DOGGE"))["__typename"] == "InvalidInput"
    end = upstream_page_info(number=1, size=50, rows=50).end_cursor
    answer = await answered(TRANSFERS, "DOGGE", more=f', first: 50, after: "{end}"')
    assert answer["__typename"] == "ExchangeTransfers"
