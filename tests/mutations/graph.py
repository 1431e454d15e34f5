"""One graph that executes many queries, each with another body of one endpoint."""

import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.decoding.anomalies import AnomalyKind
from cg_client.errors import CoinglassError
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from resolvers.context import Context
from sandbox.app import KEY
from tests.cases import CASES
from tests.clock import FakeClock
from tests.mutations.json_paths import JsonPath, flat
from tests.upstream import StubUpstream, result_of, under_it

LATE = datetime(2060, 1, 1, tzinfo=UTC)  # later than the documented open interest, which shows its opening time

Findings: TypeAlias = Counter[tuple[AnomalyKind, str]]


class MinutesPass(FakeClock):
    """The day stays the same, while the quota of each minute is new."""

    def now(self) -> datetime:
        return self._now


@dataclass(frozen=True)
class GraphOutcome:
    """The result of a body: single values by path, or a problem; and its anomalies."""

    values: dict[JsonPath, Any]
    problem: str | None
    findings: Findings

    @property
    def shown(self) -> tuple[dict[JsonPath, Any], str | None]:
        return self.values, self.problem


class MutableGraph:
    """Asks for the whole payload of one endpoint."""

    def __init__(self, path: str, query: str, upstream: StubUpstream, client: Client, clock: FakeClock) -> None:
        self.path, self._query, self._upstream, self._client, self._clock = path, query, upstream, client, clock
        self._symbols = Symbols(client)

    async def outcome(self, data: Any, **arguments: str) -> GraphOutcome:
        """Return the answer to the body; `arguments` are further ones of the field, as they are written in a query."""
        self._upstream.bodies[self.path] = {"code": "0", "msg": "success", "data": data}
        self._clock.advance(120)
        self._client.drift.counts.clear()
        symbols = Symbols(self._client) if CASES[self.path].union is None else self._symbols
        result = await result_of(_with_arguments(self._query, arguments), Context(self._client, symbols, "test"))
        counted = {
            (item.kind, item.field): count
            for item, count in self._client.drift.counts.items()
            if item.endpoint == self.path
        }
        if result.errors:
            error = result.errors[0].original_error
            code = error.code.value if isinstance(error, CoinglassError) else type(error).__name__
            return GraphOutcome({}, f"{code}: {error}", Counter(counted))
        payload = under_it(result.data)
        if isinstance(payload, dict) and "message" in payload:
            return GraphOutcome({}, f"{payload['code']}: {payload['message']}", Counter(counted))
        if isinstance(payload, dict) and "source" in payload:
            anomalies = {
                (AnomalyKind(item["kind"]), item["field"]): item["count"] for item in payload.pop("source")["anomalies"]
            }
            assert anomalies == counted, "the answer reports the anomalies of the log"
        values = {json_path: _rounded(value) for json_path, value in flat(payload).items()}
        return GraphOutcome(values, None, Counter(counted))


def _with_arguments(query: str, arguments: dict[str, str]) -> str:
    if not arguments:
        return query
    written = ", ".join(f"{name}: {value}" for name, value in arguments.items())
    return re.sub(r"it: (\w+)(?:\((.*?)\))?", lambda it: f"it: {it[1]}({it[2] or ''} {written})", query)


def _rounded(value: Any) -> Any:
    """Round away what sums of floats differ by."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


class _Pages(StubUpstream):
    """The sandbox with replaced bodies, each of which is the only page."""

    async def handle_async_request(self, request: Any) -> Any:
        later = request.url.params.get("page", "1") != "1"
        bodies = self.bodies
        try:
            if later and request.url.path in bodies:
                self.bodies = {request.url.path: {"code": "0", "data": []}}
            return await super().handle_async_request(request)
        finally:
            self.bodies = bodies


@contextlib.asynccontextmanager
async def graph(path: str, query: str) -> AsyncIterator[MutableGraph]:
    clock = MinutesPass(LATE)
    upstream = _Pages(clock=clock)
    config = ClientConfig(api_key=Secret(KEY), base_url="http://upstream", plan=Plan.PROFESSIONAL, cache_bytes=0)
    client = Client(config, transport=upstream, policy=RetryPolicy(attempts=1), clock=clock)
    try:
        yield MutableGraph(path, query, upstream, client, clock)
    finally:
        await client.close()
