"""The response to a dry run: what an operation would cost, found out without asking CoinGlass for anything.

The operation is executed on what is cached, its data is dropped, and the calls that it would cause are reported.
"""

from typing import Any

from graphql import GraphQLError
from strawberry.types import ExecutionResult

from cg_client.call import CacheStatus, Call
from cg_client.dry_client import CallPlan, DryRunMiss
from cg_client.errors import Gated, InvalidRequest, RequestRefused
from cg_client.quota.window import Usage


def report(result: ExecutionResult, plan: CallPlan, quota: Usage) -> ExecutionResult:
    """Report the dry run. Mistakes in the request are errors as usual, and an invalid document has no plan."""
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
