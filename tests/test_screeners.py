"""Screeners filter and order a list as a computation over its rows would, for the calls that the list takes."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from resolvers.context import Context
from resolvers.row_filter import Ordering, Position, RowOrder
from resolvers.turns import Turns
from sandbox import envelopes
from sandbox.app import KEY, Sandbox
from sandbox.envelopes import SandboxReply
from sandbox.faults import FaultKind
from sandbox.samples import sample
from tests.cases import SCHEMA
from tests.clock import FakeClock
from tests.conftest import Graph, StartGraph
from tests.upstream import StubUpstream, ask, under_it

COINS, PAIRS = "/api/futures/coins-markets", "/api/futures/pairs-markets"
Row: TypeAlias = dict[str, Any]

# The figures of the test: their names in an order, in a filter, and in CoinGlass' rows.
FIGURES = {
    "OPEN_INTEREST_USD": ("openInterest.usd", "open_interest_usd"),
    "OPEN_INTEREST_CHANGE_PERCENT_H24": ("openInterest.changePercent.h24", "open_interest_change_percent_24h"),
    "FUNDING_RATE_BY_OPEN_INTEREST": ("fundingRate.byOpenInterest", "avg_funding_rate_by_oi"),
    "LIQUIDATIONS_H4_LONG_USD": ("liquidations.h4.longUsd", "long_liquidation_usd_4h"),
    "MARKET_CAP_USD": ("marketCapUsd", "market_cap_usd"),
}
VALUES: tuple[float | None, ...] = (None, -2.5, 0.0, 0.01, 3.0, 50e6)
COUNT = 230  # rows: three pages of CoinGlass'
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, operand: value == operand,
    "gt": lambda value, operand: value > operand,
    "gte": lambda value, operand: value >= operand,
    "lt": lambda value, operand: value < operand,
    "lte": lambda value, operand: value <= operand,
    "in": lambda value, operand: value in operand,
}


def rows_of(sample_row: Row, names: dict[str, Callable[[int], str]], figures: list[str]) -> list[Row]:
    """Make rows with many ties and gaps, in an order of which nothing follows."""
    return [
        sample_row
        | {name: name_of(number * 7 % COUNT) for name, name_of in names.items()}
        | {name: VALUES[(number * (11 + at) // (1 + at)) % len(VALUES)] for at, name in enumerate(figures)}
        for number in range(COUNT)
    ]


class ListedMarket(Sandbox):
    """A sandbox with 230 coins and 230 pairs of each."""

    def __init__(self, plan: Plan = Plan.PROFESSIONAL) -> None:
        super().__init__(plan)
        coin_figures = [upstream for _, upstream in FIGURES.values()]
        self.rows = {
            COINS: rows_of(sample(COINS)["data"][0], {"symbol": "C{:03}".format}, coin_figures),
            PAIRS: rows_of(
                sample(PAIRS)["data"][0],
                {"instrument_id": "P{:03}".format, "exchange_name": lambda number: f"X{number % 3}"},
                ["open_interest_usd", "funding_rate"],
            ),
        }

    def _answer(self, request: Request) -> SandboxReply:
        reply, rows = super()._answer(request), self.rows.get(request.url.path)
        if rows is None or json.loads(reply.body)["code"] != "0":
            return reply
        size = int(request.query_params.get("per_page", COUNT))
        start = (int(request.query_params.get("page", 1)) - 1) * size
        return envelopes.success(rows[start : start + size])


@dataclass
class Screened:
    graph: Graph
    market: ListedMarket

    def page(self, arguments: str, **variables: Any) -> dict[str, Any]:
        types = ", ".join(f"${name}: {TYPES[name]}" for name in variables)
        selection = f"{{ markets {{ coins({arguments}) {{ {SELECTION} }} }} }}"
        data = self.graph.data(f"query ({types}) {selection}" if types else selection, **variables)
        page: dict[str, Any] = data["markets"]["coins"]
        return page

    def pairs(self, arguments: str, coin: str = "BTC") -> dict[str, Any]:
        data = self.graph.data(f'{{ coin(symbol: "{coin}") {{ pairMarkets({arguments}) {{ {PAIR_SELECTION} }} }} }}')
        page: dict[str, Any] = data["coin"]["pairMarkets"]
        return page

    def pages(self, **variables: Any) -> Iterator[dict[str, Any]]:
        after = None
        while True:
            page = self.page("where: $where, orderBy: $orderBy, first: $first, after: $after", after=after, **variables)
            yield page
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return


TYPES = {"where": "CoinMarketFilter", "orderBy": "[CoinMarketOrder!]", "first": "Int!", "after": "String"}
SELECTION = """
    ... on CoinMarketConnection {
      nodes { symbol openInterest { usd } source { endpoint } }
      edges { cursor node { symbol } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount capped source { endpoint sandbox }
    }
    ... on PlanGated { reason requiredPlan alternatives }
    ... on InvalidInput { argument message }
    ... on Unavailable { code }
"""
PAIR_SELECTION = """
    ... on PairMarketConnection { nodes { exchange symbol } pageInfo { hasNextPage endCursor } totalCount }
    ... on InvalidInput { argument message }
"""


@pytest.fixture(scope="module")
def screened(start_shared: StartGraph) -> Screened:
    market = ListedMarket()
    return Screened(start_shared(sandbox=market), market)


def names(page: dict[str, Any]) -> list[str]:
    return [node["symbol"] for node in page["nodes"]]


# ---- an independent computation


def meets(row: Row, where: dict[str, Any]) -> bool:
    """Whether a row of CoinGlass' meets a filter, as the documentation describes it."""
    if not all(meets(row, part) for part in where.get("and") or []):
        return False
    if where.get("or") is not None and not any(meets(row, part) for part in where["or"]):
        return False
    for path, upstream in [*FIGURES.values(), ("symbol", "symbol")]:
        condition: Any = where
        for name in path.split("."):
            condition = (condition or {}).get(name)
        for operator, operand in (condition or {}).items():
            value = row[upstream]
            if operator == "isNull":
                if (value is None) != operand:
                    return False
            elif value is None or not COMPARE[operator](value, operand):
                return False
    return True


def expected(rows: list[Row], where: dict[str, Any], order_by: list[dict[str, str]]) -> list[str]:
    """Sort by one key: what is there before what is not, in the direction of each figure, then by symbol."""

    def key(row: Row) -> list[Any]:
        parts: list[Any] = []
        for order in order_by:
            value = row[FIGURES[order["field"]][1]]
            signed = 0.0 if value is None else value if order["direction"] == "ASC" else -value
            parts += [value is None, signed]
        return [*parts, row["symbol"]]

    return [row["symbol"] for row in sorted((row for row in rows if meets(row, where)), key=key)]


def nested(path: str, condition: dict[str, Any]) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        condition = {name: condition}
    return condition


figures = st.sampled_from([value for value in VALUES if value is not None])
conditions = st.one_of(
    st.tuples(st.sampled_from(["eq", "gt", "gte", "lt", "lte"]), figures),
    st.tuples(st.just("in"), st.lists(figures, max_size=3)),
    st.tuples(st.just("isNull"), st.booleans()),
).map(lambda pair: dict([pair]))
leaves = st.one_of(
    st.tuples(st.sampled_from([path for path, _ in FIGURES.values()]), conditions).map(lambda pair: nested(*pair)),
    st.lists(st.integers(0, COUNT), max_size=5).map(
        lambda numbers: {"symbol": {"in": [f"C{number:03}" for number in numbers]}}
    ),
)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"and": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"or": parts}),
        st.tuples(leaves, st.lists(inner, min_size=1, max_size=2)).map(lambda pair: pair[0] | {"or": pair[1]}),
    ),
    max_leaves=6,
)
orders = st.lists(
    st.fixed_dictionaries({"field": st.sampled_from([*FIGURES]), "direction": st.sampled_from(["ASC", "DESC"])}),
    min_size=1,
    max_size=3,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(where=st.one_of(st.just({}), filters), order_by=orders, first=st.integers(40, 300))
def test_the_pages_together_are_the_rows_in_the_computed_order(
    screened: Screened, where: dict[str, Any], order_by: list[dict[str, str]], first: int
) -> None:
    computed = expected(screened.market.rows[COINS], where, order_by)
    pages = list(screened.pages(where=where, orderBy=order_by, first=first))
    assert [name for page in pages for name in names(page)] == computed
    assert {page["totalCount"] for page in pages} == {len(computed)}
    assert [page["pageInfo"]["hasPreviousPage"] for page in pages] == [False] + [True] * (len(pages) - 1)
    for page in pages:
        assert [edge["node"]["symbol"] for edge in page["edges"]] == names(page)
        cursors = [edge["cursor"] for edge in page["edges"]] or [None]
        assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (cursors[0], cursors[-1])


def test_any_cursor_goes_on_after_its_row(screened: Screened) -> None:
    order = "orderBy: { field: OPEN_INTEREST_CHANGE_PERCENT_H24 }"
    page = screened.page(f"{order}, first: 230")
    for index in (0, 1, 37, 114, 228, 229):
        after = page["edges"][index]["cursor"]
        assert names(screened.page(f'{order}, first: 3, after: "{after}"')) == names(page)[index + 1 : index + 4]


def test_all_screens_of_an_operation_take_the_calls_of_the_list(start_graph: StartGraph) -> None:
    market = ListedMarket()
    screened = Screened(start_graph(sandbox=market), market)
    query = """{ markets {
      a: coins(orderBy: { field: OPEN_INTEREST_USD }) { __typename }
      b: coins(where: { symbol: { eq: "c001" } }, orderBy: { field: PRICE_LAST, direction: ASC }) { __typename }
    } coin(symbol: "BTC") { market { __typename } } }"""
    screened.graph.data('{ coin(symbol: "BTC") { symbol } }')
    response = screened.graph.http.post("/graphql", json={"query": query})
    assert response.headers["x-upstream-calls"] == "4"  # three pages, and the empty one that ends the list
    assert screened.graph.calls(COINS) == 4
    for page in screened.pages(where={}, orderBy=[{"field": "MARKET_CAP_USD"}], first=60):
        assert (len(page["nodes"]) > 0, page["capped"]) == (True, False)
    assert screened.graph.calls(COINS) == 4


def test_without_arguments_the_largest_open_interest_comes_first(screened: Screened) -> None:
    order = [{"field": "OPEN_INTEREST_USD", "direction": "DESC"}]
    assert names(screened.page("first: 1000")) == expected(screened.market.rows[COINS], {}, order)


# ---- pages


def test_a_cursor_of_another_order_filter_or_list_is_invalid_input(screened: Screened) -> None:
    given = 'where: { symbol: { eq: "C001" } }, orderBy: { field: OPEN_INTEREST_USD }'
    after = screened.page(given)["pageInfo"]["endCursor"]
    for arguments in (
        'where: { symbol: { eq: "C002" } }, orderBy: { field: OPEN_INTEREST_USD }',
        'where: { symbol: { eq: "C001" } }, orderBy: { field: OPEN_INTEREST_USD, direction: ASC }',
        'where: { symbol: { eq: "C001" } }, orderBy: { field: MARKET_CAP_USD }',
        'where: { symbol: { in: ["C001"] } }',
        f'{given}, exchanges: ["Binance"]',
    ):
        problem = screened.page(f'{arguments}, after: "{after}"')
        assert problem["argument"] == "after"
        assert "another order or filter" in problem["message"]
    pairs = screened.pairs("first: 1")["pageInfo"]["endCursor"]
    assert screened.pairs(f'after: "{pairs}"', coin="ETH")["argument"] == "after"
    same = 'orderBy: [{ field: OPEN_INTEREST_USD, direction: DESC }], where: { symbol: { eq: "c001" }, and: null }'
    assert screened.page(f'{same}, after: "{after}"')["nodes"] == []


@pytest.mark.parametrize("after", ["", "no cursor", "bm8=", "W10=", "e30=", "WyJ4Il0=", "x" * 5000, "é"])
def test_what_is_no_cursor_is_invalid_input(screened: Screened, after: str) -> None:
    problem = screened.page("after: $after", after=after)
    assert problem["argument"] == "after"


def test_a_forged_position_is_invalid_input(screened: Screened) -> None:
    cursor = screened.page("first: 1")["pageInfo"]["endCursor"]
    digest, values, key = json.loads(base64.urlsafe_b64decode(cursor))
    for parts in (
        [digest],
        [digest, values],
        [digest, values, []],
        [digest, [], key],
        [digest, ["x"], key],
        [digest, [[]], key],
        [digest, values, [1]],
        [digest, values, key, key],
    ):
        forged = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()
        assert screened.page("after: $after", after=forged)["argument"] == "after"


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ("first: 0", "first"),
        ("first: 1001", "first"),
        ("orderBy: [" + "{ field: PRICE_LAST } " * 4 + "]", "orderBy"),
        ("where: { or: [" + '{ symbol: { eq: "A" } } ' * 60 + "] }", "where"),
        ("where: { and: [" + "{ } " * 60 + "] }", "where"),
        ("where: { openInterest: { usd: { in: [" + "1 " * 1001 + "] } } }", "where"),
        ('where: { symbol: { eq: "' + "A" * 201 + '" } }', "where"),
        ('where: { symbol: { in: ["BTC", "' + "A" * 201 + '"] } }', "where"),
    ],
)
def test_too_much_is_invalid_input_and_costs_nothing(screened: Screened, arguments: str, argument: str) -> None:
    calls = screened.market.calls[COINS]
    assert screened.page(f'{arguments} exchanges: ["OKX"]')["argument"] == argument
    assert screened.market.calls[COINS] == calls


