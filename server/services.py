"""What lives as long as the process and is shared by the layers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from callers.budgets import Budgets
from cg_client.client import Client
from cg_client.clock import Clock
from execution.engine import Engine
from served_schema.federation import Schema
from server.callers import Access, access
from server.client_pool import ClientPool, KeyUpstream
from server.collector import INSTALL
from server.documents import apply_policy, reload_policy
from server.observation import Observation
from server.open_connections import OpenConnections
from server.response_limit import MEGABYTE
from server.server_config import new_connections
from server.settings import Settings
from server.upstream_clients import UpstreamClients

if TYPE_CHECKING:
    from server.sharing import Sharing
    from server.tracing import Tracing

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """`sdl`: the schema whose SDL has a page, if it has one. `pool`: clients of callers' keys, if those are allowed.

    `sharing`: what replicas share, if they share a store.
    """

    settings: Settings
    engine: Engine
    sdl: Schema | None
    observation: Observation
    tracing: "Tracing | None"
    client: Client
    upstream: KeyUpstream
    pool: ClientPool | None
    access: Access
    budgets: Budgets
    sharing: "Sharing | None"
    connections: OpenConnections

    async def reload(self) -> None:
        """Read callers' keys and trusted documents again."""
        self.access.reload()
        if self.settings.trusted_documents is not None and await reload_policy(self.engine, self.settings):
            self.client.revision.bump()  # else cached responses of documents that are gone would be served
            if self.pool is not None:
                self.pool.bump_revisions()


def start_services(settings: Settings, connections: OpenConnections | None, *, sandbox: bool) -> Services:
    """Build the services; without `connections`, those of the process are new."""
    engine = _engine(settings)
    policy = apply_policy(engine, settings)
    observation = Observation(lambda: engine.schema.trusted_names, settings.metrics_folder)
    tracing = _start_tracing(settings)
    clock = Clock()
    sharing = _share(settings, clock, observation)
    tracer = None if tracing is None else tracing.tracer
    clients = UpstreamClients(settings, clock, observation.calls, observation.sockets, tracer, sharing, sandbox)
    upstream = clients.of_server()
    return Services(
        settings=settings,
        engine=engine,
        sdl=engine.schema if policy.sdl else None,
        observation=observation,
        tracing=tracing,
        client=upstream.client,
        upstream=upstream,
        pool=clients.of_callers() if settings.key_header else None,
        access=access(settings, clock),
        budgets=Budgets(settings.budget(), clock, settings.workers) if sharing is None else sharing.budgets,
        sharing=sharing,
        connections=new_connections(settings) if connections is None else connections,
    )


def _share(settings: Settings, clock: Clock, observation: Observation) -> "Sharing | None":
    if settings.shared_url is None:
        return None
    from server.sharing import Sharing  # noqa: PLC0415  # of an optional extra

    return Sharing(settings, settings.shared_url, clock, observation.observe_store())


def _engine(settings: Settings) -> Engine:
    engine = Engine(settings.fragment_cache_megabytes * MEGABYTE, settings.limits())
    if not engine.uses_plans:
        log.warning("compiled plans are off: they do not agree with this version of graphql-core and Strawberry")
    return engine


def _start_tracing(settings: Settings) -> "Tracing | None":
    if settings.traces is None and settings.collector.is_set and not settings.collector.is_installed:
        log.warning("an endpoint of OTLP is set, but OpenTelemetry is not installed", remedy=INSTALL)
    if not settings.sends_traces:
        return None
    from server.tracing import start_tracing  # noqa: PLC0415  # of an optional extra

    return start_tracing()
