"""What a request asks: whether its answer may be shared at all, and when two requests ask the same."""

from typing import Final, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

import orjson
from starlette.types import Scope

from server.dry_run import DRY_RUN, is_off

_HEADER_AT_MOST = 1024  # bytes of an Accept or Accept-Encoding; with a longer one nothing is kept
_QUERY_STRING_AT_MOST = 1024 * 1024
_READ: Final = frozenset(
    (
        b"accept",
        b"accept-encoding",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"if-none-match",
        b"x-request-id",
        DRY_RUN,
    )
)
_OTHER_FORMS = (b"text/html", b"text/event-stream", b"multipart/mixed")
_JSON = b"application/json"

Named: TypeAlias = dict[bytes, bytes]
RawKey: TypeAlias = tuple[str, str, bytes, bytes | None, bytes | None, bytes | None, bytes]


class Key(NamedTuple):
    """Equal for requests that the application answers alike: blanks and the order of members do not count.

    Numbers differ from texts, integers from floats and null from absent. That holds for an application that reads its
    JSON with orjson as well, so that both see the same in odd bodies: a member given twice, an integer too large.
    """

    caller: str
    method: str
    accept: bytes | None
    query_string: bytes
    payload: bytes

    @property
    def size(self) -> int:
        return len(self.query_string) + len(self.payload)


class Question(NamedTuple):
    """A request with its body; `headers` are those that matter here, `caller` is whose answers it may get.

    `raw` is equal for requests that are the same to the byte.
    """

    method: str
    query_string: bytes
    headers: Named
    caller: str
    body: bytes
    raw: RawKey

    def key(self) -> Key | None:
        """None for a dry run, and where this is no request or a malformed one: the application says so."""
        if not is_off(self.headers.get(DRY_RUN)):
            return None
        is_get = self.method == "GET"
        payload = _canonical(_parameters(self.query_string) if is_get else _read(self.body))
        if payload is None:
            return None
        return Key(self.caller, self.method, self.headers.get(b"accept"), b"" if is_get else self.query_string, payload)


def raw_key(scope: Scope, headers: Named, caller: str, body: bytes) -> RawKey:
    """What is looked for before anything is read."""
    accept, encoding, dry = headers.get(b"accept"), headers.get(b"accept-encoding"), headers.get(DRY_RUN)
    return caller, scope["method"], scope["query_string"], accept, encoding, dry, body


def named(scope: Scope) -> Named:
    """The headers that matter here, in one pass; one that is repeated is joined."""
    found: Named = {}
    for name, value in scope["headers"]:
        if name in _READ:
            found[name] = found[name] + b"," + value if name in found else value
    return found


def concerns(scope: Scope, headers: Named) -> bool:
    """Whether the request may be for one answer in JSON, as far as can be said without reading it."""
    if scope["method"] == "POST":
        kind = headers.get(b"content-type", b"")
        asks = (kind == _JSON or _is_json(kind)) and b"content-encoding" not in headers
    else:
        asks = scope["method"] == "GET" and _has_question(scope["query_string"])
    accept = headers.get(b"accept")
    takes = accept is None or accept == _JSON or _takes_json(accept)
    return asks and takes and len(headers.get(b"accept-encoding", b"")) <= _HEADER_AT_MOST


def _is_json(content_type: bytes) -> bool:
    return content_type.partition(b";")[0].strip().lower() == _JSON


def _has_question(query_string: bytes) -> bool:
    asks = b"query=" in query_string or b"extensions=" in query_string
    return asks and len(query_string) <= _QUERY_STRING_AT_MOST


def _takes_json(accept: bytes) -> bool:
    return len(accept) <= _HEADER_AT_MOST and not any(form in accept.lower() for form in _OTHER_FORMS)


def _read(text: str | bytes) -> object:
    """None for what is no JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _canonical(payload: object) -> bytes | None:
    try:
        return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS) if isinstance(payload, dict) else None
    except orjson.JSONEncodeError:  # nested deeper than orjson writes
        return None


def _parameters(query_string: bytes) -> dict[str, object] | None:
    """The parameters of a GET, in which variables and extensions are JSON; None where one is repeated or unreadable."""
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    texts = dict(pairs)
    if len(texts) < len(pairs) or not texts.keys() & {"query", "extensions"}:
        return None
    documents = {name: texts[name] for name in ("variables", "extensions") if texts.get(name)}
    values = {name: _read(text) for name, text in documents.items()}
    return None if None in values.values() else {**texts, **values}
