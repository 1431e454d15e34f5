"""One line of the log for each request over HTTP and each operation over WebSocket, whatever answered it."""

from typing import Any

from resolvers.operation_record import OperationRecord
from server.http import CLIENT_ID, Request, Response, is_name
from server.log import request_lines
from server.paths import MAX_LOGGED


def log_request(request: Request, response: Response, seconds: float) -> None:
    facts: dict[str, Any] = {
        "method": request.method,
        "path": request.path if len(request.path) <= MAX_LOGGED else request.path[:MAX_LOGGED],
        "status": response.status,
        "answered_by": response.answered_by,
        "milliseconds": round(seconds * 1000, 3),
        "request_id": request.request_id,
        "caller": request.caller.name,
        "address": request.client_address,
    }
    if request.trace_id:
        facts["trace_id"] = request.trace_id
    if response.code is not None:
        facts["code"] = response.code
    if response.upstream_calls is not None:
        facts["upstream_calls"] = response.upstream_calls
    if CLIENT_ID in request.headers:
        label = request.headers[CLIENT_ID].decode("latin-1")
        if is_name(label):
            facts["client_id"] = label
    operations = response.operations
    if len(operations) == 1:
        _add_operation(facts, operations[0])
    elif operations:
        facts["operations"] = [_add_operation({}, record) for record in operations]
    request_lines.info("request", facts)


def log_operation(opening: Request, record: OperationRecord, seconds: float) -> None:
    """Log an operation over the WebSocket that the request opened."""
    facts: dict[str, Any] = {
        "milliseconds": round(seconds * 1000, 3),
        "request_id": opening.request_id,
        "caller": opening.caller.name,
        "address": opening.client_address,
        "upstream_calls": record.upstream_calls,
    }
    request_lines.info("websocket operation", _add_operation(facts, record))


def _add_operation(facts: dict[str, Any], record: OperationRecord) -> dict[str, Any]:
    facts["operation"], facts["document"] = record.name, record.document
    estimate = record.estimate
    if estimate is not None:
        facts["cost"] = {"calls": estimate.calls, "values": estimate.values}
    if record.problems:
        facts["problems"] = dict(record.problems)
    if record.errors:
        facts["errors"] = dict(record.errors)
    return facts
