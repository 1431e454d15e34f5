"""Payloads of funds, Grayscale and chains in the forms that only they have."""

from datetime import UTC, datetime

import pytest

from cg_client.params.choices import NewsflashLanguage
from cg_client.params.funds_and_chain import Newsflashes
from sandbox.samples import sample
from tests.cases import CASES
from tests.test_samples import answer, decoded, in_first_record
from tests.upstream import StubUpstream, field


async def test_premiums_of_a_single_fund_may_be_flat() -> None:
    path = "/api/etf/bitcoin/premium-discount/history"
    day = sample(path)["data"][0]
    flat = {"timestamp": day["timestamp"]} | {name: value for name, value in day["list"][0].items() if name != "ticker"}
    query = CASES[path].text().replace("premiumDiscount {", 'premiumDiscount(ticker: "GBTC") {')
    actual = await field(query, StubUpstream({path: {"code": "0", "data": [flat]}}))
    expected = answer(path)
    assert actual["latest"] == expected["latest"] | {"byTicker": expected["latest"]["byTicker"][:1]}
    unnamed = await field(CASES[path].text(), StubUpstream({path: {"code": "0", "data": [flat]}}))
    assert (unnamed["code"], "ticker" in unnamed["message"]) == ("BAD_PAYLOAD", True)


async def test_an_ether_fund_may_have_the_names_of_a_bitcoin_fund() -> None:
    path, live = "/api/etf/ethereum/list", {"name": "fund_name", "type": "fund_type", "asset_info": "asset_details"}
    rename = lambda record: [record.update({new: record.pop(old)}) for old, new in live.items()]  # noqa: E731  # as above
    assert await decoded(path, lambda data: in_first_record(data, rename)) == answer(path)


async def test_the_times_of_a_grayscale_premium_may_be_called_time_list() -> None:
    path = "/api/grayscale/premium-history"
    rename = lambda record: record.update(time_list=record.pop("date_list"))  # noqa: E731  # as above
    assert await decoded(path, lambda data: in_first_record(data, rename)) == answer(path)
    assert await decoded(path, lambda data: data[0]) == answer(path)
    nameless = await decoded(path, lambda data: in_first_record(data, lambda record: record.pop("date_list")))
    assert (nameless["code"], "date_list" in nameless["message"]) == ("BAD_PAYLOAD", True)


async def test_balances_by_exchange_may_be_sent_without_the_outer_list() -> None:
    path = "/api/exchange/balance/chart"
    assert await decoded(path, lambda data: data[0]) == answer(path)


@pytest.mark.parametrize(("first", "kind"), [(100, "ExchangeTransfers"), (101, "InvalidInput")])
async def test_a_page_of_transfers_is_no_longer_than_coinglass_gives(first: int, kind: str) -> None:
    query = f"{{ onChain {{ it: exchangeTransfers(first: {first}) {{ __typename }} }} }}"
    assert await field(query, StubUpstream()) == {"__typename": kind}


@pytest.mark.parametrize(
    "selection",
    [
        'whaleTransfers(coin: "ETH") { ... on WhaleTransfers { transfers { symbol } } }',
        'exchangeTransfers(coin: "ETH", minUsd: 9000) { ... on ExchangeTransfers { transfers { symbol } } }',
    ],
)
async def test_the_sandbox_transfers_the_coin_that_was_requested(selection: str) -> None:
    actual = await field(f"{{ onChain {{ it: {selection} }} }}", StubUpstream())
    assert {row["symbol"] for row in actual["transfers"]} == {"ETH"}


async def test_flows_still_have_the_list_of_their_points_under_its_former_name() -> None:
    selection = "{ time flowUsd byTicker { ticker flowUsd } }"
    query = f"{{ etf(asset: BTC) {{ it: flows {{ ... on ETFFlows {{ points {selection} days {selection} }} }} }} }}"
    actual = await field(query, StubUpstream())
    assert actual["points"]
    assert actual["days"] == actual["points"]


@pytest.mark.parametrize(
    ("selection", "unit"),
    [
        ("openInterest(interval: D1) { ... on OISeries { unit } }", "USD"),
        ("openInterest(interval: D1, unit: COIN) { ... on OISeries { unit } }", "COIN"),
        ("openInterest(interval: D1, margin: COIN) { ... on OISeries { unit } }", "USD"),
        ("fundingRate(interval: D1) { ... on CandleSeries { unit } }", "PERCENT"),
    ],
)
async def test_a_series_of_candles_states_their_unit(selection: str, unit: str) -> None:
    assert await field(f'{{ coin(symbol: "BTC") {{ it: {selection} }} }}', StubUpstream()) == {"unit": unit}


async def test_an_unsupported_etf_asset_is_answered_with_the_supported_ones() -> None:
    actual = await field(
        '{ etf(asset: XRP) { it: history(ticker: "X") { ... on Problem { code message } } } }', StubUpstream()
    )
    assert actual["code"] == "NO_DATA"
    assert "BTC" in actual["message"]


@pytest.mark.parametrize(
    "root", ["economicCalendar { economicData", "cryptoNews { articles", "onChain { whaleTransfers"]
)
async def test_a_window_that_ends_before_it_starts_is_refused(root: str) -> None:
    window = 'from: "2025-02-01T00:00:00Z", to: "2025-01-01T00:00:00Z"'
    named = root.replace("{ ", "{ it: ")
    result = await field(
        f"{{ {named}({window}) {{ __typename ... on InvalidInput {{ argument }} }} }} }}", StubUpstream()
    )
    assert result == {"__typename": "InvalidInput", "argument": "from"}


async def test_language_and_window_are_sent_under_coinglass_names() -> None:
    window = Newsflashes(page=2, per_page=10, language=NewsflashLanguage.ZH_TW, from_=datetime(2025, 1, 1, tzinfo=UTC))
    assert window.query() == {"page": "2", "per_page": "10", "language": "zh-tw", "start_time": "1735689600000"}


async def test_the_next_page_of_news_is_requested() -> None:
    selection = "... on CryptoArticleList {{ articles {{ title }} pageInfo {{ endCursor }} }}"
    query = f"{{{{ cryptoNews {{{{ it: articles({{}}) {{{{ {selection} }}}} }}}} }}}}"
    first = await field(query.format("first: 1"), StubUpstream())
    cursor = first["pageInfo"]["endCursor"]
    second = await field(query.format(f'first: 1, after: "{cursor}"'), StubUpstream())
    titles = [row["title"] for page in (first, second) for row in page["articles"]]
    assert titles == [row["article_title"] for row in sample("/api/article/list")["data"]]


async def test_an_empty_text_as_a_figure_is_null() -> None:
    path = "/api/etf/bitcoin/net-assets/history"
    actual = await decoded(path, lambda data: in_first_record(data, lambda record: record.update(price_usd="")))
    assert actual["columns"]["priceUsd"] == [None, *answer(path)["columns"]["priceUsd"][1:]]
