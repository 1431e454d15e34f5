"""An upstream in the same process, in which a test can replace the sandbox's answers."""

import contextlib
import functools
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
from graphql import DocumentNode, ExecutionResult, execute, parse, validate

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from cg_client.symbols.listings import Symbols
from resolvers.context import Context
from sandbox.app import KEY, Sandbox, create_sandbox
from tests.cases import SCHEMA


class StubUpstream(httpx.AsyncBaseTransport):
    """The sandbox, but for the bodies in `bodies`, by path.

    With `declares_plan` the client is configured with the plan and does not request it.
    """

    declares_plan = True

    def __init__(
        self, bodies: dict[str, Any] | None = None, plan: Plan = Plan.PROFESSIONAL, clock: Clock | None = None
    ) -> None:
        self.bodies = bodies or {}
        self.clock = the_clock = clock or Clock()
        self.sandbox = Sandbox(plan, now=lambda: the_clock.now().timestamp())
        self._sandbox = httpx.ASGITransport(create_sandbox(self.sandbox))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = self.bodies.get(request.url.path)
        if body is not None:
            return httpx.Response(200, content=body if isinstance(body, bytes) else json.dumps(body).encode())
        return await self._sandbox.handle_async_request(request)


async def ask(query: str, upstream: StubUpstream, **variables: Any) -> dict[str, Any]:
    """Return the whole answer to a query, without a server around it."""
    async with _context(upstream) as context:
        result = await SCHEMA.execute(query, variable_values=variables, context_value=context)
    return {"data": result.data, "errors": [error.formatted for error in result.errors or ()]}


@contextlib.asynccontextmanager
async def _context(upstream: StubUpstream) -> AsyncIterator[Context]:
    config = ClientConfig(
        api_key=Secret(KEY), base_url="http://upstream", plan=upstream.sandbox.plan if upstream.declares_plan else None
    )
    client = Client(config, transport=upstream, policy=RetryPolicy(attempts=1), clock=upstream.clock)
    try:
        yield Context(client, Symbols(client), "test")
    finally:
        await client.close()


@functools.cache
def _document(query: str) -> DocumentNode:
    document = parse(query)
    assert validate(SCHEMA._schema, document) == []
    return document


async def result_of(query: str, context: Context) -> ExecutionResult:
    """Execute the query in this context; each document is parsed and validated once."""
    executed = execute(SCHEMA._schema, _document(query), context_value=context)
    return executed if isinstance(executed, ExecutionResult) else await executed


async def field(query: str, upstream: StubUpstream) -> Any:
    """Return the value under `it` in the answer, at any depth."""
    async with _context(upstream) as context:
        result = await result_of(query, context)
    assert not result.errors, result.errors
    return under_it(result.data)


def under_it(data: Any) -> Any:
    while "it" not in data:
        (data,) = data.values()
    return data["it"]
