"""Imitates CoinGlass v4 over real HTTP: same paths, checks, envelopes and headers, with modelled or documented figures.

Every answer carries `X-CoinGlass-Source: sandbox`, and `X-CoinGlass-Figures` with the name of its figures. Routes
beside the API change the sandbox while it runs: `GET /_sandbox/calls` and `/_sandbox/requests`, `POST` and `DELETE
/_sandbox/faults`, and `PUT` to `/_sandbox/plan`, `/_sandbox/quota`, `/_sandbox/key`, `/_sandbox/account` and
`/_sandbox/clock`. The plan changes the quota with it; the quota changes the limit in the headers, whatever the plan.
The WebSocket is in `sandbox/live`.
"""

import json
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from cg_client.catalogue import BY_PATH
from cg_client.endpoints import account
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from cg_client.transport import KEY_HEADER
from sandbox import envelopes
from sandbox.delivery import deliver, with_connection
from sandbox.envelopes import SandboxReply
from sandbox.faults import OF_DELIVERY, Fault, FaultKind
from sandbox.figures import SAMPLES, Figures
from sandbox.live.connection import LiveConnection, until_left
from sandbox.live.faults import LiveFaultKind
from sandbox.live.hub import LiveHub
from sandbox.live.routes import live_routes
from sandbox.request_checks import RequestCounter, refusal
from sandbox.samples import sample

KEY = "sandbox"
MAX_REQUESTS = 10_000  # that are remembered
_SOCKET_PATH, _SOCKET_KEY = "/ws-api", "cg-api-key"  # the key is in the query string
_MARK = {"X-CoinGlass-Source": "sandbox"}


