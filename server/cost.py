"""What a response cost, and what is left: the headers that each response has of its own."""

UPSTREAM_CALLS = b"x-upstream-calls"
QUOTA_REMAINING = b"x-quota-remaining"


def cost(calls: int, remaining: int) -> list[tuple[bytes, bytes]]:
    """`calls`: requests sent to CoinGlass for this response; `remaining`: those that may start now."""
    return [(UPSTREAM_CALLS, b"%d" % calls), (QUOTA_REMAINING, b"%d" % remaining)]
