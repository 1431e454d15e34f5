"""What a history of large orders is requested, and what the sandbox makes of it."""

from sandbox.faults import Fault, FaultKind
from tests.upstream import StubUpstream, field

QUERY = '{{ pair(exchange: "OKX", symbol: "ETH/USDT") {{ it: largeOrderHistory({}) {{ {} }} }} }}'
FORMER = "large-limit-order-history"
ORDERS = "... on LargeOrderHistory { orders { exchange base state endTime } }"


async def test_orders_end_in_the_period_that_was_requested() -> None:
    window = 'from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z"'
    result = await field(QUERY.format(window, ORDERS), StubUpstream())
    assert result["orders"] == [
        {"exchange": "OKX", "base": "ETH", "state": "FINISHED", "endTime": "2026-01-02T00:00:00Z"}
    ]
    assert await field(QUERY.format(f"{window}, state: REVOKED", ORDERS), StubUpstream()) == {"orders": []}


async def test_a_period_that_ends_before_it_starts_is_invalid_input() -> None:
    window = 'from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z"'
    result = await field(QUERY.format(window, "__typename ... on InvalidInput { argument }"), StubUpstream())
    assert result == {"__typename": "InvalidInput", "argument": "from"}


async def test_orders_are_fetched_by_the_former_path_if_the_newer_is_unknown() -> None:
    newer, former = (f"/api/futures/orderbook/{name}" for name in ("v2/large-limit-order-history", FORMER))
    window = 'from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z"'
    query = QUERY.format(window, "... on LargeOrderHistory { source { endpoint } orders { state } }")
    upstream = StubUpstream()
    result = await field(query, upstream)
    assert result == {"source": {"endpoint": newer}, "orders": [{"state": "FINISHED"}]}
    upstream.sandbox.faults.append(Fault(FaultKind.NOT_FOUND, newer))
    assert await field(query, upstream) == result | {"source": {"endpoint": former}}
