"""The figures of `/metrics`, read from the counters of caches, quota and circuits when the page is requested.

They are those of one process: each worker has its own. Quota and circuits are those of the server's key; of callers'
keys only the number is shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from cg_client.client import Client
from cg_client.quota.requester import Priority
from execution.engine import Engine
from server.client_pool import ClientPool
from server.http import Response
from server.open_connections import OpenConnections
from server.response_cache import ResponseCache

_PREFIX = "coinglass_graphql"

Labels = TypeVar("Labels", bound=tuple[str, ...])


def metrics_page(registry: CollectorRegistry) -> Response:
    return Response.of(generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4.encode())


class Metrics(Collector):
    def __init__(
        self,
        client: Client,
        engine: Engine,
        responses: ResponseCache,
        connections: OpenConnections,
        pool: ClientPool | None,
    ) -> None:
        self._client, self._engine, self._responses = client, engine, responses
        self._connections, self._pool = connections, pool

    def collect(self) -> Iterator[Metric]:
        yield from self._caches()
        yield from self._clients()
        yield from self._quota()
        yield from self._upstream()
        if self._pool is not None:
            yield from self._caller_keys(self._pool)

    def _caches(self) -> Iterator[Metric]:
        responses, engine = self._responses, self._engine
        lookups = {
            ("response", "hit"): responses.hits,
            ("response", "shared"): responses.shared,
            ("response", "not_modified"): responses.not_modified,
            ("response", "miss"): responses.misses,
            ("document", "hit"): engine.documents.hits,
            ("document", "miss"): engine.documents.misses,
            ("fragment", "hit"): engine.fragments.hits,
            ("fragment", "miss"): engine.fragments.misses,
            ("bulk", "hit"): engine.counts.hits,
            ("bulk", "miss"): engine.counts.misses,
        }
        yield _counter("lookups", "Lookups in each cache, by outcome.", ("of", "outcome"), lookups)
        evicted = responses.store.evicted
        yield _counter("responses_evicted", "Responses evicted from a full cache.", (), {(): evicted})
        sizes = {
            "response": responses.store.bytes,
            "fragment": engine.fragments.size,
            "rows": self._client.cached_bytes,
        }
        yield _gauge("kept_bytes", "Bytes in each cache, as its limit counts them.", ("of",), _by_label(sizes))
        yield _gauge("bulk_enabled", "1 if compiled plans passed their self-check.", (), {(): engine.uses_plans})

    def _clients(self) -> Iterator[Metric]:
        """Yield nothing of single callers without credentials, whose number has no bound."""
        connections, traffic = self._connections, self._connections.traffic
        about = "Requests and operations over WebSocket of each caller with a key or token."
        yield _counter("caller_requests", about, ("caller",), _by_label(traffic.requests))
        operations = {(): traffic.socket_operations}
        yield _counter("websocket_operations", "Operations over WebSocket.", (), operations)
        unauthenticated = sum(count for (code, _), count in traffic.refused.items() if code == "UNAUTHENTICATED")
        about = "Requests and WebSockets refused for their missing or wrong credentials."
        yield _counter("unauthenticated", about, (), {(): unauthenticated})
        about = "Connections, requests and operations refused before anything was executed."
        yield _counter("refused", about, ("code", "status"), traffic.refused)
        sockets = connections.sockets
        by_protocol = {"http": len(connections) - sockets, "websocket": sockets}
        yield _gauge("client_connections", "Open connections of clients.", ("protocol",), _by_label(by_protocol))

    def _quota(self) -> Iterator[Metric]:
        usage, queue = self._client.quota, self._client.admission_queue
        yield _gauge("quota_limit", "Requests to CoinGlass allowed per minute.", (), {(): usage.limit})
        yield _gauge("quota_used", "Requests counted in the last minute.", (), {(): usage.used})
        waiting = {(priority.name.lower(),): queue.waiting(priority) for priority in Priority}
        yield _gauge("quota_waiting", "Requests waiting for the quota.", ("priority",), waiting)
        refused = {(priority.name.lower(),): queue.refused[priority] for priority in Priority}
        about = "Requests refused because they could not start before their deadline."
        yield _counter("quota_refused", about, ("priority",), refused)

    def _upstream(self) -> Iterator[Metric]:
        """Yield the circuits and connections of the endpoint groups that were called, and the drift."""
        circuits, bulkhead, group = list(self._client.breaker), self._client.bulkhead, ("group",)
        states = {(circuit.group,): circuit.state.value for circuit in circuits}
        yield _gauge("circuit_state", "State of the circuit: 0 closed, 1 half open, 2 open.", group, states)
        opened = {(circuit.group,): circuit.opened for circuit in circuits}
        yield _counter("circuit_opened", "Times that the circuit opened.", group, opened)
        in_use = _by_label(bulkhead.in_use)
        yield _gauge("connections_in_use", "Connections waiting for an answer of CoinGlass.", group, in_use)
        waits = {(name, "waited"): count for name, count in bulkhead.waits.items()}
        waits |= {(name, "refused"): count for name, count in bulkhead.refused.items()}
        about = "Requests that waited for a free connection, by outcome."
        yield _counter("connection_waits", about, ("group", "outcome"), waits)
        drift = CounterMetricFamily(
            "coinglass_drift",
            "Values and rows in CoinGlass' answers that differ from the catalogue.",
            labels=["endpoint", "kind", "field"],
        )
        for finding, count in self._client.drift.counts.items():
            drift.add_metric([finding.endpoint, finding.kind.value, finding.field], count)
        yield drift

    def _caller_keys(self, pool: ClientPool) -> Iterator[Metric]:
        clients = {"accepted": len(pool.accepted), "probation": len(pool.probation)}
        about = "Clients of callers' CoinGlass keys, by whether CoinGlass has accepted the key."
        yield _gauge("key_clients", about, ("state",), _by_label(clients))
        yield _counter("key_clients_evicted", "Clients closed to make room for another key.", (), {(): pool.evicted})
        yield _counter("key_clients_refused", "Keys refused because all clients were in use.", (), {(): pool.refused})


def _by_label(values: Mapping[str, int]) -> dict[tuple[str], int]:
    return {(label,): value for label, value in values.items()}


def _counter(name: str, about: str, names: Sequence[str], samples: Mapping[Labels, float]) -> Metric:
    family = CounterMetricFamily(f"{_PREFIX}_{name}", about, labels=names)
    for labels, count in samples.items():
        family.add_metric(labels, count)
    return family


def _gauge(name: str, about: str, names: Sequence[str], samples: Mapping[Labels, float]) -> Metric:
    family = GaugeMetricFamily(f"{_PREFIX}_{name}", about, labels=names)
    for labels, size in samples.items():
        family.add_metric(labels, size)
    return family