def test_conditions_that_are_null_are_left_out(screened: Screened) -> None:
    where = {"openInterest": {"usd": {"gt": None, "in": None}, "changePercent": None}, "and": None, "or": None}
    assert screened.page("where: $where", where=where)["totalCount"] == COUNT
    assert screened.page("where: $where", where={"or": []})["totalCount"] == 0
    assert screened.page("where: $where", where={"and": []})["totalCount"] == COUNT


def test_names_are_compared_in_any_case(screened: Screened) -> None:
    assert names(screened.page('where: { symbol: { eq: "c017" } }')) == ["C017"]
    listed = 'where: { symbol: { in: ["c017", "C003", "none"] } }, orderBy: { field: SYMBOL, direction: ASC }'
    assert names(screened.page(listed)) == ["C003", "C017"]


def test_pairs_of_a_coin_are_screened_by_one_call(start_graph: StartGraph) -> None:
    market = ListedMarket()
    screened = Screened(start_graph(sandbox=market), market)
    order = 'where: { exchange: { eq: "x1" }, fundingRate: { gte: 0 } }, orderBy: [{ field: OPEN_INTEREST_USD }]'
    listed: list[tuple[str, str]] = []
    after = ""
    while True:
        page = screened.pairs(f"{order}, first: 7 {after}")
        listed += [(node["exchange"], node["symbol"]) for node in page["nodes"]]
        after = f', after: "{page["pageInfo"]["endCursor"]}"'
        if not page["pageInfo"]["hasNextPage"]:
            break
    rows = [
        (row["open_interest_usd"], row["instrument_id"])
        for row in market.rows[PAIRS]
        if row["exchange_name"] == "X1" and row["funding_rate"] is not None and row["funding_rate"] >= 0
    ]
    rows.sort(key=lambda row: (row[0] is None, -(row[0] or 0), row[1]))
    assert listed == [("X1", symbol) for _, symbol in rows]
    assert screened.graph.calls(PAIRS) == 1


