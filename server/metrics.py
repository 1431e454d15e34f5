"""The figures of `/metrics`, declared: those that are sampled from caches, quota, circuits and connections.

Quota and circuits are those of the server's key; of callers' keys only the number is shown.
"""

import asyncio
import math
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric

from cg_client.client import Client
from cg_client.quota.requester import Priority
from cg_client.version import installed_version
from execution.engine import Engine
from server.client_pool import ClientPool, KeyUpstream
from server.figures import all_feeds, cache_bytes, client_connections, key_clients
from server.live.broadcasts import Broadcasts
from server.live.metrics import declare_live_metrics
from server.live.socket_counts import SocketCounts
from server.open_connections import OpenConnections
from server.response_cache import ResponseCache
from server.sampling import PREFIX, AcrossWorkers, Labels, Sampler
from server.traffic import Traffic

_PROCESS_SECONDS: Final = 5.0  # for which figures of the process are good


def declare_metrics(
    sampler: Sampler,
    upstream: KeyUpstream,
    engine: Engine,
    responses: ResponseCache,
    connections: OpenConnections,
    pool: ClientPool | None,
    broadcasts: Broadcasts,
    sockets: SocketCounts,
) -> None:
    """Declare all that is sampled. `upstream` is that of the server's key."""
    client = upstream.client
    _declare_caches(sampler, client, engine, responses)
    _declare_clients(sampler, connections)
    _declare_callers(sampler, connections.traffic)
    _declare_quota(sampler, upstream)
    _declare_upstream(sampler, client)
    declare_live_metrics(sampler, broadcasts, sockets, partial(all_feeds, upstream, pool))
    if pool is not None:
        _declare_caller_keys(sampler, pool)
    _declare_process(sampler)


def _declare_caches(sampler: Sampler, client: Client, engine: Engine, responses: ResponseCache) -> None:
    def lookups() -> Mapping[Any, float]:
        return {
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
        } | {("client", outcome): count for outcome, count in client.lookups.items()}

    def sizes() -> Mapping[Any, float]:
        size = cache_bytes(client, engine, responses)
        return {("response",): size.responses, ("fragment",): size.fragments, ("rows",): size.answers}

    about = "Lookups in each cache, by outcome."
    sampler.counter(f"{PREFIX}_lookups", about, ("of", "outcome"), lookups)
    about = "Responses evicted from a full cache."
    sampler.counter(f"{PREFIX}_responses_evicted", about, (), lambda: {(): responses.store.evicted})
    sampler.gauge(f"{PREFIX}_kept_bytes", "Bytes in each cache, as its limit counts them.", ("of",), sizes)
    about = "1 if compiled plans passed their self-check."
    sampler.gauge(f"{PREFIX}_bulk_enabled", about, (), lambda: {(): engine.uses_plans}, "livemin")


def _declare_clients(sampler: Sampler, connections: OpenConnections) -> None:
    traffic = connections.traffic

    def unauthenticated() -> Mapping[Any, float]:
        return {(): sum(count for (code, _), count in traffic.refused.items() if code == "UNAUTHENTICATED")}

    def by_protocol() -> Mapping[Any, float]:
        return _by_label(client_connections(connections))

    about = "Operations over WebSocket."
    sampler.counter(f"{PREFIX}_websocket_operations", about, (), lambda: {(): traffic.socket_operations})
    about = "Requests and WebSockets refused for their missing or wrong credentials."
    sampler.counter(f"{PREFIX}_unauthenticated", about, (), unauthenticated)
    about = "Connections, requests and operations refused before anything was executed."
    sampler.counter(f"{PREFIX}_refused", about, ("code", "status"), lambda: traffic.refused)
    sampler.gauge(f"{PREFIX}_client_connections", "Open connections of clients.", ("protocol",), by_protocol)
    about = "Requests over HTTP that are being answered."
    sampler.gauge(f"{PREFIX}_requests_in_flight", about, (), lambda: {(): traffic.in_flight})


def _declare_callers(sampler: Sampler, traffic: Traffic) -> None:
    """Declare nothing of single callers without credentials, whose number has no bound."""
    about = "Requests and operations over WebSocket of each caller with a key or token."
    sampler.counter(f"{PREFIX}_caller_requests", about, ("caller",), lambda: _by_label(traffic.requests))
    about = "Requests to CoinGlass for each caller with a key or token."
    sampler.counter(f"{PREFIX}_caller_upstream_calls", about, ("caller",), lambda: _by_label(traffic.calls))


