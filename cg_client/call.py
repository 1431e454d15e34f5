"""What travels through the layers of the client: a call on the way in, an answer on the way out, and their count."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar
from urllib.parse import quote_plus

import msgspec

from cg_client.decoding.anomalies import AnomalyCollector, DecodingAnomaly
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError
from cg_client.params.core import Params
from cg_client.quota.requester import Requester

P = ParamSpec("P")
T = TypeVar("T")

Decode: TypeAlias = Callable[[msgspec.Raw, AnomalyCollector], T]
CallKey: TypeAlias = tuple[str, Decode[object]]
Send: TypeAlias = Callable[["Call", float, Requester], Awaitable[T]]  # a layer: by a deadline, for a requester

_cached_quote = lru_cache(4096)(quote_plus)
_MAX_CACHED_TEXT = 500  # characters: longer texts of callers would fill the memory


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One upstream request and how its payload is read; never contains a secret.

    `path` is the endpoint's own, or its former one below the layer that chooses. `target` is the path with the query as
    sent. `key` is equal for equal calls, and is hashed and compared without a Python frame: caches look it up often.
    """

    endpoint: Endpoint
    params: Params
    decode: Decode[object]
    path: str = ""
    target: str = field(init=False)
    key: CallKey = field(init=False)

    def __post_init__(self) -> None:
        path = self.path or self.endpoint.path
        target, separator = path, "?"
        for name, text in self.params.query().items():
            target += f"{separator}{name}={text if text.isalnum() and text.isascii() else _quote(text)}"
            separator = "&"
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


def _quote(text: str) -> str:
    return _cached_quote(text) if len(text) <= _MAX_CACHED_TEXT else quote_plus(text)


class CacheStatus(Enum):
    """What getting a call would do now; the values are the words of a dry run."""

    HIT = "AT_HAND"  # answered from the cache
    REFRESH = "REFRESH"  # answered from the cache, which one request refreshes in the background
    PENDING = "IN_FLIGHT"  # answered by a request that is in flight
    MISS = "FETCH"  # sent


FREE = frozenset({CacheStatus.HIT, CacheStatus.PENDING})  # getting it sends nothing


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """A decoded payload and its origin.

    `path` is the one that answered, for endpoints with two. A `stale` answer is past its lifetime and served because
    there is nothing newer. Until `fresh_until`, in monotonic seconds, the same call gets the same answer. `lifetime`:
    for how many seconds from `fetched_at` that was to be, 0 if it is not known. `failure`: why there is nothing newer,
    if that was requested.
    """

    value: T
    endpoint: Endpoint
    fetched_at: datetime
    sandbox: bool = False
    stale: bool = False
    fresh_until: float = 0.0
    lifetime: float = 0.0
    anomalies: tuple[DecodingAnomaly, ...] = ()
    path: str = ""
    failure: CoinglassError | None = None


AnyAnswer: TypeAlias = Answer[Any]  # the call that it answers determines its payload


class Fetched(msgspec.Struct, frozen=True):
    """What the layers below the cache return.

    `size` is that of the body in bytes, `lifetime` in seconds from now.
    """

    answer: AnyAnswer
    size: int
    lifetime: float


MAX_SUGGESTED = 12  # searches of similar names for one operation, each of which takes up to 2 ms


class CallCounter(msgspec.Struct, eq=False):
    """Counts the calls that an operation causes, when they are sent.

    It lives in the context that tasks inherit: a fetch, retries included, counts for the operation that started it and
    not for those that join it. `on_sent` is called for each call, `on_late` for each that is sent after the operation
    has ended.
    `suggested`: names for which similar ones were searched.
    """

    sent: int = 0
    suggested: int = 0
    on_sent: Callable[[], None] | None = None
    on_late: Callable[[], None] | None = None


_current: ContextVar[CallCounter | None] = ContextVar("call_counter", default=None)


@contextlib.contextmanager
def count_upstream_calls(on_sent: Callable[[], None] | None = None) -> Iterator[CallCounter]:
    """Count the calls sent inside the block, and later by the tasks that were started inside it."""
    counter = CallCounter(on_sent=on_sent)
    token = _current.set(counter)
    try:
        yield counter
    finally:
        _current.reset(token)


def count_sent() -> CallCounter | None:
    """Count a call for the operation that started it, and return its counter."""
    counter = _current.get()
    if counter is not None:
        counter.sent += 1
        if counter.on_sent is not None:
            counter.on_sent()
        if counter.on_late is not None:
            counter.on_late()
    return counter


def may_suggest() -> bool:
    """Whether the operation may search names similar to one more unknown name; to be called before each search."""
    counter = _current.get()
    if counter is None:
        return True
    counter.suggested += 1
    return counter.suggested <= MAX_SUGGESTED


def without_counting(start: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Start a background task that counts for no operation."""
    context = copy_context()
    context.run(_current.set, None)
    return context.run(start, *args, **kwargs)