# ---- what a screen costs, and what may keep it


def test_a_plan_without_the_list_is_a_typed_problem(start_graph: StartGraph) -> None:
    screened = Screened(start_graph(Plan.HOBBYIST), ListedMarket())
    problem = screened.page("first: 1")
    assert (problem["reason"], problem["requiredPlan"]) == ("ENDPOINT", "STANDARD")
    assert "Coin.pairMarkets" in problem["alternatives"]
    assert screened.graph.calls(COINS) == 0


def test_a_page_that_fails_is_a_problem_of_its_part_alone(start_graph: StartGraph) -> None:
    graph = start_graph(sandbox=ListedMarket())
    graph.fail(FaultKind.SERVER_ERROR, COINS)
    data = graph.data("{ markets { coins { ... on Unavailable { code } } } capabilities { field } }")
    assert data["markets"]["coins"] == {"code": "UPSTREAM_ERROR"}
    assert data["capabilities"]


def test_the_estimate_bounds_the_dry_run_which_bounds_the_calls(start_graph: StartGraph) -> None:
    graph = start_graph(sandbox=ListedMarket())
    query = {"query": "{ markets { coins(first: 5) { __typename } } }"}

    def dry() -> dict[str, Any]:
        report: dict[str, Any] = graph.http.post("/graphql", json=query, headers={"x-dry-run": "1"}).json()
        plan: dict[str, Any] = report["extensions"]["plan"]
        return plan

    before = dry()
    assert (before["estimate"]["calls"], before["callsToFetch"], before["complete"]) == (20, 1, False)
    assert "up to 20 calls" in before["open"][0]["reason"]
    assert graph.http.post("/graphql", json=query).headers["x-upstream-calls"] == "4"
    after = dry()
    assert (after["estimate"]["calls"], after["callsToFetch"], after["complete"]) == (20, 0, True)


