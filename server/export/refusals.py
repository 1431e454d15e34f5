"""Refuses an export that would lack something: a file has no place for problems and errors."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final

import orjson
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from graph_types.problems import Problem, Unavailable
from graph_types.scalars import format_time
from payloads.source import fields_of
from server.export.rows import LocatedProblem, problems_in
from server.http import NO_STORE, Response

_UNPROCESSABLE, _FAILED = 422, 500
_INTERNAL: Final = "INTERNAL_SERVER_ERROR"


def refuse_incomplete(body: Mapping[str, Any], codes: Mapping[str, int]) -> Response | None:
    """Refuse a result with errors or problems; None if it is whole. `codes`: those of its problems."""
    if body.get("errors"):
        return refuse_errors(body["errors"])
    problems = list(problems_in(body["data"]))
    if problems:
        return refuse_problems(problems)
    return refuse_codes(codes) if codes else None


def refuse_errors(errors: Sequence[Mapping[str, Any]]) -> Response:
    """Refuse what was executed with errors."""
    codes = [error.get("extensions", {}).get("code", _INTERNAL) for error in errors]
    return _refusal(errors, codes[0], _FAILED if _INTERNAL in codes else _UNPROCESSABLE)


def refuse_problems(problems: Sequence[LocatedProblem]) -> Response:
    """Refuse a result with problems, each of them whole, in the shape of errors."""
    errors = [
        {
            "message": problem.message,
            "path": path,
            "extensions": {"code": problem.code.value, "problem": _as_json(problem)},
        }
        for path, problem in problems
    ]
    response = _refusal(errors, problems[0].problem.code.value, _UNPROCESSABLE)
    waits = [problem.retry_after if isinstance(problem, Unavailable) else None for _, problem in problems]
    stated = [wait for wait in waits if wait is not None]
    if len(stated) == len(waits):
        response.headers.append((b"retry-after", b"%d" % math.ceil(max(stated))))
    return response


def refuse_codes(codes: Mapping[str, int]) -> Response:
    """Refuse a result whose problems are known by their codes alone."""
    errors = [
        {"message": "A part of the result is missing. In JSON it says why.", "extensions": {"code": code}}
        for code in codes
    ]
    return _refusal(errors, next(iter(codes)), _UNPROCESSABLE)


def _refusal(errors: Sequence[Mapping[str, Any]], code: str, status: int) -> Response:
    response = Response.of(orjson.dumps({"errors": errors}), status=status)
    response.code = code
    response.headers.append(NO_STORE)
    return response


_fields: Callable[[type], list[StrawberryField]] = fields_of  # by its own type it takes no `type[Problem]`


def _as_json(problem: Problem) -> dict[str, Any]:
    """Return the problem as the graph shows it."""
    values = {
        field.graphql_name or to_camel_case(field.python_name): _value(getattr(problem, field.python_name))
        for field in _fields(type(problem))
    }
    return {"__typename": type(problem).__name__, **values}


def _value(value: object) -> object:
    if isinstance(value, Enum):
        return value.name
    return format_time(value) if isinstance(value, datetime) else value
