"""What a response cost, and what is left: the headers that each response has of its own."""

from functools import lru_cache

UPSTREAM_CALLS = b"x-upstream-calls"
QUOTA_REMAINING = b"x-quota-remaining"


@lru_cache(1024)  # nearly all responses cost nothing, and what remains changes seldom beside them
def cost(calls: int, remaining: int) -> tuple[tuple[bytes, bytes], ...]:
    """`calls`: requests sent to CoinGlass for this response; `remaining`: those that may start now."""
    return (UPSTREAM_CALLS, b"%d" % calls), (QUOTA_REMAINING, b"%d" % remaining)
