"""What the requests that reached the upstream say about quota and sharing."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from chaos.truth import ENDPOINT, CheckedSeries

MINUTE = 60.0
LoggedRequest: TypeAlias = Mapping[str, Any]
"""A request as the sandbox logs it: `at` in seconds, `path` and `query`."""


def most_in_a_minute(requests: Iterable[LoggedRequest]) -> int:
    """Return the most requests that any 60 s have, wherever they begin; a request a minute later is in the next."""
    most, recent = 0, deque[float]()
    for at in sorted(request["at"] for request in requests):
        while recent and at - recent[0] >= MINUTE:
            recent.popleft()
        recent.append(at)
        most = max(most, len(recent))
    return most


def sent_again(requests: Iterable[LoggedRequest]) -> int:
    """Return how many requests equal an earlier one, among those for windows of prices, which never change."""
    counts = Counter(
        tuple(sorted(request["query"].items())) for request in requests if request["path"] == ENDPOINT.path
    )
    return counts.total() - len(counts)


def calls_for(requests: Sequence[LoggedRequest], series: CheckedSeries) -> int:
    return sum(request["path"] == ENDPOINT.path and series.is_of(request["query"]) for request in requests)