# ---- a list that changes between two pages

rows = st.tuples(st.sampled_from([None, 1.0, 2.0, 3.0]), st.sampled_from([None, "a", "b"]))
lists = st.dictionaries(st.integers(0, 30).map(str), rows, min_size=1)


@given(before=lists, after=lists, descends=st.tuples(st.booleans(), st.booleans()), size=st.integers(1, 30))
def test_items_that_stay_on_their_side_of_the_cursor_are_given_once(
    before: dict[str, Any], after: dict[str, Any], descends: tuple[bool, bool], size: int
) -> None:
    order = RowOrder(
        [Ordering(("figure",), descends=descends[0]), Ordering(("text",), descends=descends[1])],
        lambda row: (row["key"],),
    )

    def ordered(rows: dict[str, Any]) -> list[Any]:
        listed = [{"key": key, "figure": figure, "text": text} for key, (figure, text) in rows.items()]
        return asyncio.run(order.sorted(listed, Turns().wait))

    first = ordered(before)[:size]
    cursor = order.position(first[-1])
    later = ordered(after)
    second = later[order.index_after(later, cursor) :]
    listed = [row["key"] for row in [*first, *second]]
    stayed = [key for key in before.keys() & after.keys() if before[key] == after[key]]
    assert all(listed.count(key) == 1 for key in stayed)
    assert second == [row for row in later if row not in later[: len(later) - len(second)]]


