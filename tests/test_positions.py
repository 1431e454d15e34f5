"""What cases of one query cannot show: choices that exclude each other, shared lists, numbered pages."""

from typing import Any

import pytest

from tests.upstream import StubUpstream, ask

PROBLEM = "... on Problem { code message }"
ADDRESS = "0x5b5d51203a0f9079f8aeb098a6523a13f298c060"


async def refusal(query: str) -> str:
    """Return the message of the one part that is requested, which is InvalidInput."""
    (root,) = (await data(query, StubUpstream())).values()
    (result,) = root.values()
    assert result["code"] == "BAD_USER_INPUT"
    message: str = result["message"]
    return message


async def data(query: str, upstream: StubUpstream) -> Any:
    answer = await ask(query, upstream)
    assert not answer["errors"], answer["errors"]
    return answer["data"]


def open_interest(arguments: str) -> str:
    return f"""{{ coin(symbol: "BTC") {{ openInterest(interval: D1, last: 3, {arguments}) {{ __typename
        ... on OISeries {{ count source {{ endpoint }} }} {PROBLEM} }} }} }}"""


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        ("margin: COIN, unit: COIN", "leave out `unit`"),
        ('exchanges: ["Binance"]', "Give `margin`"),
        ("margin: COIN, exchanges: []", "`exchanges` is empty"),
    ],
)
async def test_choices_of_open_interest_that_exclude_each_other_are_refused(arguments: str, remedy: str) -> None:
    assert remedy in await refusal(open_interest(arguments))


@pytest.mark.parametrize(
    ("arguments", "endpoint"),
    [
        ("unit: COIN", "aggregated-history"),
        ("margin: null, exchanges: null", "aggregated-history"),
        ("margin: STABLECOIN", "aggregated-stablecoin-history"),
        ('margin: COIN, exchanges: ["okx"]', "aggregated-coin-margin-history"),
    ],
)
async def test_open_interest_comes_from_the_endpoint_of_its_margin(arguments: str, endpoint: str) -> None:
    result = (await data(open_interest(arguments), StubUpstream()))["coin"]["openInterest"]
    assert result == {
        "__typename": "OISeries",
        "count": 3,
        "source": {"endpoint": f"/api/futures/open-interest/{endpoint}"},
    }


@pytest.mark.parametrize(("written", "sent"), [("deribit", "Deribit"), (" okx", "OKX"), ("Elsewhere", "Elsewhere")])
async def test_a_venue_of_options_is_sent_by_the_name_that_coinglass_has_for_it(written: str, sent: str) -> None:
    upstream = StubUpstream()
    await data(
        f"""{{ coin(symbol: "BTC") {{ options {{ maxPain(exchange: "{written}") {{ __typename }} }} }} }}""", upstream
    )
    ((_, query),) = (request for request in upstream.sandbox.requests if request[0] == "/api/option/max-pain")
    assert query["exchange"] == sent


async def test_coins_and_the_whole_list_share_one_request() -> None:
    upstream = StubUpstream()
    result = await data(
        """{ markets { liquidationMaxPain(range: D7) { ... on LiquidationMaxPains { coins { symbol } } } }
             coins(symbols: ["ETH", "SOL"]) { nodes { liquidationMaxPain(range: D7) {
               ... on LiquidationMaxPain { symbol long { priceUsd sizeUsd } } } } } }""",
        upstream,
    )
    assert [coin["liquidationMaxPain"]["symbol"] for coin in result["coins"]["nodes"]] == ["ETH", "SOL"]
    assert upstream.sandbox.calls["/api/futures/liquidation/max-pain"] == 1


async def test_each_period_is_a_separate_list() -> None:
    upstream = StubUpstream()
    await data(
        """{ coin(symbol: "BTC") { week: accumulatedFundingRates(range: D7) { __typename }
             day: accumulatedFundingRates { __typename } } }""",
        upstream,
    )
    assert upstream.sandbox.calls["/api/futures/funding-rate/accumulated-exchange-list"] == 2


POSITIONS = f"""query($after: String) {{ hyperliquid {{ positions(coin: "eth", after: $after) {{
    ... on HyperliquidPositions {{ currentPage totalPages positions {{ symbol }}
      pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} {PROBLEM} }} }} }}"""


async def test_pages_with_a_stated_total_are_followed_to_the_last() -> None:
    seen, after, more = [], None, True
    while more:
        answer = await ask(POSITIONS, StubUpstream(), after=after)
        page = answer["data"]["hyperliquid"]["positions"]
        assert page["positions"] == [{"symbol": "ETH"}]
        seen.append(page["currentPage"])
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == [*range(1, 11)]


async def test_a_cursor_of_another_list_is_refused() -> None:
    answer = await ask(POSITIONS, StubUpstream(), after="QQ==")
    assert "no cursor of this list" in answer["data"]["hyperliquid"]["positions"]["message"]


@pytest.mark.parametrize("interval", ["M1", "M15", "H4", "W1"])
async def test_an_interval_that_an_endpoint_lacks_is_refused_with_those_that_it_has(interval: str) -> None:
    query = f'{{ hyperliquid {{ longShortAccounts(coin: "BTC", interval: {interval}) {{ {PROBLEM} }} }} }}'
    assert "M5, H1, D1" in await refusal(query)


async def test_an_invalid_address_is_refused() -> None:
    assert "hexadecimal" in await refusal(f'{{ hyperliquid {{ wallet(address: "0x12") {{ {PROBLEM} }} }} }}')
    result = await data(f'{{ hyperliquid {{ wallet(address: "{ADDRESS}") {{ __typename }} }} }}', StubUpstream())
    assert result["hyperliquid"]["wallet"]["__typename"] == "HyperliquidWallet"


async def test_exchanges_of_an_arbitrage_may_be_named() -> None:
    upstream = StubUpstream()
    query = "{{ markets {{ fundingArbitrage(usd: {}, exchanges: {}) {{ __typename {} }} }} }}"
    assert "`exchanges` is empty" in await refusal(query.format(1000, "[]", PROBLEM))
    assert "`usd` is a number from 1" in await refusal(query.format(0, "null", PROBLEM))
    for exchanges in ("null", '["okx", "BINANCE"]'):
        result = await data(query.format(1000, exchanges, PROBLEM), upstream)
        assert result["markets"]["fundingArbitrage"] == {"__typename": "FundingArbitrage"}
    queries = [query for path, query in upstream.sandbox.requests if path.endswith("/arbitrage")]
    assert queries == [{"usd": "1000"}, {"usd": "1000", "exchange_list": "Binance,OKX"}]
