"""Reads the operations of a request: the parameters of a GET, or the JSON of a POST."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from served_schema.persisted_queries import with_document_id
from server.http import JSON, MALFORMED, Header, Request, Response, refusal
from server.response_keys import get_parameters

_BAD_REQUEST, _UNSUPPORTED_MEDIA_TYPE = 400, 415
_SHAPES: Final = (
    ("query", str, "a string"),
    ("operationName", str, "a string"),
    ("variables", dict, "an object"),
    ("extensions", dict, "an object"),
)
_NO_OPERATION: Final = "The request has no operation: send its text as `query`, or the id of its document."


class OperationRefused(Exception):
    """The request has no operation that could be executed; `response` says why."""

    def __init__(self, status: int, message: str, *headers: Header) -> None:
        super().__init__(message)
        self.response: Response = refusal(status, message)
        self.response.headers += headers


class OperationRequest(NamedTuple):
    """The parameters of a GraphQL request. `text` is None if `extensions` name the document."""

    text: str | None
    name: str | None
    variables: dict[str, Any] | None
    extensions: dict[str, Any] | None


def read_payload(request: Request) -> dict[str, Any] | list[Any]:
    """Return the parameters of one operation, or a batch of them. Raises OperationRefused."""
    if request.is_get:
        parameters = get_parameters(request.query_string)
        if parameters is None:
            raise OperationRefused(
                _BAD_REQUEST,
                f"{_NO_OPERATION} Each parameter occurs once; `variables` and `extensions` are objects in JSON.",
            )
        return parameters
    _check_content_type(request.headers.get(b"content-type"))
    payload = request.payload
    if payload is MALFORMED:
        raise OperationRefused(_BAD_REQUEST, "The body is not valid JSON.")
    if not isinstance(payload, dict | list):
        raise OperationRefused(
            _BAD_REQUEST, "The body is an object with `query`, and perhaps `variables` and `operationName`."
        )
    return payload


def _check_content_type(content_type: bytes | None) -> None:
    media_type, _, parameter = (content_type or b"").partition(b";")
    name, _, charset = parameter.lower().partition(b"=")
    is_utf_8 = name.strip() != b"charset" or charset.strip().strip(b'"') in (b"utf-8", b"utf8")
    if media_type.strip().lower() == JSON and is_utf_8:
        return
    stated = "no Content-Type" if content_type is None else f"the Content-Type {content_type.decode('latin-1')[:80]!r}"
    raise OperationRefused(
        _UNSUPPORTED_MEDIA_TYPE, f"The request has {stated}. Send JSON in UTF-8, with `content-type: application/json`."
    )


def read_operation(payload: Mapping[str, Any]) -> OperationRequest:
    """Read one operation. Raises OperationRefused."""
    for name, kind, shape in _SHAPES:
        if not isinstance(payload.get(name), kind | None):
            raise OperationRefused(_BAD_REQUEST, f"`{name}` is {shape}, or null.")
    text, extensions = payload.get("query"), with_document_id(payload)
    if not text and not extensions:
        raise OperationRefused(_BAD_REQUEST, _NO_OPERATION)
    return OperationRequest(text, payload.get("operationName") or None, payload.get("variables"), extensions)
