"""Failures of calls and of live channels as bytes, with the attributes of their classes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from cg_client import errors
from cg_client.errors import CoinglassError, GateSource, InvalidRequest, UnavailableReason, UpstreamFailed
from cg_client.intervals import Interval
from cg_client.plans.plan_table import Plan
from shared.codec_errors import Unencodable, UnreadableValue

Failure: TypeAlias = CoinglassError | InvalidRequest

MAX_DEPTH: Final = 10  # attempts of a call, each of which has its failure


class _PackedFailure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The class by its name, and what an instance of any of the classes has besides its message."""

    kind: str
    message: str
    endpoint: str | UnsetType = UNSET
    attempts: int | UnsetType = UNSET
    retry_after: float | UnsetType | None = UNSET
    required: Plan | UnsetType = UNSET
    current: Plan | UnsetType | None = UNSET
    decided_by: GateSource | UnsetType = UNSET
    floor: Interval | UnsetType | None = UNSET
    available_from: datetime | UnsetType = UNSET
    sent: bool | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    had_enough_time: bool | UnsetType = UNSET
    perhaps_ours: bool | UnsetType = UNSET
    reason: UnavailableReason | UnsetType = UNSET
    field: str | UnsetType = UNSET
    argument: str | UnsetType | None = UNSET
    suggestions: list[str] | UnsetType = UNSET
    lasting: bool | UnsetType = UNSET
    name: str | UnsetType = UNSET
    before: "_PackedFailure | UnsetType | None" = UNSET


_ATTRIBUTES: Final = tuple(name for name in _PackedFailure.__struct_fields__ if name not in ("kind", "message"))
_decoder: Final = msgspec.msgpack.Decoder(_PackedFailure)


KINDS: Final[Mapping[str, type[Failure]]] = {
    kind.__name__: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, CoinglassError | InvalidRequest)
}


def encode_failure(failure: Failure) -> bytes:
    """Return the bytes; raises Unencodable for a failure of another class than those of the client."""
    try:
        return msgspec.msgpack.encode(_packed(failure, MAX_DEPTH))
    except (TypeError, OverflowError, UnicodeEncodeError) as error:
        raise Unencodable(type(error).__name__) from error


def decode_failure(data: bytes) -> Failure:
    """Return what was encoded; raises UnreadableValue."""
    try:
        return _unpacked(_decoder.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError) as error:
        raise UnreadableValue(type(error).__name__) from error


def _packed(failure: Failure, depth: int) -> _PackedFailure:
    kind = type(failure)
    if KINDS.get(kind.__name__) is not kind:
        raise Unencodable(f"a failure of class {kind.__name__}")
    values: dict[str, Any] = dict(vars(failure))
    if not values.keys() <= set(_ATTRIBUTES):
        raise Unencodable(f"an attribute of {kind.__name__}")
    before = values.pop("before", None)
    if isinstance(before, UpstreamFailed) and depth:
        values["before"] = _packed(before, depth - 1)
    return _PackedFailure(kind.__name__, str(failure), **values)


def _unpacked(packed: _PackedFailure) -> Failure:
    kind = KINDS[packed.kind]
    failure = kind.__new__(kind)
    Exception.__init__(failure, packed.message)
    for name in _ATTRIBUTES:
        value = getattr(packed, name)
        if value is not UNSET:
            setattr(failure, name, _unpacked(value) if isinstance(value, _PackedFailure) else value)
    return failure
