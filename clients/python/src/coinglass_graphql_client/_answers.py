"""Reads answers of the server."""

from collections.abc import Mapping
from typing import Any

import msgspec

from coinglass_graphql_client._requests import Request
from coinglass_graphql_client.errors import GraphError, ResponseError
from coinglass_graphql_client.generated.enums import ProblemCode
from coinglass_graphql_client.generated.types import InvalidInput, PlanGated, Problem, Unavailable

_PROBLEMS: dict[str, type[Problem]] = {"PlanGated": PlanGated, "Unavailable": Unavailable, "InvalidInput": InvalidInput}


class _Entry(msgspec.Struct):
    message: str = ""
    path: list[str | int] | None = None
    extensions: dict[str, Any] | None = None


class Envelope(msgspec.Struct):
    """A response of GraphQL; each field of the root is read when it is needed."""

    data: dict[str, msgspec.Raw] | None = None
    entries: list[_Entry] = msgspec.field(name="errors", default_factory=list)
    extensions: dict[str, msgspec.Raw] | None = None

    @property
    def errors(self) -> list[GraphError]:
        """The errors."""
        return [
            GraphError(
                entry.message,
                str((entry.extensions or {}).get("code", "")),
                tuple(entry.path or ()),
                entry.extensions or {},
            )
            for entry in self.entries
        ]


class _Kind(msgspec.Struct):
    typename: str = msgspec.field(name="__typename")


class _Problem(msgspec.Struct):
    code: ProblemCode
    message: str
    endpoint: str


def read_field(data: Mapping[str, msgspec.Raw], alias: str, request: Request[Any]) -> Any:
    """Return the value of a request, None if the server has none."""
    raw = data.get(alias, msgspec.Raw(b"null"))
    try:
        for step in request.steps[1:]:
            level = msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | None)
            if level is None:
                return None
            raw = level[step.field]
        if not request.is_result:
            return msgspec.json.decode(raw, type=request.answer | None)
        return None if bytes(raw) == b"null" else _read_result(raw, request)
    except (msgspec.MsgspecError, KeyError) as error:
        raise ResponseError(f"cannot read the answer for {request}: {error}") from None


def _read_result(raw: msgspec.Raw, request: Request[Any]) -> Any:
    kind = kind_of(raw)
    return msgspec.json.decode(raw, type=request.answer) if kind == request.selected else read_problem(raw, kind)


def kind_of(raw: msgspec.Raw) -> str:
    """Return the `__typename`."""
    return msgspec.json.decode(raw, type=_Kind).typename


def read_problem(raw: msgspec.Raw, kind: str) -> Problem:
    """Return a problem of this kind."""
    if kind in _PROBLEMS:
        return msgspec.json.decode(raw, type=_PROBLEMS[kind])
    other = msgspec.json.decode(raw, type=_Problem)  # a kind that this version does not have
    return Unavailable(
        code=other.code, message=other.message, endpoint=other.endpoint, retryable=False, retry_after=None
    )


def problem_of_error(error: GraphError) -> Problem:
    """Return an error of a field that is no result as the problem that it is."""
    details = error.extensions
    code = ProblemCode(error.code or "UPSTREAM_ERROR")
    endpoint = str(details.get("endpoint") or "")
    if error.code == "BAD_USER_INPUT":
        return InvalidInput(
            code=code,
            message=error.message,
            endpoint=endpoint,
            argument=details.get("argument"),
            suggestions=list(details.get("suggestions") or ()),
        )
    return Unavailable(
        code=code,
        message=error.message,
        endpoint=endpoint,
        retryable=bool(details.get("retryable")),
        retry_after=details.get("retryAfter"),
    )
