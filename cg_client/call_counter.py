"""Counts the upstream calls that an operation causes, when they are sent.

The counter lives in the context that tasks inherit: a fetch, retries included, counts for the operation that started it
and not for those that join it.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

import msgspec

P = ParamSpec("P")
T = TypeVar("T")


class CallCounter(msgspec.Struct, eq=False):
    sent: int = 0


_current: ContextVar[CallCounter | None] = ContextVar("call_counter", default=None)


class count_upstream_calls:  # noqa: N801  # reads as what the with statement does
    """Counts the calls sent inside the block, and later by the tasks that were started inside it."""

    __slots__ = ("_token",)

    def __enter__(self) -> CallCounter:
        counter = CallCounter()
        self._token = _current.set(counter)
        return counter

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def count_sent() -> None:
    counter = _current.get()
    if counter is not None:
        counter.sent += 1


def without_counting(start: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Start a background task that counts for no operation."""
    token = _current.set(None)
    try:
        return start(*args, **kwargs)
    finally:
        _current.reset(token)
