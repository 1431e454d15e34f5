"""What a history of large orders is asked for, and what the sandbox makes of it."""

from tests.upstream import Upstream, field

QUERY = '{{ pair(exchange: "OKX", symbol: "ETH/USDT") {{ it: largeOrderHistory({}) {{ {} }} }} }}'
ORDERS = "... on LargeOrderHistory { orders { exchange base state endTime } }"


async def test_orders_end_in_the_period_that_was_asked_for() -> None:
    asked = 'from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z"'
    found = await field(QUERY.format(asked, ORDERS), Upstream())
    assert found["orders"] == [
        {"exchange": "OKX", "base": "ETH", "state": "FINISHED", "endTime": "2026-01-02T00:00:00Z"}
    ]
    assert await field(QUERY.format(f"{asked}, state: REVOKED", ORDERS), Upstream()) == {"orders": []}


async def test_a_period_that_ends_before_it_starts_is_invalid_input() -> None:
    asked = 'from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z"'
    found = await field(QUERY.format(asked, "__typename ... on InvalidInput { argument }"), Upstream())
    assert found == {"__typename": "InvalidInput", "argument": "from"}
