"""Clients of CoinGlass: that of the server's key, and those of callers' keys, observed, traced and shared alike."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.decoding.anomalies import DecodingAnomaly
from cg_client.endpoint import Endpoint
from cg_client.failures import CallObserver
from cg_client.live.listener import SocketObserver
from cg_client.secret import Secret
from cg_client.tracing import Tracer
from server.client_pool import ClientPool, KeyUpstream
from server.response_limit import MEGABYTE
from server.settings import Settings

if TYPE_CHECKING:
    from server.sharing import Sharing  # imported only where replicas share a store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UpstreamClients:
    """Makes the clients of a process. `sharing`: what they share with other replicas, if they do.

    `sandbox`: the upstream is a sandbox, so that even the first response is marked.
    """

    settings: Settings
    clock: Clock
    calls: CallObserver
    sockets: SocketObserver
    tracer: Tracer | None
    sharing: "Sharing | None"
    sandbox: bool

    def of_server(self) -> KeyUpstream:
        """Return what operations use of CoinGlass with the server's key."""
        upstream = self._upstream(self.settings.client_config())
        upstream.client.drift.on_new = _log_drift
        upstream.client.gate.on_contradiction = _log_contradiction
        return upstream

    def of_callers(self) -> ClientPool:
        """Pool clients of callers' keys, whose plans CoinGlass states."""
        config = dataclasses.replace(
            self.settings.client_config(),
            plan=None,
            quota_spent=False,
            cache_bytes=self.settings.key_cache_megabytes * MEGABYTE,
        )

        def connect(key: Secret, scope: str) -> KeyUpstream:
            return self._upstream(dataclasses.replace(config, api_key=key), scope)

        return ClientPool(connect, self.clock, self.settings.key_clients)

    def _upstream(self, config: ClientConfig, scope: str = "") -> KeyUpstream:
        sharing = None if self.sharing is None else self.sharing.of_key(config, self.tracer, self.sockets)
        client = Client(config, clock=self.clock, tracer=self.tracer) if sharing is None else sharing.client
        client.observe(self.calls)
        client.sandbox, client.sandbox_figures = self.sandbox, self.settings.sandbox_figures.encode()
        return KeyUpstream.of(client, self.sockets, scope, sharing)


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
