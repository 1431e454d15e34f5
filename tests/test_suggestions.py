"""An error about a wrong name leads to the right one, and to nothing where suggestions are off."""

from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLError, parse, parse_const_value, validate

from served_schema.rules import RULES
from tests.cases import SCHEMA
from tests.conftest import StartGraph

ENUMS = [
    kind
    for name, kind in SCHEMA._schema.type_map.items()
    if isinstance(kind, GraphQLEnumType) and not name.startswith(("_", "link__"))
]


def messages(query: str, *, hidden: bool = False) -> list[str]:
    errors = validate(SCHEMA._schema, parse(query), RULES, hide_suggestions=hidden)
    return [error.message for error in errors]


def on_coin(selection: str) -> str:
    return f'{{ coin(symbol: "BTC") {{ {selection} }} }}'


def on_pair(selection: str) -> str:
    return f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ {selection} }} }}'


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"1h"', "H1"),
        ('"H1"', "H1"),
        ('"h1"', "H1"),
        ('"4 hours"', "H4"),
        ('"1d"', "D1"),
        ('"24h"', "D1"),
        ('"daily"', "D1"),
        ('"7d"', "W1"),
        ('"60m"', "H1"),
        ('"15min"', "M15"),
    ],
)
def test_a_text_instead_of_an_interval_names_the_interval_and_its_form(written: str, meant: str) -> None:
    (message,) = messages(on_coin(f"fundingRate(interval: {written}) {{ __typename }}"))
    assert message == (
        f"Enum 'Interval' cannot represent non-enum value: {written}. Did you mean {meant}, without quotes?"
    )


@pytest.mark.parametrize(("written", "meant"), [("24h", "D1"), ("1h", "H1"), ("D7", "W1"), (900, None)])
def test_a_wrong_interval_in_variables_names_the_right_one_as_a_text(
    start_graph: StartGraph, written: str | int, meant: str | None
) -> None:
    query = 'query($i: Interval!) { coin(symbol: "BTC") { fundingRate(interval: $i) { __typename } } }'
    (error,) = start_graph().ask(query, i=written)["errors"]
    if meant is None:
        assert 'Its values are "M1", ' in error["message"]
        assert error["message"].endswith(", as a text.")
    else:
        assert error["message"].endswith(f' Did you mean "{meant}"?')


