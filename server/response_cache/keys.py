"""Which requests may share a response, and when two of them ask the same."""

import functools
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qsl

import orjson

from server.http import DRY_RUN, JSON, MALFORMED, DryRun, Request, parse_json

_MAX_HEADER = 1024  # bytes of an Accept or Accept-Encoding; with a longer one nothing is cached
_MAX_QUERY_STRING = 1024 * 1024
_OTHER_FORMS = (b"text/html", b"text/event-stream", b"multipart/mixed")

RawKey: TypeAlias = tuple[str, str, bytes, bytes | None, bytes | None, bytes | None, bytes]


class Key(NamedTuple):
    """Equal for requests that the application answers alike: whitespace and the order of members do not count.

    Numbers differ from strings, integers from floats and null from absent. The application reads the same parsed JSON,
    so that both see the same in odd bodies: a member given twice, an integer that is too large.
    """

    caller: str
    method: str
    accept: bytes | None
    query_string: bytes
    payload: bytes

    @property
    def size(self) -> int:
        return len(self.query_string) + len(self.payload)


class CacheableRequest(NamedTuple):
    """A request with the key of its response. `raw` is equal for requests that are the same to the byte."""

    request: Request
    key: Key
    revision: int
    raw: RawKey
    codings: tuple[str, ...]


def raw_key(request: Request, caller: str) -> RawKey:
    """Return the key that is looked up before anything is parsed."""
    headers = request.headers
    accept, encoding, dry_run = headers.get(b"accept"), headers.get(b"accept-encoding"), headers.get(DRY_RUN)
    return caller, request.method, request.query_string, accept, encoding, dry_run, request.body


def cache_key(request: Request, caller: str) -> Key | None:
    """Return None for a dry run and for a malformed request, which the application refuses."""
    if request.dry_run is not DryRun.OFF:
        return None
    is_get = request.method == "GET"
    payload = _canonical(_parameters(request.query_string) if is_get else request.payload)
    if payload is None:
        return None
    query_string = b"" if is_get else request.query_string
    return Key(caller, request.method, request.headers.get(b"accept"), query_string, payload)


def is_cacheable(request: Request) -> bool:
    """Whether the request may be for one response in JSON, as far as its head says."""
    headers = request.headers
    if request.method == "POST":
        kind = headers.get(b"content-type", b"")
        asks = (kind == JSON or _is_json(kind)) and b"content-encoding" not in headers
    else:
        asks = request.method == "GET" and _has_operation(request.query_string)
    accept = headers.get(b"accept")
    takes = accept is None or (len(accept) <= _MAX_HEADER and _takes_json(accept))
    return asks and takes and len(headers.get(b"accept-encoding", b"")) <= _MAX_HEADER


def _is_json(content_type: bytes) -> bool:
    return content_type.partition(b";")[0].strip().lower() == JSON


def _has_operation(query_string: bytes) -> bool:
    asks = b"query=" in query_string or b"extensions=" in query_string
    return asks and len(query_string) <= _MAX_QUERY_STRING


@functools.lru_cache(maxsize=256)
def _takes_json(accept: bytes) -> bool:
    return not any(form in accept.lower() for form in _OTHER_FORMS)


def _canonical(payload: object) -> bytes | None:
    try:
        return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS) if isinstance(payload, dict) else None
    except orjson.JSONEncodeError:  # nested deeper than orjson writes
        return None


def _parameters(query_string: bytes) -> dict[str, object] | None:
    """Return the parameters of a GET, in which variables and extensions are JSON; None if one is repeated or broken."""
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    texts = dict(pairs)
    if len(texts) < len(pairs) or not texts.keys() & {"query", "extensions"}:
        return None
    documents = {name: texts[name] for name in ("variables", "extensions") if texts.get(name)}
    values = {name: parse_json(text) for name, text in documents.items()}
    return None if MALFORMED in values.values() or None in values.values() else {**texts, **values}