class Sandbox:
    """The state of one sandbox. `now` is the wall clock in seconds; `quota` overrides the plan's requests a minute.

    `ahead`: seconds by which the time of its data is ahead of `now`; requests are counted by `now`. `revoked`: the key
    is no longer accepted. `account_missing`: the account endpoint answers 404, as it does for some real keys.
    `requests`: the newest ones, as path and parameters; `times`: when each of these came, by the clock.
    """

    def __init__(
        self,
        plan: Plan = Plan.PROFESSIONAL,
        *,
        key: str = KEY,
        quota: int | None = None,
        figures: Figures = SAMPLES,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.plan, self.key, self.revoked = plan, key, False
        self.figures = figures
        self._mark = _MARK | {"X-CoinGlass-Figures": figures.name}
        self.account_missing = False
        self.ahead, self._clock = 0.0, now
        self.quota = RequestCounter(REQUESTS_PER_MINUTE[plan] if quota is None else quota, now)
        self.calls: Counter[str] = Counter()
        self.requests: deque[tuple[str, dict[str, str]]] = deque(maxlen=MAX_REQUESTS)
        self.times: deque[float] = deque(maxlen=MAX_REQUESTS)
        self.faults: list[Fault] = []
        self.live = LiveHub(figures.live, figures.pairs, lambda: self.plan, self.now)

    def now(self) -> float:
        """Return the time of the data, in seconds."""
        return self._clock() + self.ahead

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of the API."""
        request = Request(scope, receive)
        path = request.url.path
        self.calls[path] += 1
        self.requests.append((path, dict(request.query_params)))
        self.times.append(self._clock())
        regular = self._answer(request)
        fault = next((fault for fault in self.faults if fault.hits(path)), None)
        if fault is not None and fault.kind in OF_DELIVERY:
            await deliver(scope, send, fault, regular.body)
            return
        reply = regular if fault is None else await fault.reply(regular)
        headers = self._mark | self.quota.headers() | reply.headers
        await Response(reply.body, reply.status, headers, "application/json")(scope, receive, send)

    async def connect(self, websocket: WebSocket) -> None:
        """Serve a WebSocket, if its key is accepted."""
        if self.live.due_fault(LiveFaultKind.HANG_HANDSHAKE):
            await until_left(websocket)
            return
        rejected = self.live.due_fault(LiveFaultKind.REJECT_HANDSHAKE)
        if rejected is not None:
            await websocket.send_denial_response(Response(status_code=rejected.status))
            return
        refused = self._key_refused(websocket.query_params.get(_SOCKET_KEY))
        if refused is not None:
            await websocket.send_denial_response(Response(refused.body, 401, self._mark, "application/json"))
            return
        headers = [(name.lower().encode(), value.encode()) for name, value in self._mark.items()]
        await LiveConnection(websocket, self.live).serve(headers)

    def _answer(self, request: Request) -> SandboxReply:
        path, query = request.url.path, dict(request.query_params)
        endpoint = BY_PATH.get(path)
        is_within_quota = self.quota.take()
        refused = self._key_refused(request.headers.get(KEY_HEADER))
        if refused is not None:
            return refused
        if not is_within_quota:
            return envelopes.RATE_LIMITED
        if endpoint is None or (endpoint is account.SUBSCRIPTION and self.account_missing):
            return envelopes.NOT_FOUND
        refused = refusal(endpoint, query, self.plan, self.figures)
        if refused is not None:
            return refused
        if endpoint is account.SUBSCRIPTION:
            return envelopes.success(sample(endpoint.path)["data"] | {"level": self.plan.name})
        return envelopes.success(self.figures.data(endpoint, query, self.plan, round(self.now() * 1000)))

    def _key_refused(self, key: str | None) -> SandboxReply | None:
        if key != self.key:
            return envelopes.KEY_INVALID if key else envelopes.KEY_MISSING
        return envelopes.KEY_REVOKED if self.revoked else None

    def change(self, setting: str, value: dict[str, Any]) -> bool:
        """Change a setting as `PUT /_sandbox/…` states it; return False for an unknown one."""
        match setting:
            case "plan":
                self.plan = Plan[value["plan"].upper()]
                self.quota.limit = REQUESTS_PER_MINUTE[self.plan]
            case "quota":
                self.quota.limit = int(value["limit"])
            case "key":
                self.revoked = bool(value["revoked"])
            case "account":
                self.account_missing = bool(value["missing"])
            case "clock":
                self.ahead = float(value["ahead"])
            case _:
                return False
        return True


class SandboxKeys:
    """Several keys with plan and quota each: the sandbox whose key a request carries answers, else the first."""

    def __init__(self, *sandboxes: Sandbox) -> None:
        self._first = sandboxes[0]
        self._by_key = {sandbox.key: sandbox for sandbox in sandboxes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Headers(scope=scope).get(KEY_HEADER, "")
        await self._by_key.get(key, self._first)(scope, receive, send)

    async def connect(self, websocket: WebSocket) -> None:
        key = websocket.query_params.get(_SOCKET_KEY, "")
        await self._by_key.get(key, self._first).connect(websocket)


def sandboxes_by_plan(figures: Figures = SAMPLES) -> list[Sandbox]:
    """Make a sandbox for each plan, with a key such as `sandbox-hobbyist`."""
    return [Sandbox(plan, key=f"{KEY}-{plan.name.lower()}", figures=figures) for plan in Plan]


def create_sandbox(sandbox: Sandbox, *others: Sandbox) -> ASGIApp:
    """Make the application: the API, and the routes that change it; `others` answer requests with their keys."""
    keys = SandboxKeys(sandbox, *others)
    api = [WebSocketRoute(_SOCKET_PATH, keys.connect), Route("/{path:path}", keys)]
    return with_connection(Starlette(routes=[*live_routes(sandbox.live), *_control_routes(sandbox), *api]))


def _control_routes(sandbox: Sandbox) -> list[Route]:
    async def calls(_: Request) -> Response:
        quota = sandbox.quota
        counts = {"total": sandbox.calls.total(), "paths": sandbox.calls}
        return JSONResponse(counts | {"rateLimited": quota.refused, "mostInAMinute": quota.most})

    async def requests(_: Request) -> Response:
        timed = zip(sandbox.times, sandbox.requests, strict=True)
        return JSONResponse([{"at": at, "path": path, "query": query} for at, (path, query) in timed])

    async def add_fault(request: Request) -> Response:
        options = json.loads(await request.body())
        sandbox.faults.append(Fault(**options | {"kind": FaultKind(options["kind"])}))
        return Response(status_code=201)

    async def clear_faults(_: Request) -> Response:
        sandbox.faults.clear()
        return Response(status_code=204)

    async def change(request: Request) -> Response:
        is_changed = sandbox.change(request.path_params["setting"], json.loads(await request.body()))
        return Response(status_code=204 if is_changed else 404)

    return [
        Route("/_sandbox/calls", calls),
        Route("/_sandbox/requests", requests),
        Route("/_sandbox/faults", add_fault, methods=["POST"]),
        Route("/_sandbox/faults", clear_faults, methods=["DELETE"]),
        Route("/_sandbox/{setting}", change, methods=["PUT"]),
    ]
