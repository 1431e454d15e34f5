"""Lists that CoinGlass cuts say so; windows of liquidation orders."""

from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLUnionType, get_named_type

from cg_client.catalogue import CATALOGUE
from sandbox.samples import sample
from schema.capabilities import upstream_fields
from tests.cases import CASES, SCHEMA
from tests.clock import FakeClock
from tests.test_schema import FIELDS
from tests.upstream import StubUpstream, ask, field

CAPPED = sorted(path for path, endpoint in CATALOGUE.items() if endpoint.row_cap is not None)
ORDERS = "/api/futures/liquidation/order"
NOW = datetime(2026, 11, 19, 12, tzinfo=UTC)


async def capped(path: str, rows: int) -> bool:
    """Return `capped` for an answer of `rows` copies of the sample's first row."""
    body = sample(path) | {"data": [sample(path)["data"][0]] * rows}
    result: bool = (await field(CASES[path].text(), StubUpstream({path: body})))["capped"]
    return result


@pytest.mark.parametrize("path", CAPPED)
async def test_a_list_is_capped_if_it_has_as_many_rows_as_coinglass_returns(path: str) -> None:
    cap = CATALOGUE[path].row_cap or 0
    assert [await capped(path, rows) for rows in (0, cap - 1, cap, cap + 1)] == [False, False, True, True]


@pytest.mark.parametrize("path", CAPPED)
async def test_a_row_that_is_skipped_counts_towards_the_cap(path: str) -> None:
    row, cap = sample(path)["data"][0], CATALOGUE[path].row_cap or 0
    body = sample(path) | {"data": [row] * (cap - 1) + [{}]}
    assert (await field(CASES[path].text(), StubUpstream({path: body})))["capped"]


def test_every_payload_of_an_endpoint_with_a_cap_says_whether_it_is_cut() -> None:
    kind = SCHEMA._schema.get_type("CappedList")
    assert isinstance(kind, GraphQLInterfaceType)
    for name, endpoints in upstream_fields(SCHEMA._schema):
        union = get_named_type(FIELDS[name].type)
        assert isinstance(union, GraphQLUnionType)
        assert (kind in union.types[0].interfaces) == any(item.row_cap is not None for item in endpoints), name


async def orders(window: str, upstream: StubUpstream, symbol: str = "SOLUSDT") -> Any:
    selection = f"liquidationOrders({window}) {{ ... on LiquidationOrders {{ capped orders {{ time }} }} }}"
    return await field(f'{{ pair(exchange: "Binance", symbol: "{symbol}") {{ it: {selection} }} }}', upstream)


def answering(*times: int) -> StubUpstream:
    (row, *_) = sample(ORDERS)["data"]
    return StubUpstream(
        {ORDERS: sample(ORDERS) | {"data": [row | {"time": time} for time in times]}}, clock=FakeClock(NOW)
    )


async def test_liquidations_of_a_window_include_both_of_its_ends_and_nothing_else() -> None:
    start = 1_795_000_000_000
    upstream = answering(start - 1, start, start + 5000, start + 5001)
    result = await orders('from: "2026-11-18T11:06:40Z", to: "2026-11-18T11:06:45Z"', upstream, "BTCUSDT")
    assert [order["time"] for order in result["orders"]] == ["2026-11-18T11:06:40Z", "2026-11-18T11:06:45Z"]


async def test_the_sent_window_of_liquidations_includes_its_last_millisecond() -> None:
    upstream = StubUpstream(clock=FakeClock(NOW))
    result = await orders('minUsd: 1, from: "2026-11-18T11:06:40Z", to: "2026-11-18T12:06:45Z"', upstream)
    (query,) = [query for path, query in upstream.sandbox.requests if path == ORDERS]
    assert (query["start_time"], query["end_time"]) == ("1795000000000", "1795003605001")
    assert result["orders"][0]["time"] == "2026-11-18T12:06:45Z"


@pytest.mark.parametrize("arguments", ['from: "2026-11-12T11:59:59Z"', 'to: "2026-11-12T11:59:59Z"'])
async def test_liquidations_before_the_seven_days_that_coinglass_keeps_are_not_an_empty_list(arguments: str) -> None:
    upstream = StubUpstream(clock=FakeClock(NOW))
    problem = f"liquidationOrders({arguments}) {{ ... on Unavailable {{ code retryable message }} }}"
    result = await field(f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ it: {problem} }} }}', upstream)
    assert result == {
        "code": "NO_DATA",
        "retryable": False,
        "message": "CoinGlass keeps seven days of single liquidations; ask from 2026-11-12T12:00Z on.",
    }
    assert upstream.sandbox.calls[ORDERS] == 0


async def test_an_omitted_window_is_not_sent() -> None:
    upstream = StubUpstream()
    assert len((await orders("minUsd: 1", upstream))["orders"]) == 2
    (query,) = [query for path, query in upstream.sandbox.requests if path == ORDERS]
    assert not {"start_time", "end_time"} & set(query)


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        ('from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z"', "`from` must not be after `to`."),
        ("minUsd: -1", "minUsd"),
    ],
)
async def test_liquidation_orders_of_a_senseless_window_are_refused(arguments: str, remedy: str) -> None:
    problem = "{ ... on InvalidInput { code message } }"
    query = f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ liquidationOrders({arguments}) {problem} }} }}'
    upstream = StubUpstream()
    refused = (await ask(query, upstream))["data"]["pair"]["liquidationOrders"]
    assert (refused["code"], remedy in refused["message"]) == ("BAD_USER_INPUT", True)
    assert upstream.sandbox.calls[ORDERS] == 0
