"""Reads `Accept` and `Accept-Encoding`: the best media type and the codings that a client takes (RFC 9110, 12.5)."""

import functools
from typing import Final

from server.http import JSON

GRAPHQL_JSON: Final = b"application/graphql-response+json"
EVENT_STREAM: Final = b"text/event-stream"
IDENTITY: Final = "identity"
CODINGS: Final = ("zstd", "gzip", IDENTITY)  # the best first

_MEDIA_TYPES = (EVENT_STREAM, JSON, GRAPHQL_JSON)  # of results; among equal weights the last one wins
_PAGE_RANGES = ("text/html", "text/*", "*/*")
_SYNONYMS = {"x-gzip": "gzip"}  # RFC 9110, 8.4.1.3
_UTF_8 = ("utf-8", "utf8")


@functools.lru_cache(maxsize=256)
def media_type(accept: bytes | None) -> bytes | None:
    """Return the media type of the result of an operation; None if the client takes none that there is.

    A wildcard, like a request without the header, stands for JSON, because clients that were written before there was
    another type send it. Of equal weights the type that the header names wins.
    """
    if not accept:
        return JSON
    weights = _weights(accept)
    (weight, *_), best = max((_preference(offered, weights), offered) for offered in _MEDIA_TYPES)
    return best if weight > 0 else None


def _preference(offered: bytes, weights: dict[str, float]) -> tuple[float, bool, int]:
    named = weights.get(offered.decode())
    if named is not None:
        return named, True, _MEDIA_TYPES.index(offered)
    if offered == EVENT_STREAM:
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


def _value_and_weight(text: str) -> tuple[str, float] | None:
    value, *parameters = (part.strip() for part in text.split(";"))
    stated = dict(_parameter(parameter) for parameter in parameters)
    if stated.get("charset", "utf-8") not in _UTF_8:
        return None
    try:
        weight = float(stated.get("q", "1"))
    except ValueError:
        return None
    return (value, weight) if 0 <= weight <= 1 else None


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip().strip('"')
