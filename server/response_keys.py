"""Decides which requests may share a response, and when two of them request the same."""

from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qsl

import orjson

from served_schema.persisted_queries import DOCUMENT_IDS
from server.export.formats import FileFormat
from server.http import DRY_RUN, JSON, MALFORMED, DryRun, Request, parse_json
from server.negotiation import GRAPHQL_JSON, is_json, parameter_search, response_type

_MAX_HEADER = 1024  # bytes of an Accept or Accept-Encoding; with a longer one nothing is cached
_MAX_QUERY_STRING = 1024 * 1024
_JSON = (JSON, GRAPHQL_JSON)

_OPERATION = ("query", "extensions", *DOCUMENT_IDS)  # a GET with one of these parameters has an operation
_PARAMETERS = frozenset((*_OPERATION, "operationName", "variables"))
_has_operation = parameter_search(*_OPERATION)

RawKey: TypeAlias = tuple[str, str, bytes, bytes | None, bytes | None, bytes | None, bytes]


class ResponseKey(NamedTuple):
    """Equal for requests that the application answers alike: whitespace and the order of members do not count.

    Numbers differ from strings, integers from floats and null from absent. The application reads the same parsed JSON,
    so that both see the same in unusual bodies: a member given twice, an integer that is too large.
    """

    scope: str
    method: str
    media_type: bytes | None
    query_string: bytes
    payload: bytes


class CacheableRequest(NamedTuple):
    """A request with the key of its response. `raw` is equal for requests that are the same to the byte."""

    request: Request
    key: ResponseKey
    revision: int
    raw: RawKey
    codings: tuple[str, ...]


def raw_key(request: Request) -> RawKey:
    """Return the key that is looked up before anything is parsed."""
    headers = request.headers
    accept, encoding, dry_run = headers.get(b"accept"), headers.get(b"accept-encoding"), headers.get(DRY_RUN)
    return request.scope, request.method, request.query_string, accept, encoding, dry_run, request.body


def response_key(request: Request) -> ResponseKey | None:
    """Return None for a dry run and for a malformed request, which the application refuses.

    HEAD has the response of GET, whose body is not sent.
    """
    if request.dry_run is not DryRun.OFF:
        return None
    parameters = get_parameters(request.query_string) if request.is_get else request.payload
    if not isinstance(parameters, dict):
        return None
    try:
        payload = orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # nested deeper than orjson writes
        return None
    query_string = b"" if request.is_get else request.query_string
    kind = response_type(request.headers.get(b"accept"), request.query_string)
    media_type = kind.content_type if isinstance(kind, FileFormat) else kind
    return ResponseKey(request.scope, "GET" if request.is_get else request.method, media_type, query_string, payload)


def is_cacheable(request: Request) -> bool:
    """Whether the request may be for one response in JSON or one file, judged without its body."""
    headers = request.headers
    if request.method == "POST":
        is_operation = is_json(headers.get(b"content-type", b"")) and b"content-encoding" not in headers
    else:
        is_operation = request.is_get and has_operation(request.query_string)
    accept = headers.get(b"accept")
    if not is_operation or (accept is not None and len(accept) > _MAX_HEADER):
        return False
    kind = response_type(accept, request.query_string)
    return (kind in _JSON or isinstance(kind, FileFormat)) and len(headers.get(b"accept-encoding", b"")) <= _MAX_HEADER


def has_operation(query_string: bytes) -> bool:
    """Whether a GET has an operation, and not one that is too long."""
    return len(query_string) <= _MAX_QUERY_STRING and _has_operation(query_string) is not None


def get_parameters(query_string: bytes) -> dict[str, object] | None:
    """Return the parameters of a GET, in which variables and extensions are JSON; None if one is repeated or broken."""
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    texts = dict(pairs)
    names = [name for name, _ in pairs if name in _PARAMETERS]
    if len(set(names)) < len(names) or texts.keys().isdisjoint(_OPERATION):
        return None
    documents = {name: texts[name] for name in ("variables", "extensions") if name in texts}
    values: dict[str, object] = {name: parse_json(text) if text else None for name, text in documents.items()}
    return None if MALFORMED in values.values() else {**texts, **values}
