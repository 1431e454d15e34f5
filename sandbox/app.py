"""A CoinGlass v4 of its own over real HTTP: same paths, checks, envelopes and headers, documented sample rows.

Every answer carries `X-CoinGlass-Source: sandbox`.
"""

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from cg_client.catalogue import BY_PATH
from cg_client.endpoints import account
from cg_client.plans.plan import REQUESTS_PER_MINUTE, Plan
from cg_client.transport import KEY_HEADER
from sandbox import envelopes
from sandbox.checks import refusal
from sandbox.delivery import ConnectionKept, deliver
from sandbox.drift import Drift
from sandbox.envelopes import Reply
from sandbox.faults import OF_DELIVERY, Fault
from sandbox.quota import Quota
from sandbox.replay import replay
from sandbox.samples import sample
from sandbox.switches import switches

KEY = "sandbox"
REQUESTS_KEPT = 10_000
MARK = {"X-CoinGlass-Source": "sandbox"}


class Sandbox:
    """The state of one sandbox. `now` is the wall clock in seconds; `quota` overrides the plan's requests a minute.

    `ahead`: seconds by which the clock of its data is ahead of `now`, by which requests are counted. `revoked`: the key
    is not accepted any more. `account_missing`: the account endpoint answers 404, as to some keys of CoinGlass.
    `requests`: the newest ones, as path and parameters.
    """

    def __init__(
        self,
        plan: Plan = Plan.PROFESSIONAL,
        *,
        key: str = KEY,
        quota: int | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.plan, self.key, self.revoked = plan, key, False
        self.account_missing = False
        self.ahead, self._clock = 0.0, now
        self.quota = Quota(REQUESTS_PER_MINUTE[plan] if quota is None else quota, now)
        self.calls: Counter[str] = Counter()
        self.requests: deque[tuple[str, dict[str, str]]] = deque(maxlen=REQUESTS_KEPT)
        self.faults: list[Fault] = []
        self.drifts: list[Drift] = []

    def now(self) -> float:
        """Return the time of the data, in seconds."""
        return self._clock() + self.ahead

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request of the API."""
        request = Request(scope, receive)
        path = request.url.path
        self.calls[path] += 1
        self.requests.append((path, dict(request.query_params)))
        regular = self._answer(request)
        fault = next((one for one in self.faults if one.hits(path)), None)
        if fault is not None and fault.kind in OF_DELIVERY:
            await deliver(scope, send, fault, regular.body)
            return
        reply = regular if fault is None else await fault.reply(regular)
        headers = MARK | self.quota.headers() | reply.headers
        for drift in (one for one in self.drifts if one.hits(path)):
            reply, headers = drift.changed(reply), drift.changed_headers(headers)
        await Response(reply.body, reply.status, headers, "application/json")(scope, receive, send)

    def _answer(self, request: Request) -> Reply:
        path, query = request.url.path, dict(request.query_params)
        endpoint = BY_PATH.get(path)
        within = self.quota.take()
        refused = self._key_refused(request.headers.get(KEY_HEADER))
        if refused is not None:
            return refused
        if not within:
            return envelopes.RATE_LIMITED
        if endpoint is None or (endpoint is account.SUBSCRIPTION and self.account_missing):
            return envelopes.NOT_FOUND
        refused = refusal(endpoint, query, self.plan)
        if refused is not None:
            return refused
        if endpoint is account.SUBSCRIPTION:
            return envelopes.success(self._subscription(endpoint.path))
        return envelopes.success(replay(endpoint, query, self.plan, round(self.now() * 1000)))

    def _key_refused(self, given: str | None) -> Reply | None:
        if given != self.key:
            return envelopes.KEY_INVALID if given else envelopes.KEY_MISSING
        return envelopes.KEY_REVOKED if self.revoked else None

    def _subscription(self, path: str) -> dict[str, Any]:
        documented: dict[str, Any] = sample(path)["data"]
        return documented | {"level": self.plan.name}


def create_sandbox(sandbox: Sandbox) -> ASGIApp:
    """Make the sandbox with its switches."""
    return ConnectionKept(Starlette(routes=[*switches(sandbox), Route("/{path:path}", sandbox)]))
