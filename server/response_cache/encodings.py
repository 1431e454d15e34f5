"""Which content coding a client gets, and the coding itself."""

import functools
import gzip
from collections.abc import Callable
from types import MappingProxyType

import zstandard

IDENTITY = "identity"
SMALL = 1024  # bytes: below, a coding saves nothing worth its work

_CODERS: MappingProxyType[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "zstd": lambda body: zstandard.compress(body, level=1),
        "gzip": lambda body: gzip.compress(body, compresslevel=1, mtime=0),
        IDENTITY: lambda body: body,
    }
)
_SAME = {"x-gzip": "gzip"}  # RFC 9110, 8.4.1.3


@functools.lru_cache(maxsize=256)
def acceptable(header: bytes | None) -> tuple[str, ...]:
    """Return the codings that an Accept-Encoding allows, the best first; none where it refuses even the plain body.

    Without the header, only the plain body: who wants another says so. What cannot be read counts as not said.
    """
    if header is None:
        return (IDENTITY,)
    said = dict(filter(None, map(_item, header.decode("latin-1").lower().split(","))))
    rest = said.get("*", 0.0)
    weights = {coding: said.get(coding, rest) for coding in _CODERS}
    if IDENTITY not in said and "*" not in said:
        weights[IDENTITY] = 1e-9  # allowed, but behind everything that is asked for
    return tuple(sorted((coding for coding, weight in weights.items() if weight > 0), key=lambda it: -weights[it]))


def _item(text: str) -> tuple[str, float] | None:
    coding, _, parameter = (part.strip() for part in text.partition(";"))
    name, _, value = (part.strip() for part in parameter.partition("="))
    try:
        weight = float(value) if name == "q" else 1.0
    except ValueError:
        return None
    return (_SAME.get(coding, coding), weight) if 0 <= weight <= 1 else None


def chosen(codings: tuple[str, ...], size: int) -> str:
    """Return the one of the allowed `codings` in which a body of `size` bytes is sent."""
    return IDENTITY if size < SMALL and IDENTITY in codings else codings[0]


def encode(body: bytes, coding: str) -> bytes:
    return _CODERS[coding](body)
