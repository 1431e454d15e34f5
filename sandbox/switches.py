"""The sandbox's own routes, beside the API: what it counted, and how to change it while it runs.

`GET /_sandbox/calls` and `/_sandbox/requests`, `POST` and `DELETE /_sandbox/faults`, and `PUT` to `/_sandbox/plan`,
`/_sandbox/quota`, `/_sandbox/key`, `/_sandbox/account` and `/_sandbox/clock`. The plan changes the quota with it;
another quota is another limit in the headers, whatever the plan.
"""

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cg_client.plans.plan import REQUESTS_PER_MINUTE, Plan
from sandbox.faults import Fault, FaultKind

if TYPE_CHECKING:
    from sandbox.app import Sandbox

_DONE = 204


def switches(sandbox: "Sandbox") -> list[Route]:
    return [*_counts(sandbox), *_faults(sandbox), *_states(sandbox)]


def _counts(sandbox: "Sandbox") -> list[Route]:
    async def calls(_: Request) -> Response:
        quota = sandbox.quota
        counted = {"total": sandbox.calls.total(), "paths": sandbox.calls}
        return JSONResponse(counted | {"rateLimited": quota.refused, "mostInAMinute": quota.most})

    async def requests(_: Request) -> Response:
        return JSONResponse([{"path": path, "query": query} for path, query in sandbox.requests])

    return [Route("/_sandbox/calls", calls), Route("/_sandbox/requests", requests)]


def _faults(sandbox: "Sandbox") -> list[Route]:
    async def add(request: Request) -> Response:
        wanted = await _body(request)
        sandbox.faults.append(Fault(**wanted | {"kind": FaultKind(wanted["kind"])}))
        return Response(status_code=201)

    async def clear(_: Request) -> Response:
        sandbox.faults.clear()
        return Response(status_code=_DONE)

    path = "/_sandbox/faults"
    return [Route(path, add, methods=["POST"]), Route(path, clear, methods=["DELETE"])]


def _states(sandbox: "Sandbox") -> list[Route]:
    async def plan(request: Request) -> Response:
        sandbox.plan = Plan[(await _body(request))["plan"].upper()]
        sandbox.quota.limit = REQUESTS_PER_MINUTE[sandbox.plan]
        return Response(status_code=_DONE)

    async def quota(request: Request) -> Response:
        sandbox.quota.limit = int((await _body(request))["limit"])
        return Response(status_code=_DONE)

    async def key(request: Request) -> Response:
        sandbox.revoked = bool((await _body(request))["revoked"])
        return Response(status_code=_DONE)

    async def account(request: Request) -> Response:
        sandbox.account_missing = bool((await _body(request))["missing"])
        return Response(status_code=_DONE)

    async def clock(request: Request) -> Response:
        sandbox.ahead = float((await _body(request))["ahead"])
        return Response(status_code=_DONE)

    changed = {"plan": plan, "quota": quota, "key": key, "account": account, "clock": clock}
    return [Route(f"/_sandbox/{name}", change, methods=["PUT"]) for name, change in changed.items()]


async def _body(request: Request) -> Any:  # noqa: ANN401  # JSON
    return json.loads(await request.body())