@pytest.mark.parametrize("enum", ENUMS, ids=str)
def test_every_value_of_every_enum_is_recognized_as_a_text(enum: GraphQLEnumType) -> None:
    for name in enum.values:
        with pytest.raises(GraphQLError, match=rf"Did you mean (.*, )?{name}\b.*, without quotes\?"):
            enum.coerce_input_literal(parse_const_value(f'"{name.lower()}"'))


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("BITCOIN", "Did you mean BTC or HONG_KONG_BTC?"),
        ("ETHEREUM", "Did you mean ETH?"),
        ("SOLANA", "Did you mean SOL?"),
        ("HONG_KONG_BITCOIN", "Did you mean HONG_KONG_BTC?"),
        ("DOGE", "Its values are BTC, ETH, SOL, XRP, HYPE, HONG_KONG_BTC."),
    ],
)
def test_a_wrong_value_names_the_values_that_exist(written: str, hint: str) -> None:
    (message,) = messages(f"{{ etf(asset: {written}) {{ asset }} }}")
    assert message == f"Value '{written}' does not exist in 'ETFAsset' enum. {hint}"


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        (on_coin("fearAndGreed { __typename }"), "'sentiment { fearGreed }'"),
        ("{ fearGreed { __typename } }", "'indicators { fearGreed }'"),
        ("{ fundingRate { __typename } }", "'coin { fundingRate }'"),
        ("{ etfFlows { __typename } }", "'etf { flows }'"),
        ("{ coins(first: 1) { price } }", "'nodes { market { ... on CoinMarket { price } } }'"),
        ("{ news { __typename } }", "'cryptoNews'"),
        ("{ topMovers { __typename } }", "'markets { priceChanges }'"),
        ("{ sentiment { coinbasePremium { __typename } } }", "'query { indicators { coinbasePremium } }'"),
        (on_coin("coinbasePremium { __typename }"), "'query { indicators { coinbasePremium } }'"),
        ("{ coins(orderBy: OPEN_INTEREST_USD) { totalCount } }", "'markets { coins(orderBy: ...) }'"),
        ("{ coins(first: 1) { symbol } }", "'nodes { symbol }'"),
        (on_coin("oi { __typename }"), "'openInterest'"),
        (on_coin("cvd { __typename }"), "'cumulativeVolumeDelta'"),
        (on_coin("fundingRateByExchange { __typename }"), "'currentFundingRates'"),
        (on_coin("liquidationHistory { __typename }"), "'liquidations'"),
        (on_coin("maxPain { __typename }"), "'options { maxPain }'"),
        (on_coin("price { __typename }"), "'market { ... on CoinMarket { price } }'"),
        (on_pair("klines { __typename }"), "'price'"),
        (on_pair("longShort { __typename }"), "'longShortRatio'"),
        (on_coin("liquidations(interval: D1) { ... on Liquidations { points { time } } }"), "'bars'"),
        (on_coin("liquidations(interval: D1) { bars { time } }"), "'... on Liquidations { bars }'"),
        (on_coin("liquidations(interval: D1) { data { time } }"), "'... on Liquidations { bars }'"),
        (on_coin("liquidations(interval: D1) { message }"), "'... on Problem { message }'"),
        (on_coin("fundingRate(interval: D1) { ... on FundingSeries { close } }"), "'candles { close }'"),
        (on_coin("orderbook(interval: H1, rangePercent: 2) { __typename }"), "'depthPercent'"),
        (on_coin("fundingRate(interval: D1, limit: 3) { __typename }"), "'last'"),
        (on_coin('fundingRate(interval: D1, exchange: "OKX") { __typename }'), "'pair(exchange: ...) { fundingRate }'"),
        (
            on_coin("currentFundingRates { exchanges { exchange } }"),
            "'... on CurrentFundingRates { stablecoinMargined }'",
        ),
        ("{ calendar { __typename } }", "'economicCalendar'"),
        (on_coin("openInterest(interval: D1) { ... on OpenInterestSeries { count } }"), "'OISeries'"),
        (on_coin("openInterest(interval: D1) { ... on PriceSeries { count } }"), "'OISeries'"),
        (on_coin("openInterest(interval: D1)"), "'openInterest { ... on OISeries { ... } }'"),
    ],
)
def test_a_guess_leads_to_the_name(query: str, meant: str) -> None:
    (message,) = messages(query)
    assert "Did you mean " in message
    assert meant in message


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        (on_coin("fundingRate(timeframe: D1) { __typename }"), "'interval'"),
        ('{ coin(ticker: "BTC") { symbol } }', "'symbol'"),
    ],
)
def test_an_argument_that_is_required_is_suggested_for_another(query: str, meant: str) -> None:
    assert any(f"Did you mean {meant}" in message for message in messages(query))


def test_an_argument_that_a_field_has_is_not_suggested_for_another() -> None:
    (message,) = messages(on_coin("orderbook(interval: H1, range: 2) { __typename }"))
    assert "Did you mean 'interval'" not in message
    assert "depthPercent" in message


def test_a_field_of_the_root_is_not_suggested_for_a_value_of_a_row() -> None:
    (message,) = messages("{ hyperliquid { whaleAlerts { ... on WhaleAlerts { alerts { exchange } } } } }")
    assert "query {" not in message


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (on_coin('fundingRate(interval: "1h") { __typename }'), {}),
        ("{ etf(asset: DOGE) { asset } }", {}),
        ("{ fearGreed { __typename } }", {}),
        (on_coin("liquidations(interval: D1) { data { time } }"), {}),
        (on_coin("fundingRate(timeframe: D1, interval: D1) { __typename }"), {}),
        ('query($i: Interval!) { coin(symbol: "BTC") { fundingRate(interval: $i) { __typename } } }', {"i": "24h"}),
    ],
)
def test_no_name_is_suggested_where_suggestions_are_off(
    start_graph: StartGraph, query: str, variables: dict[str, Any]
) -> None:
    (error,) = start_graph(suggestions=False).ask(query, **variables)["errors"]
    assert "Did you mean" not in error["message"]
    for name in ("H1", "D1,", "BTC", "indicators", "bars", "'interval'"):
        assert name not in error["message"]


def test_a_name_beyond_any_likeness_suggests_nothing() -> None:
    (message,) = messages(f"{{ {'z' * 200} }}")
    assert message.endswith("on type 'Query'.")


def test_two_fields_of_a_subscription_lead_to_two_subscriptions() -> None:
    (message,) = messages("subscription { fearGreed { __typename } coinMarkets { __typename } }")
    assert message == (
        "Anonymous Subscription must select only one top level field. "
        "Send a subscription for each; one WebSocket carries many."
    )
    (message,) = messages("subscription { __typename }")
    assert message == "Anonymous Subscription must not select an introspection top level field."
