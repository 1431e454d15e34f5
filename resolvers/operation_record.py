"""What log and metrics say about an operation; it is cached with the response."""

from collections import Counter
from typing import NamedTuple


class OperationEstimate(NamedTuple):
    """The most that an operation may take: calls for its data, and values of its result."""

    calls: int
    values: int


class OperationRecord:
    """`name`, `type` and `document`, which is the SHA-256 of the text, are None as long as they are unknown.

    `problems`: codes of the typed problems in the data. `errors`: codes of the errors. `exceeded`: names of the limits
    for which it was refused. `estimate`: None until its cost is known. `upstream_calls`: requests that were sent to
    CoinGlass when it was executed. `trace_id`: of the trace of an operation over WebSocket; empty without traces.
    """

    __slots__ = ("document", "errors", "estimate", "exceeded", "name", "problems", "trace_id", "type", "upstream_calls")

    def __init__(self) -> None:
        self.name: str | None = None
        self.type: str | None = None
        self.document: str | None = None
        self.problems: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.exceeded: Counter[str] = Counter()
        self.estimate: OperationEstimate | None = None
        self.upstream_calls = 0
        self.trace_id = ""
