"""The header `X-Dry-Run`: what an operation would cost, answered without asking CoinGlass for anything.

The operation is executed on what is at hand, its data is dropped, and what it would ask for is told in its place.
"""

from collections.abc import Mapping
from typing import Any, Final

from cross_web import HTTPException
from graphql import GraphQLError
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult

from cg_client.call import CacheStatus, Call
from cg_client.call_plan import CallPlan, DryRunMiss
from cg_client.errors import Gated, InvalidRequest, RequestRefused
from cg_client.quota import Usage

DRY_RUN: Final = b"x-dry-run"
NOT_KEPT: Final = (b"cache-control", b"no-store")
_ON = (b"1", b"true")
_OFF = (None, b"0", b"false")


def is_off(value: bytes | None) -> bool:
    """Whether a real run is wanted; what is neither on nor off counts as on here, and is refused by `is_wished`."""
    return value in _OFF


def is_wished(headers: Mapping[bytes, bytes]) -> bool:
    """Raises HTTPException for what is neither on nor off: a typing error must not spend."""
    value = headers.get(DRY_RUN)
    if is_off(value):
        return False
    if value not in _ON:
        raise HTTPException(400, "X-Dry-Run is 1 or true for a dry run, and 0, false or left out for a real one.")
    return True


def is_asked(scope: Scope) -> bool:
    return any(name == DRY_RUN and not is_off(value) for name, value in scope["headers"])


async def refused(_: Scope, receive: Receive, send: Send) -> None:
    """A WebSocket that asks for dry runs, of which it has none: refused, so that nothing is spent by mistake."""
    await receive()
    await send({"type": "websocket.close", "code": 1008, "reason": "X-Dry-Run is for requests over HTTP."})


def foreseen(result: ExecutionResult, plan: CallPlan, quota: Usage) -> ExecutionResult:
    """The answer to a dry run. What is wrong with the request is an error as ever; a document that is, has no plan."""
    if result.errors and all(error.path is None for error in result.errors):
        return result
    errors = [error for error in result.errors or () if not _is_of_the_dry_run(error)]
    return ExecutionResult(None, errors or None, {"plan": _told(plan, quota)})


def _is_of_the_dry_run(error: GraphQLError) -> bool:
    return isinstance(error.original_error, DryRunMiss)


def _told(plan: CallPlan, quota: Usage) -> dict[str, Any]:
    counts = plan.counts
    return {
        "complete": plan.is_complete,
        "callsToFetch": counts[CacheStatus.MISS],
        "callsToRefresh": counts[CacheStatus.REFRESH],
        "quota": {"limit": quota.limit, "remaining": quota.remaining},
        "calls": [_call(call, status) for call, status in plan.calls.items()],
        "refused": [_refusal(error) for error in plan.refused],
        "open": [{"endpoint": endpoint, "reason": reason} for endpoint, reason in plan.open.items()],
    }


def _call(call: Call, status: CacheStatus) -> dict[str, Any]:
    return {"endpoint": call.endpoint.path, "parameters": call.params.query(), "status": status.value}


def _refusal(error: RequestRefused | InvalidRequest) -> dict[str, Any]:
    facts = {"endpoint": error.endpoint, "code": error.code.value, "message": str(error)}
    match error:
        case Gated():
            current = None if error.current is None else error.current.name
            return facts | {"requiredPlan": error.required.name, "currentPlan": current}
        case InvalidRequest():
            return facts | {"argument": error.argument, "suggestions": error.suggestions}
        case _:
            return facts