def _declare_quota(sampler: Sampler, upstream: KeyUpstream) -> None:
    client, queue = upstream.client, upstream.client.admission_queue

    def waiting() -> Mapping[Any, float]:
        return {(priority.name.lower(),): queue.waiting(priority) for priority in Priority}

    def refused() -> Mapping[Any, float]:
        return {(priority.name.lower(),): queue.refused[priority] for priority in Priority}

    across: AcrossWorkers = "livesum" if upstream.sharing is None else "livemax"
    about = "Requests to CoinGlass allowed per minute."
    sampler.gauge(f"{PREFIX}_quota_limit", about, (), lambda: {(): client.quota.limit}, across)
    about = "Requests counted in the last minute."
    sampler.gauge(f"{PREFIX}_quota_used", about, (), lambda: {(): client.quota.used}, across)
    sampler.gauge(f"{PREFIX}_quota_waiting", "Requests waiting for the quota.", ("priority",), waiting)
    about = "Requests refused because they could not start before their deadline."
    sampler.counter(f"{PREFIX}_quota_refused", about, ("priority",), refused)


def _declare_upstream(sampler: Sampler, client: Client) -> None:
    """Declare the circuits and connections of the endpoint groups that were called, and the drift."""
    bulkhead, group = client.bulkhead, ("group",)

    def states() -> Mapping[Any, float]:
        return {(circuit.group,): circuit.state.value for circuit in client.breaker}

    def opened() -> Mapping[Any, float]:
        return {(circuit.group,): circuit.opened for circuit in client.breaker}

    def waits() -> Mapping[Any, float]:
        waited = {(name, "waited"): count for name, count in bulkhead.waits.items()}
        return waited | {(name, "refused"): count for name, count in bulkhead.refused.items()}

    def drift() -> Mapping[Any, float]:
        counts = client.drift.counts.items()
        return {(finding.endpoint, finding.kind.value, finding.field): count for finding, count in counts}

    about = "State of the circuit: 0 closed, 1 half open, 2 open."
    sampler.gauge(f"{PREFIX}_circuit_state", about, group, states, "livemax")
    sampler.counter(f"{PREFIX}_circuit_opened", "Times that the circuit opened.", group, opened)
    about = "Connections waiting for an answer of CoinGlass."
    sampler.gauge(f"{PREFIX}_connections_in_use", about, group, lambda: _by_label(bulkhead.in_use))
    about = "Requests that waited for a free connection, by outcome."
    sampler.counter(f"{PREFIX}_connection_waits", about, ("group", "outcome"), waits)
    about = "Values and rows in CoinGlass' answers that differ from the catalogue."
    sampler.counter(f"{PREFIX}_drift", about, ("endpoint", "kind", "field"), drift)


def _declare_caller_keys(sampler: Sampler, pool: ClientPool) -> None:
    about = "Clients of callers' CoinGlass keys, by whether CoinGlass has accepted the key."
    sampler.gauge(f"{PREFIX}_key_clients", about, ("state",), lambda: _by_label(key_clients(pool)))
    about = "Clients closed to make room for another key."
    sampler.counter(f"{PREFIX}_key_clients_evicted", about, (), lambda: {(): pool.evicted})
    about = "Keys refused because all clients were in use."
    sampler.counter(f"{PREFIX}_key_clients_refused", about, (), lambda: {(): pool.refused})


def _declare_process(sampler: Sampler) -> None:
    """Declare versions, and what prometheus_client reads of the process, which its multiprocess mode would not show."""
    strawberry = installed_version("strawberry-graphql")
    versions = (installed_version() or "unknown", platform.python_version(), strawberry or "unknown")
    about = "Versions of the server, of Python and of Strawberry."
    labels = ("version", "python", "strawberry")
    sampler.gauge(f"{PREFIX}_build_info", about, labels, lambda: {versions: 1}, "livemax")
    about = "Tasks of the event loop."
    sampler.gauge(f"{PREFIX}_tasks", about, (), lambda: {(): len(asyncio.all_tasks())})
    process = ProcessFigures()
    for metric in process.metrics():
        name = metric.name

        def read(name: str = name) -> Mapping[Any, float]:
            return {(): _value(process.metrics(), name)}

        if metric.type == "counter":
            sampler.counter(name, metric.documentation, (), read)
        else:
            is_sum = name not in ("process_start_time_seconds", "process_max_fds")
            sampler.gauge(name, metric.documentation, (), read, "livesum" if is_sum else "livemin")


class ProcessFigures:
    """What prometheus_client reads of the process. It lists all open files, which takes long with many connections."""

    def __init__(self) -> None:
        self._collector = ProcessCollector(registry=CollectorRegistry())
        self._metrics: Sequence[Metric] = ()
        self._read_at = -math.inf

    def metrics(self) -> Sequence[Metric]:
        """Return the figures, which are at most `_PROCESS_SECONDS` old."""
        now = time.monotonic()
        if now - self._read_at >= _PROCESS_SECONDS:
            self._metrics, self._read_at = tuple(self._collector.collect()), now
        return self._metrics


def _value(metrics: Iterable[Metric], name: str) -> float:
    return next((metric.samples[0].value for metric in metrics if metric.name == name), 0.0)


def _by_label(values: Mapping[str, int]) -> dict[Labels, float]:
    return {(label,): value for label, value in values.items()}