# ---- the pages of CoinGlass


LIST = "{ markets { it: coins { ... on CoinMarketConnection { totalCount capped } ... on Problem { code } } } }"


class UpstreamOfPages(StubUpstream):
    """The coins in pages up to `last`, of which `failing` fails; `most`: how many were requested at once."""

    def __init__(self, last: int, *, failing: int | None = None, clock: Clock | None = None) -> None:
        super().__init__(clock=clock)
        self.last, self.failing = last, failing
        self.calls = self.running = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != COINS:
            return await super().handle_async_request(request)
        self.calls, self.running = self.calls + 1, self.running + 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.running -= 1
        page = int(request.url.params["page"])
        if page == self.failing:
            return httpx.Response(500)
        row = sample(COINS)["data"][0]
        rows = [row | {"symbol": f"P{page}R{number}"} for number in range(100)] if page <= self.last else []
        return httpx.Response(200, json={"code": "0", "data": rows})


def test_a_list_that_goes_on_after_what_is_read_of_it_is_capped() -> None:
    for last, capped, count, calls in (
        (25, True, 2000, 20),
        (19, False, 1900, 20),
        (3, False, 300, 4),
        (0, False, 0, 1),
    ):
        upstream = UpstreamOfPages(last)
        result = asyncio.run(ask(LIST, upstream))
        assert under_it(result["data"]) == {"totalCount": count, "capped": capped}
        assert upstream.calls == calls


def test_others_have_their_turn_while_a_long_list_is_filtered_and_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = 0
    starts: set[int] = set()  # the passes of the loop in which rows are filtered or ordered

    class Observed(Turns):
        def is_over(self) -> bool:
            if not super().is_over():
                starts.add(passes)
                return False
            return True

    async def check() -> None:
        nonlocal passes
        asking = asyncio.create_task(ask(LIST, UpstreamOfPages(19)))
        while not asking.done():
            await asyncio.sleep(0)
            passes += 1

    monkeypatch.setattr("resolvers.screener._turns", Observed(seconds=0))
    asyncio.run(check())
    assert len(starts) >= 2 * 1900 / 20


def test_a_cursor_is_found_without_reading_every_row() -> None:
    read: list[int] = []

    def key_of(row: Mapping[str, Any]) -> tuple[str]:
        read.append(row["figure"])
        return (str(row["figure"]),)

    order = RowOrder([Ordering(("figure",), descends=True)], key_of)
    ordered = [{"figure": figure} for figure in range(2000, 0, -1)]
    assert order.index_after(ordered, Position((1500,), ("1500",))) == 501
    assert len(read) <= 11


def test_without_one_of_its_pages_a_list_has_no_order() -> None:
    for page in (1, 3):
        result = asyncio.run(ask(LIST, UpstreamOfPages(3, failing=page)))
        assert under_it(result["data"]) == {"code": "UPSTREAM_ERROR"}


def test_pages_that_were_there_before_are_requested_together_when_they_have_expired() -> None:
    async def check() -> None:
        clock = FakeClock()
        upstream = UpstreamOfPages(3, clock=clock)
        config = ClientConfig(api_key=Secret(KEY), base_url="http://upstream", plan=Plan.PROFESSIONAL)
        client = Client(config, transport=upstream, policy=RetryPolicy(attempts=1), clock=clock)
        for most in (1, 4):  # at once
            upstream.calls = upstream.most = 0
            result = await SCHEMA.execute(LIST, context_value=Context(client, Symbols(client), "test"))
            assert under_it(result.data)["totalCount"] == 300
            assert (upstream.calls, upstream.most) == (4, most)
            clock.advance(1000)
        await client.close()

    asyncio.run(check())
