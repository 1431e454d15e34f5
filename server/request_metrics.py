"""Requests, operations and their problems in Prometheus' counters, with bounded labels."""

from collections.abc import Callable, Container
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from resolvers.operation_record import OperationRecord
from server.bounded_names import BoundedNames
from server.http import Request, Response
from server.paths import GRAPHQL
from server.sampling import PREFIX

MAX_NAMES: Final = 100  # of operations that are not trusted documents
_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)


class OperationNames:
    """Labels for the names of operations: those of trusted documents, the first 100 others, and `other`."""

    def __init__(self, trusted: Callable[[], Container[str]]) -> None:
        self._trusted = trusted
        self._names = BoundedNames(MAX_NAMES)

    def label(self, name: str | None) -> str:
        if name is None:
            return "anonymous"
        if name in self._names or name in self._trusted() or self._names.add(name):
            return name
        return "other"


class RequestMetrics:
    """The children of counters are cached: looking them up by labels takes longer than counting."""

    def __init__(self, registry: CollectorRegistry, names: OperationNames) -> None:
        self._names = names
        labels = ("operation", "status", "answered_by")
        self._requests = Counter(f"{PREFIX}_requests", "Requests over HTTP.", labels, registry=registry)
        about = "Time from the head of a request over HTTP to its response."
        self._seconds = _histogram(f"{PREFIX}_request_duration_seconds", about, registry)
        about = "Time of an operation over WebSocket."
        self._socket_seconds = _histogram(f"{PREFIX}_websocket_operation_duration_seconds", about, registry)
        about = "Typed problems in the data of responses, by code."
        self._problems = Counter(f"{PREFIX}_problems", about, ("code",), registry=registry)
        self._errors = Counter(f"{PREFIX}_errors", "Errors of operations, by code.", ("code",), registry=registry)
        about = "Operations refused for a limit or a budget, by its name."
        self._exceeded = Counter(f"{PREFIX}_limits_exceeded", about, ("limit",), registry=registry)
        self._children: dict[tuple[str, int, str], tuple[Counter, Histogram]] = {}

    def count_request(self, request: Request, response: Response, seconds: float) -> None:
        operations = response.operations
        if not operations:
            operation = "unread" if request.path == GRAPHQL else "none"
        else:
            operation = self._names.label(operations[0].name) if len(operations) == 1 else "batch"
        key = (operation, response.status, response.answered_by)
        children = self._children.get(key)
        if children is None:
            counter = self._requests.labels(operation, str(response.status), response.answered_by)
            children = self._children[key] = (counter, self._seconds.labels(operation))
        children[0].inc()
        if not any(record.type == "subscription" for record in operations):  # its client decides how long it lasts
            children[1].observe(seconds)
        for record in operations:
            self._count_codes(record)

    def count_operation(self, record: OperationRecord, seconds: float) -> None:
        """Count an operation over WebSocket."""
        self._socket_seconds.labels(self._names.label(record.name)).observe(seconds)
        self._count_codes(record)

    def _count_codes(self, record: OperationRecord) -> None:
        for code, count in record.problems.items():
            self._problems.labels(code).inc(count)
        for code, count in record.errors.items():
            self._errors.labels(code).inc(count)
        for limit, count in record.exceeded.items():
            self._exceeded.labels(limit).inc(count)


def _histogram(name: str, about: str, registry: CollectorRegistry) -> Histogram:
    return Histogram(name, about, ("operation",), registry=registry, buckets=_BUCKETS)
