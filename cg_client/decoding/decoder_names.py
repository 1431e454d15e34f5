"""What decoders are called in every process, so that processes can share what they read."""

from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from cg_client.call import Decode
from cg_client.endpoint import Endpoint

T = TypeVar("T")

_names: Final[WeakKeyDictionary[Decode[Any], str]] = WeakKeyDictionary()


def named(decode: Decode[T], *parts: type | Endpoint | str) -> Decode[T]:
    """Name the decoder by what distinguishes it; what a decoder without a name reads is not shared."""
    _names[decode] = " ".join(map(_text, parts))
    return decode


def name_of(decode: Decode[Any]) -> str | None:
    return _names.get(decode)


def _text(part: type | Endpoint | str) -> str:
    if isinstance(part, Endpoint):
        return part.path
    return part if isinstance(part, str) else f"{part.__module__}.{part.__qualname__}"
