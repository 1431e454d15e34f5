"""What lives as long as the process and is shared by the layers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from callers.budgets import Budgets
from cg_client.client import Client
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
from server.upstream_clients import caller_clients, server_client

if TYPE_CHECKING:
    from server.tracing import Tracing

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """`sdl`: the schema whose SDL has a page, if it has one. `pool`: clients of callers' keys, if those are allowed."""

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
    sockets = observation.sockets
    observers = observation.calls, None if tracing is None else tracing.tracer
    client = server_client(settings, *observers, sandbox=sandbox)
    pool = caller_clients(settings, client.clock, *observers, sockets, sandbox=sandbox)
    return Services(
        settings=settings,
        engine=engine,
        sdl=engine.schema if policy.sdl else None,
        observation=observation,
        tracing=tracing,
        client=client,
        upstream=KeyUpstream.of(client, sockets),
        pool=pool if settings.key_header else None,
        access=access(settings, client.clock),
        budgets=Budgets(settings.budget(), client.clock, settings.workers),
        connections=new_connections(settings) if connections is None else connections,
    )


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
