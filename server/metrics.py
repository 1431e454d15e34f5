"""`/metrics`: what the caches and the fast path did, counted where it happens and read when it is asked for.

The figures are those of one process: each worker has its own.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from cg_client.client import Client
from cg_client.quota.requester import Priority
from execution.engine import Engine
from server.http import Response
from server.response_cache import ResponseCache

_PREFIX = "coinglass_graphql"


class Figures(Collector):
    def __init__(self, client: Client, engine: Engine, responses: ResponseCache) -> None:
        self._client, self._engine, self._responses = client, engine, responses

    def collect(self) -> Iterator[Metric]:
        yield from self._lookups()
        yield from self._sizes()
        yield from self._quota()
        yield from self._circuits()
        yield from self._connections()
        yield from self._drift()

    def _lookups(self) -> Iterator[Metric]:
        """Hits and misses of each thing that is looked up, from the whole answer down to the values of a list."""
        responses, engine = self._responses, self._engine
        found = CounterMetricFamily(
            f"{_PREFIX}_lookups", "What was at hand, and what was not.", labels=["of", "outcome"]
        )
        for of, outcome, count in (
            ("response", "hit", responses.hits),
            ("response", "shared", responses.shared),
            ("response", "not_modified", responses.not_modified),
            ("response", "miss", responses.misses),
            ("document", "hit", engine.documents.hits),
            ("document", "miss", engine.documents.misses),
            ("fragment", "hit", engine.fragments.hits),
            ("fragment", "miss", engine.fragments.misses),
            ("bulk", "hit", engine.counts.hits),
            ("bulk", "miss", engine.counts.misses),
        ):
            found.add_metric([of, outcome], count)
        yield found
        yield CounterMetricFamily(
            f"{_PREFIX}_responses_evicted", "Answers dropped for want of room.", responses.evicted
        )

    def _circuits(self) -> Iterator[Metric]:
        """By group of endpoints, once it was asked for."""
        state = GaugeMetricFamily(f"{_PREFIX}_circuit_state", "0 closed, 1 half open, 2 open.", labels=["group"])
        opened = CounterMetricFamily(f"{_PREFIX}_circuit_opened", "How often it opened.", labels=["group"])
        for circuit in self._client.breaker:
            state.add_metric([circuit.group], circuit.state.value)
            opened.add_metric([circuit.group], circuit.opened)
        yield state
        yield opened

    def _connections(self) -> Iterator[Metric]:
        bulkhead = self._client.bulkhead
        in_use = GaugeMetricFamily(
            f"{_PREFIX}_connections_in_use", "Connections to CoinGlass that await an answer.", labels=["group"]
        )
        for group, count in bulkhead.in_use.items():
            in_use.add_metric([group], count)
        yield in_use
        turns = CounterMetricFamily(
            f"{_PREFIX}_connection_waits", "Requests that had to wait for a connection.", labels=["group", "outcome"]
        )
        for group, count in bulkhead.waits.items():
            turns.add_metric([group, "waited"], count)
        for group, count in bulkhead.refused.items():
            turns.add_metric([group, "refused"], count)
        yield turns

    def _drift(self) -> Iterator[Metric]:
        """By endpoint, kind and field, of which both are bounded in number."""
        drift = CounterMetricFamily(
            "coinglass_drift",
            "Values and rows of CoinGlass' answers that differ from the catalogue.",
            labels=["endpoint", "kind", "field"],
        )
        for finding, count in self._client.drift.counts.items():
            drift.add_metric([finding.endpoint, finding.kind.value, finding.field], count)
        yield drift

    def _sizes(self) -> Iterator[Metric]:
        sizes = GaugeMetricFamily(
            f"{_PREFIX}_kept_bytes", "Bytes that are kept, as the bounds count them.", labels=["of"]
        )
        sizes.add_metric(["response"], self._responses.stored_bytes)
        sizes.add_metric(["fragment"], self._engine.fragments.size)
        sizes.add_metric(["rows"], self._client.cached_bytes)
        yield sizes
        in_bulk = float(self._engine.in_bulk)
        yield GaugeMetricFamily(f"{_PREFIX}_bulk_enabled", "1 if compiled plans passed their self-check.", in_bulk)

    def _quota(self) -> Iterator[Metric]:
        usage, governor = self._client.quota, self._client.admission_queue
        yield GaugeMetricFamily(f"{_PREFIX}_quota_limit", "Requests a minute that may be sent.", usage.limit)
        yield GaugeMetricFamily(f"{_PREFIX}_quota_used", "Requests of the last minute that count.", usage.used)
        waiting = GaugeMetricFamily(
            f"{_PREFIX}_quota_waiting", "Requests that wait for the quota.", labels=["priority"]
        )
        refused = CounterMetricFamily(
            f"{_PREFIX}_quota_refused", "Requests that could not have started in time.", labels=["priority"]
        )
        for priority in Priority:
            waiting.add_metric([priority.name.lower()], governor.waiting(priority))
            refused.add_metric([priority.name.lower()], governor.refused[priority])
        yield waiting
        yield refused


class Metrics:
    """The endpoint. `responses` stands in front of the application, so that it is only known once that is made."""

    def __init__(self, client: Client, engine: Engine) -> None:
        self._client, self._engine = client, engine
        self._registry = CollectorRegistry(auto_describe=False)

    def count(self, responses: ResponseCache) -> None:
        self._registry.register(Figures(self._client, self._engine, responses))

    def page(self) -> Response:
        return Response.of(generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4.encode())
