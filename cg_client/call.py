"""What travels through the layers of the client: a call on the way in, an answer on the way out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Generic, TypeAlias, TypeVar
from urllib.parse import quote_plus

import msgspec

from cg_client.decoding.anomalies import Anomaly, AnomalyCollector
from cg_client.endpoint import Endpoint
from cg_client.params import Params

T = TypeVar("T")

Decode: TypeAlias = Callable[[msgspec.Raw, AnomalyCollector], T]
Key: TypeAlias = tuple[str, Decode[object]]


_known_quoted = lru_cache(4096)(quote_plus)  # the same names, intervals and limits are in most requests
_MAX_KNOWN = 500  # characters: longer texts of callers would fill the memory


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One upstream request and how its payload is read: the key of the cache, and never with a secret in it.

    `target` is the path with its query as they are sent: calls with the same one ask for the same. `key` is equal for
    equal calls, for tables that are looked into often: it is hashed and compared without a call into Python. `path` is
    the one that is asked for, which is the endpoint's own except below the layer that chooses.
    """

    endpoint: Endpoint
    params: Params
    decode: Decode[object]
    path: str = ""
    target: str = field(init=False)
    key: Key = field(init=False)

    def __post_init__(self) -> None:
        path = self.path or self.endpoint.path
        target = _target(path, self.params.query())
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "key", (target, self.decode))

    def at(self, path: str) -> "Call":
        """Return the same call by another path of its endpoint."""
        return self if path == self.path else Call(self.endpoint, self.params, self.decode, path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.target)


def _target(path: str, query: dict[str, str]) -> str:
    if not query:
        return path
    return f"{path}?{'&'.join([f'{_known_quoted(name)}={_quoted(value)}' for name, value in query.items()])}"


def _quoted(text: str) -> str:
    if text.isalnum() and text.isascii():
        return text
    return _known_quoted(text) if len(text) <= _MAX_KNOWN else quote_plus(text)


class CacheStatus(Enum):
    """What becomes of a call if it is asked for now; the values are the words of a dry run."""

    HIT = "AT_HAND"  # answered from what is kept
    REFRESH = "REFRESH"  # answered from what is kept, which one request renews in the background
    PENDING = "IN_FLIGHT"  # a request runs already and will answer it
    MISS = "FETCH"  # sent


FREE = frozenset({CacheStatus.HIT, CacheStatus.PENDING})  # getting it sends nothing


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """A decoded payload and where it came from.

    `path`: the one that answered, of an endpoint with two. `stale`: past its time, served because there was nothing
    newer. `fresh_until`: monotonic seconds, until when the same call is answered the same. `anomalies`: what of
    CoinGlass' answer could not be read.
    """

    value: T
    endpoint: Endpoint
    fetched_at: datetime
    sandbox: bool = False
    stale: bool = False
    fresh_until: float = 0.0
    anomalies: tuple[Anomaly, ...] = ()
    path: str = ""
