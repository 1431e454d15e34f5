"""Results as they are sent."""

from typing import Any

from strawberry.http import process_result
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError


def body_of(result: ExecutionResult) -> dict[str, Any]:
    """Return the result; one of an operation that was not executed has no `data`."""
    body: dict[str, Any] = {**process_result(result)}
    if isinstance(result, PreExecutionError):
        del body["data"]
    return body
