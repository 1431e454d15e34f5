"""`estimate >= dry run >= X-Upstream-Calls`, for generated operations and for the examples, over real sockets.

The listings are loaded before. A name that is not listed may cause each listing to be requested again, once a minute.
"""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Graph
from tests.test_examples import EXAMPLES

LISTINGS = "{ coins { totalCount } pairs { totalCount } spotPairs { totalCount } exchanges { name } }"
LISTING_CALLS = 4  # at most, when a name is not listed: coins, futures pairs, spot pairs, exchanges

COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE")
times = st.sampled_from(["2026-01-01", "2026-05-03T04:00:00Z", "2026-06-30", "2026-09-01"])
windows = st.one_of(
    st.integers(1, 900).map(lambda last: f"last: {last}"),
    st.tuples(times, times).map(lambda pair: f'from: "{min(pair)}", to: "{max(pair)}"'),
    times.map(lambda time: f'from: "{time}"'),
    st.tuples(st.integers(1, 500), times).map(lambda pair: f'last: {pair[0]}, to: "{pair[1]}"'),
)
intervals = st.sampled_from(["H4", "H12", "D1", "W1"])
arguments = st.tuples(intervals, windows).map(lambda pair: f"(interval: {pair[0]}, {pair[1]})")


def series(*names: str) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(names), arguments).map(lambda pair: f"{pair[0]}{pair[1]} {{ __typename }}")


coin_fields = st.one_of(
    series("fundingRate", "openInterest", "liquidations"),
    st.sampled_from(["currentFundingRates", "market", "openInterestByExchange", "spotMarket"]).map(
        lambda name: f"{name} {{ __typename }}"
    ),
)
pair_fields = st.one_of(
    series("price", "fundingRate", "openInterest", "rsi", "orderbook"), st.just("market { __typename }")
)


def aliased(fields: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    """Return selections of several fields under aliases."""
    return st.lists(fields, min_size=1, max_size=most).map(
        lambda chosen: " ".join(f"f{number}: {text}" for number, text in enumerate(chosen))
    )


coins, pairs = aliased(coin_fields), aliased(pair_fields)
names = st.lists(st.sampled_from(COINS), min_size=1, max_size=4, unique=True).map(json.dumps)
firsts = st.integers(1, 4)
ROOTS = st.one_of(
    st.tuples(st.sampled_from(COINS), coins).map(lambda pair: f'coin(symbol: "{pair[0]}") {{ {pair[1]} }}'),
    st.tuples(st.sampled_from(COINS), pairs).map(
        lambda pair: f'pair(exchange: "Binance", symbol: "{pair[0]}/USDT") {{ {pair[1]} }}'
    ),
    st.tuples(names, coins).map(lambda pair: f"coins(symbols: {pair[0]}) {{ nodes {{ {pair[1]} }} }}"),
    coins.map(lambda text: f"coins(symbols: $names) {{ edges {{ node {{ {text} }} }} }}"),
    coins.map(lambda text: f"coins(symbols: $other) {{ nodes {{ ...Part ... on Coin {{ {text} }} }} }}"),
    st.tuples(firsts, pairs).map(
        lambda pair: f'pairs(exchange: "OKX", first: {pair[0]}) {{ nodes {{ {pair[1]} coin {{ ...Part }} }} }}'
    ),
    st.tuples(firsts, coins).map(lambda pair: f"coins(first: {pair[0]}) {{ nodes {{ {pair[1]} }} }}"),
    st.tuples(names, coins).map(lambda pair: f"coinsBySymbol(symbols: {pair[0]}) {{ {pair[1]} }}"),
    coins.map(lambda text: f"coinsBySymbol(symbols: $needed) {{ {text} ...Part }}"),
    st.tuples(names, pairs).map(
        lambda pair: (
            "pairsByKey(keys: ["
            + ", ".join(f'{{ exchange: "OKX", symbol: "{name}/USDT" }}' for name in json.loads(pair[0]))
            + f"]) {{ {pair[1]} }}"
        )
    ),
    st.tuples(names, coins).map(
        lambda pair: (
            "_entities(representations: ["
            + ", ".join(f'{{ __typename: "Coin", symbol: "{name}" }}' for name in json.loads(pair[0]))
            + f"]) {{ ... on Coin {{ {pair[1]} }} }}"
        )
    ),
)
HEAD = 'query ($names: [String!] = ["BTC", "ETH"], $other: [String!], $needed: [String!]! = ["SOL", "XRP"]) '


@st.composite
def operations(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    roots = draw(st.lists(ROOTS, min_size=1, max_size=3))
    roots += ["needed: coinsBySymbol(symbols: $needed) { symbol }"]
    roots += ["unused: coins(symbols: $names) { totalCount }", "others: coins(symbols: $other) { nodes { ...Part } }"]
    text = " ".join(root if ":" in root.split("(")[0] else f"r{at}: {root}" for at, root in enumerate(roots))
    part = f"fragment Part on Coin {{ part: {draw(coin_fields)} }}"
    variables = {"other": json.loads(draw(names))} | draw(st.sampled_from([{}, {"names": ["SOL", "XRP", "DOGE"]}]))
    return f"{HEAD}{{ {text} }} {part}", variables


def values_of(data: object) -> int:
    """Count scalars, objects and lists below the root."""
    if isinstance(data, dict):
        return sum(map(values_of, data.values())) + 1
    if isinstance(data, list):
        return sum(map(values_of, data)) + 1
    return 1


def post(graph: Graph, query: str, variables: dict[str, Any], **headers: str) -> httpx.Response:
    body = {"query": query, "variables": variables}
    return graph.http.post("/graphql", json=body, headers={"content-type": "application/json"} | headers)


def check(graph: Graph, query: str, variables: dict[str, Any], *, all_sizes_stated: bool = True) -> None:
    report = post(graph, query, variables, **{"x-dry-run": "1"}).json()
    if "extensions" not in report or "plan" not in report["extensions"]:
        assert {error["extensions"]["code"] for error in report["errors"]} <= {"QUERY_TOO_COMPLEX"}, report
        return
    plan = report["extensions"]["plan"]
    response = post(graph, query, variables)
    sent = int(response.headers["x-upstream-calls"])
    assert plan["estimate"]["calls"] >= plan["callsToFetch"] + plan["callsToRefresh"]
    assert plan["estimate"]["calls"] >= sent
    if plan["complete"]:
        assert plan["callsToFetch"] >= sent
    if all_sizes_stated:
        assert plan["estimate"]["values"] >= values_of(response.json()["data"]) - 1


@pytest.fixture(scope="module")
def listed(shared_graph: Graph) -> Graph:
    """Return a server that has the listings."""
    shared_graph.data(LISTINGS)
    return shared_graph


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(operation=operations())
def test_no_operation_takes_more_than_its_dry_run_and_its_estimate(
    listed: Graph, operation: tuple[str, dict[str, Any]]
) -> None:
    check(listed, *operation)


@pytest.mark.parametrize("document", EXAMPLES, ids=lambda path: path.stem)
def test_no_example_takes_more_than_its_dry_run_and_its_estimate(listed: Graph, document: Any) -> None:
    check(listed, document.read_text(), {})


def test_names_that_are_not_listed_take_the_listings_at_most(listed: Graph) -> None:
    names = [f"NOSUCH{number}" for number in range(20)]
    query = (
        "query ($names: [String!]!) { coins(symbols: $names) { nodes { symbol currentFundingRates { __typename } } } }"
    )
    calls = [int(post(listed, query, {"names": names[:count]}).headers["x-upstream-calls"]) for count in (1, 10, 20)]
    assert sum(calls) <= LISTING_CALLS
