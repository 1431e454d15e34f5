"""A CoinGlass v4 of its own over real HTTP: same paths, checks, envelopes and headers, documented sample rows.

Every answer carries `X-CoinGlass-Source: sandbox`. Beside the API there are three switches of the sandbox's own:
`GET /_sandbox/calls`, `POST` and `DELETE /_sandbox/faults`, `PUT /_sandbox/plan`.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from cg_client.catalogue import CATALOGUE
from cg_client.endpoints import account
from cg_client.plans import REQUESTS_PER_MINUTE, Plan
from cg_client.transport import KEY_HEADER
from sandbox import envelopes
from sandbox.checks import refusal
from sandbox.envelopes import Reply
from sandbox.faults import ConnectionKept, Fault, FaultKind, break_off
from sandbox.quota import Quota
from sandbox.replay import replay
from sandbox.samples import sample

KEY = "sandbox"
MARK = {"X-CoinGlass-Source": "sandbox"}


class Sandbox:
    """The state of one sandbox. `now` is the wall clock in seconds; `quota` overrides the plan's requests a minute."""

    def __init__(
        self,
        plan: Plan = Plan.PROFESSIONAL,
        *,
        key: str = KEY,
        quota: int | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.plan, self.key, self.now = plan, key, now
        self.quota = Quota(REQUESTS_PER_MINUTE[plan] if quota is None else quota, now)
        self.calls: Counter[str] = Counter()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.faults: list[Fault] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request of the API."""
        request = Request(scope, receive)
        path = request.url.path
        self.calls[path] += 1
        self.requests.append((path, dict(request.query_params)))
        regular = self._answer(request)
        fault = next((one for one in self.faults if one.hits(path)), None)
        reply = regular if fault is None else await fault.reply(regular)
        if reply is None and fault is not None:
            await break_off(scope, send, fault, regular.body)
            return
        assert reply is not None  # noqa: S101  # only a fault takes the answer away
        headers = MARK | self.quota.headers() | reply.headers
        await Response(reply.body, reply.status, headers, "application/json")(scope, receive, send)

    def _answer(self, request: Request) -> Reply:
        path, query = request.url.path, dict(request.query_params)
        endpoint = CATALOGUE.get(path)
        within = self.quota.take()
        given = request.headers.get(KEY_HEADER)
        if given != self.key:
            return envelopes.KEY_INVALID if given else envelopes.KEY_MISSING
        if not within:
            return envelopes.RATE_LIMITED
        if endpoint is None:
            return envelopes.NOT_FOUND
        refused = refusal(endpoint, query, self.plan)
        if refused is not None:
            return refused
        if endpoint is account.SUBSCRIPTION:
            return envelopes.success(self._subscription(endpoint.path))
        return envelopes.success(replay(endpoint, query, self.plan, round(self.now() * 1000)))

    def _subscription(self, path: str) -> dict[str, Any]:
        documented: dict[str, Any] = sample(path)["data"]
        return documented | {"level": self.plan.name}


def create_sandbox(sandbox: Sandbox) -> ASGIApp:
    """The sandbox with its switches."""

    async def calls(_: Request) -> Response:
        return JSONResponse(
            {"total": sandbox.calls.total(), "paths": sandbox.calls, "rateLimited": sandbox.quota.refused}
        )

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            sandbox.faults.clear()
            return Response(status_code=204)
        wanted = json.loads(await request.body())
        sandbox.faults.append(Fault(**wanted | {"kind": FaultKind(wanted["kind"])}))
        return Response(status_code=201)

    async def plan(request: Request) -> Response:
        sandbox.plan = Plan[json.loads(await request.body())["plan"].upper()]
        sandbox.quota.limit = REQUESTS_PER_MINUTE[sandbox.plan]
        return Response(status_code=204)

    app = Starlette(
        routes=[
            Route("/_sandbox/calls", calls),
            Route("/_sandbox/faults", faults, methods=["POST", "DELETE"]),
            Route("/_sandbox/plan", plan, methods=["PUT"]),
            Route("/{path:path}", sandbox),
        ]
    )
    return ConnectionKept(app)
