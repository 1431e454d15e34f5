"""Errors of the request and of ours: stable codes, remedies for the caller, and nothing of our insides.

`BAD_USER_INPUT` what the caller named or combined wrongly, with `suggestions` where there are some;
`GRAPHQL_PARSE_FAILED`, `GRAPHQL_VALIDATION_FAILED`, `QUERY_TOO_COMPLEX` the document; a `ProblemCode` where a listing
that a field cannot do without could not be had; `INTERNAL_SERVER_ERROR` everything else, masked and logged.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import structlog
from graphql import GraphQLError, GraphQLSyntaxError, ValueNode

from cg_client.errors import CoinglassError, InvalidRequest, UnknownName

_NESTED = "Maximum introspection depth exceeded"  # of graphql-core's rule
_TOO_NESTED = "This introspection nests 3 lists of fields or types, and 2 are allowed: request types by their names."

_LONGEST_MESSAGE: Final = 1000  # characters
_LONG_WORD_LENGTH: Final = 200
_LONG_WORD: Final = re.compile(rf"\S{{{_LONG_WORD_LENGTH},}}")

log = structlog.get_logger(__name__)


def stable(errors: Sequence[GraphQLError], context: object) -> list[GraphQLError]:
    """Return the errors as a caller may see them; internal ones are logged under the id of the request."""
    return [_stable(error, getattr(context, "request_id", None)) for error in errors]


def shortened(message: str) -> str:
    """Return the message without the middle of what it quotes at length, which the caller has already."""
    if len(message) < _LONG_WORD_LENGTH:
        return message
    message = _LONG_WORD.sub(lambda word: _ends(word[0], 40), message)
    return _ends(message, _LONGEST_MESSAGE // 2) if len(message) > _LONGEST_MESSAGE else message


def _ends(text: str, length: int) -> str:
    return f"{text[:length]}…{text[-length:]}"


def _stable(error: GraphQLError, request_id: str | None) -> GraphQLError:
    cause = error.original_error
    if error.message == _NESTED:
        return _with(GraphQLError(_TOO_NESTED, nodes=error.nodes), {"code": "QUERY_TOO_COMPLEX"})
    if cause is None or isinstance(cause, GraphQLError) or _is_of_literal(error):
        return _with(error, {"code": _code_of(error)} | (error.extensions or {}))
    extensions = _facts(cause)
    if extensions is not None:
        return _with(error, extensions)
    log.error("internal error", request_id=request_id, path=error.path, exc_info=cause)
    masked = GraphQLError(f"Something failed in this server; its log names the request {request_id}.", path=error.path)
    return _with(masked, {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id})


def _is_of_literal(error: GraphQLError) -> bool:
    """Whether it is about a literal that a scalar could not read, whatever the scalar raised."""
    return error.path is None and bool(error.nodes) and all(isinstance(node, ValueNode) for node in error.nodes or ())


def _facts(cause: Exception) -> dict[str, Any] | None:
    """Return what a caller may know of the cause, or None if it is internal."""
    match cause:
        case InvalidRequest():
            return _invalid(cause)
        case CoinglassError():
            return {
                "code": cause.code.value,
                "endpoint": cause.endpoint,
                "retryable": cause.retryable,
                "retryAfter": cause.retry_after,
            }
        case _:
            return None


def _invalid(cause: InvalidRequest) -> dict[str, Any]:
    facts: dict[str, Any] = {"code": cause.code.value}
    if cause.argument is not None:
        facts["argument"] = cause.argument
    if cause.suggestions or isinstance(cause, UnknownName):
        facts["suggestions"] = cause.suggestions
    return facts


def _code_of(error: GraphQLError) -> str:
    """Return the code of an error that graphql-core itself raised."""
    if isinstance(error, GraphQLSyntaxError):
        return "GRAPHQL_PARSE_FAILED"
    if error.path is not None or error.message.startswith("Variable "):
        return "BAD_USER_INPUT"  # an argument or a variable that could not be coerced
    return "GRAPHQL_VALIDATION_FAILED"


def _with(error: GraphQLError, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        shortened(error.message),
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        original_error=error.original_error,
        extensions=extensions,
    )
