"""Reads `Accept` and `Accept-Encoding`: the best media type and the codings that a client takes (RFC 9110, 12.5).

`format` in the address takes the place of `Accept`, for clients that cannot set it.
"""

import functools
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from server.export.formats import BY_MEDIA_TYPE, BY_NAME, EXTRA, FileFormat
from server.http import JSON

GRAPHQL_JSON: Final = b"application/graphql-response+json"
EVENT_STREAM: Final = b"text/event-stream"
MULTIPART: Final = b"multipart/mixed"  # as the protocol of subscriptions in the version 1.0
IDENTITY: Final = "identity"
_JSON: Final = (JSON, GRAPHQL_JSON)  # what wildcards stand for
CODINGS: Final = ("zstd", "gzip", IDENTITY)  # the best first

_OF_FILES = tuple(BY_MEDIA_TYPE)
_STREAMS = (MULTIPART, EVENT_STREAM)  # the better one last
_MEDIA_TYPES = (*_OF_FILES, *_STREAMS, JSON, GRAPHQL_JSON)  # of results; among equal weights the last one wins
_MULTIPART, _SPEC = MULTIPART.decode(), "subscriptionspec"
_PAGE_RANGES = ("text/html", "text/*", "*/*")
_SYNONYMS = {"x-gzip": "gzip"}  # RFC 9110, 8.4.1.3
_UTF_8 = ("utf-8", "utf8")


def parameter_search(*names: str) -> Callable[[bytes], re.Match[bytes] | None]:
    """Return a search of a query string for parameters of these names, any character of which may be encoded."""
    patterns = ("".join(f"(?:{letter}|(?i:%{ord(letter):02x}))" for letter in name) for name in names)
    return re.compile(f"(?:^|&)(?:{'|'.join(patterns)})(?:=|&|$)".encode()).search


_has_format = parameter_search("format")


@functools.lru_cache(maxsize=256)
def media_type(accept: bytes | None) -> bytes | None:
    """Return the media type of the result of an operation; None if the client takes none that there is.

    A wildcard, like a request without the header, stands for JSON, because clients that were written before there was
    another type send it. Of equal weights the type that the header names wins.
    """
    if not accept:
        return JSON
    weights = _weights(accept)
    offers = [offered for offered in _MEDIA_TYPES if offered not in _OF_FILES or BY_MEDIA_TYPE[offered].is_available]
    (weight, *_), best = max((_preference(offered, weights), offered) for offered in offers)
    return best if weight > 0 else None


@functools.lru_cache(maxsize=256)
def stream_type(accept: bytes | None) -> bytes | None:
    """Return the media type in which the client takes the results of a subscription; None if it takes none."""
    weights = _weights(accept or b"")
    weight, best = max((weights.get(offered.decode(), 0.0), offered) for offered in reversed(_STREAMS))
    return best if weight > 0 else None


def response_type(accept: bytes | None, query_string: bytes) -> bytes | FileFormat | None:
    """Return the media type of the result of an operation, or the format of the file; None for what there is not."""
    name = requested_format(query_string)
    if name == "json":
        return JSON
    if name is not None:
        file_format = BY_NAME.get(name)
        return file_format if file_format is not None and file_format.is_available else None
    chosen = media_type(accept)
    return None if chosen is None else BY_MEDIA_TYPE.get(chosen, chosen)


def requested_format(query_string: bytes) -> str | None:
    """Return `format` of an address; of several the last one."""
    if _has_format(query_string) is None:
        return None
    return dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)).get("format")


def why_unacceptable(accept: bytes, query_string: bytes) -> str:
    """Say which types and formats there are."""
    name, types = requested_format(query_string), (JSON, GRAPHQL_JSON, *_STREAMS, *_OF_FILES)
    missing = [each for each in BY_NAME.values() if not each.is_available]
    if any(each.name == name or (name is None and each.media_type in accept) for each in missing):
        return f"Arrow and Parquet need pyarrow, which this server does not have: install {EXTRA}."
    if name is not None:
        return f"`format` is {name[:80]!r}, and the formats are json, {', '.join(BY_NAME)}."
    return f"Accept {accept.decode('latin-1')[:80]!r} allows none of {', '.join(kind.decode() for kind in types)}."


def _preference(offered: bytes, weights: dict[str, float]) -> tuple[float, bool, int]:
    named = weights.get(offered.decode())
    if named is not None:
        return named, True, _MEDIA_TYPES.index(offered)
    if offered not in _JSON:
        return 0.0, False, 0
    return weights.get("application/*", weights.get("*/*", 0.0)), False, offered == JSON


def accepts_page(accept: bytes | None) -> bool:
    """Whether the client takes HTML, the most specific range first."""
    weights = _weights(accept or b"")
    return next((weights[name] for name in _PAGE_RANGES if name in weights), 0.0) > 0


@functools.lru_cache(maxsize=256)
def acceptable_codings(header: bytes | None) -> tuple[str, ...]:
    """Return the codings that an Accept-Encoding allows, the best first; none if it refuses even the unencoded body.

    Without the header, only the unencoded body.
    """
    if header is None:
        return (IDENTITY,)
    stated = {_SYNONYMS.get(name, name): weight for name, weight in _weights(header).items()}
    others = stated.get("*", 0.0)
    weights = {coding: stated.get(coding, others) for coding in CODINGS}
    if IDENTITY not in stated and "*" not in stated:
        weights[IDENTITY] = 1e-9  # allowed, but behind every coding that the header names
    allowed = (coding for coding, weight in weights.items() if weight > 0)
    return tuple(sorted(allowed, key=lambda coding: -weights[coding]))


def _weights(header: bytes) -> dict[str, float]:
    """Return the weight of each value that the header lists; unreadable parts are ignored."""
    return dict(filter(None, map(_value_and_weight, header.decode("latin-1").lower().split(","))))


@functools.lru_cache(maxsize=256)
def is_json(content_type: bytes) -> bool:
    """Whether a body of this Content-Type is JSON in UTF-8; other parameters do not matter."""
    value, stated = _value_and_parameters(content_type.decode("latin-1").lower())
    return value.encode("latin-1") == JSON and stated.get("charset", "utf-8") in _UTF_8


def _value_and_weight(text: str) -> tuple[str, float] | None:
    value, stated = _value_and_parameters(text)
    if stated.get("charset", "utf-8") not in _UTF_8 or (value == _MULTIPART and stated.get(_SPEC) != "1.0"):
        return None
    try:
        weight = float(stated.get("q", "1"))
    except ValueError:
        return None
    return (value, weight) if 0 <= weight <= 1 else None


def _value_and_parameters(text: str) -> tuple[str, dict[str, str]]:
    value, *parameters = (part.strip() for part in text.split(";"))
    return value, dict(_parameter(parameter) for parameter in parameters)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip().strip('"')
