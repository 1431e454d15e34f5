"""What keeps a field from its payload, as values of the graph."""

from collections.abc import Mapping

from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError, Gated, HistoryTooDeep, IntervalTooFine, InvalidRequest
from cg_client.plans.gate import Gate
from graph_types.enums import GateReason
from graph_types.problems import InvalidInput, PlanGated, Problems, Unavailable

FAILURES = (CoinglassError, InvalidRequest)  # that a field turns into a value; others are ours
NO_ALTERNATIVES: Mapping[str, Endpoint] = {}


def problem(
    error: CoinglassError | InvalidRequest, gate: Gate, alternatives: Mapping[str, Endpoint] = NO_ALTERNATIVES
) -> Problems:
    """Turn an error of a field into its value. `alternatives`: fields of the graph by endpoint."""
    if isinstance(error, InvalidRequest):
        return InvalidInput(
            code=error.code,
            message=str(error),
            endpoint=error.endpoint,
            argument=error.argument,
            suggestions=error.suggestions,
        )
    if not isinstance(error, Gated):
        return Unavailable(
            code=error.code,
            message=str(error),
            endpoint=error.endpoint,
            retryable=error.retryable,
            retry_after=error.retry_after,
        )
    return PlanGated(
        code=error.code,
        message=str(error),
        endpoint=error.endpoint,
        reason=_reason(error),
        required_plan=error.required,
        current_plan=error.current,
        min_interval=error.floor if isinstance(error, IntervalTooFine) else None,
        available_from=error.available_from if isinstance(error, HistoryTooDeep) else None,
        alternatives=[field for field, endpoint in alternatives.items() if gate.includes(endpoint)],
        decided_by=error.decided_by,
    )


def _reason(error: Gated) -> GateReason:
    match error:
        case IntervalTooFine():
            return GateReason.INTERVAL
        case HistoryTooDeep():
            return GateReason.HISTORY
        case _:
            return GateReason.ENDPOINT
