"""Clients of CoinGlass: that of the server's key, and those of callers' keys, which are observed and traced alike."""

import dataclasses

import structlog

from cg_client.client import Client
from cg_client.clock import Clock
from cg_client.decoding.anomalies import DecodingAnomaly
from cg_client.endpoint import Endpoint
from cg_client.failures import CallObserver
from cg_client.live.listener import SocketObserver
from cg_client.secret import Secret
from cg_client.tracing import Tracer
from server.client_pool import ClientPool
from server.response_limit import MEGABYTE
from server.settings import Settings

log = structlog.get_logger(__name__)


def server_client(settings: Settings, observer: CallObserver, tracer: Tracer | None, *, sandbox: bool) -> Client:
    """`sandbox`: the upstream is a sandbox, so that even the first response is marked."""
    client = Client(settings.client_config(), tracer=tracer)
    client.observe(observer)
    client.sandbox, client.sandbox_figures = sandbox, settings.sandbox_figures.encode()
    client.drift.on_new = _log_drift
    client.gate.on_contradiction = _log_contradiction
    return client


def caller_clients(
    settings: Settings,
    clock: Clock,
    observer: CallObserver,
    tracer: Tracer | None,
    sockets: SocketObserver,
    *,
    sandbox: bool,
) -> ClientPool:
    """Pool clients of callers' keys, whose plans CoinGlass states."""
    config = dataclasses.replace(
        settings.client_config(), plan=None, quota_spent=False, cache_bytes=settings.key_cache_megabytes * MEGABYTE
    )

    def connect(key: Secret) -> Client:
        client = Client(dataclasses.replace(config, api_key=key), clock=clock, tracer=tracer)
        client.sandbox, client.sandbox_figures = sandbox, settings.sandbox_figures.encode()
        client.observe(observer)
        return client

    return ClientPool(connect, clock, settings.key_clients, sockets)


def _log_drift(endpoint: Endpoint, anomaly: DecodingAnomaly) -> None:
    """Log each new anomaly once; `coinglass_graphql_drift_total` counts all of them."""
    log.warning(
        "CoinGlass' answer differs from the catalogue",
        endpoint=endpoint.path,
        kind=anomaly.kind.value,
        field=anomaly.field,
        count=anomaly.count,
        sample=anomaly.sample,
    )


def _log_contradiction(contradiction: str) -> None:
    log.warning("COINGLASS_PLAN is not the plan of the key", contradiction=contradiction)
