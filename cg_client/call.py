"""What travels through the layers of the client: a call on the way in, an answer on the way out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Generic, TypeAlias, TypeVar

import msgspec

from cg_client.endpoint import Endpoint
from cg_client.params import Params

T = TypeVar("T")

Decode: TypeAlias = Callable[[msgspec.Raw], T]


@dataclass(frozen=True, slots=True)
class Call:
    """One upstream request and how its payload is read: the key of the cache, and never with a secret in it."""

    endpoint: Endpoint
    params: Params
    decode: Decode[object]


class Standing(Enum):
    """What becomes of a call if it is asked for now."""

    AT_HAND = "AT_HAND"  # answered from what is kept
    REFRESH = "REFRESH"  # answered from what is kept, which one request renews in the background
    IN_FLIGHT = "IN_FLIGHT"  # a request is under way already and will answer it
    FETCH = "FETCH"  # sent


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A decoded payload and where it came from.

    `stale`: past its time, served because there was nothing newer. `fresh_until`: monotonic seconds, until when the
    same call is answered the same.
    """

    value: T
    endpoint: Endpoint
    fetched_at: datetime
    sandbox: bool = False
    stale: bool = False
    fresh_until: float = 0.0
