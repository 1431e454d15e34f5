"""Reports a dry run: the calls that an operation would cause, without sending any to CoinGlass.

The operation is executed with what is cached, and its data is dropped.
"""

from strawberry.types import ExecutionResult

from cg_client.call import CacheStatus, Call
from cg_client.dry_client import CallPlan, DryRunMiss
from cg_client.errors import Gated, InvalidRequest, RequestRefused
from cg_client.quota.window import Usage
from resolvers.context import Context
from resolvers.operation_record import OperationEstimate


def report(result: ExecutionResult, context: Context, plan: CallPlan, quota: Usage) -> ExecutionResult:
    """Report the estimate and the calls. Mistakes are errors as usual, and an invalid document has no plan."""
    if result.errors and all(error.path is None for error in result.errors):
        return result
    errors = [error for error in result.errors or () if not isinstance(error.original_error, DryRunMiss)]
    return ExecutionResult(None, errors or None, {"plan": _plan(plan, context.record.estimate, quota)})


def _plan(plan: CallPlan, estimate: OperationEstimate | None, quota: Usage) -> dict[str, object]:
    counts = plan.counts
    return {
        "estimate": None if estimate is None else estimate._asdict(),
        "complete": plan.is_complete,
        "callsToFetch": counts[CacheStatus.MISS],
        "callsToRefresh": counts[CacheStatus.REFRESH],
        "quota": {"limit": quota.limit, "remaining": quota.remaining},
        "calls": [_call(call, status) for call, status in plan.calls.items()],
        "refused": [_refusal(error) for error in plan.refused],
        "open": [{"endpoint": endpoint, "reason": reason} for endpoint, reason in plan.open.items()],
    }


def _call(call: Call, status: CacheStatus) -> dict[str, object]:
    return {"endpoint": call.endpoint.path, "parameters": call.params.query(), "status": status.value}


def _refusal(error: RequestRefused | InvalidRequest) -> dict[str, object]:
    facts: dict[str, object] = {"endpoint": error.endpoint, "code": error.code.value, "message": str(error)}
    match error:
        case Gated():
            current = None if error.current is None else error.current.name
            return facts | {"requiredPlan": error.required.name, "currentPlan": current}
        case InvalidRequest():
            return facts | {"argument": error.argument, "suggestions": error.suggestions}
        case _:
            return facts
