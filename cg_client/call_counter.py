"""Counts the requests to CoinGlass that an operation causes, where they are sent.

The counter travels in the context that tasks inherit: a fetch counts for the operation that started it, retries
included, and for none of those that join it.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class CallCounter:
    __slots__ = ("sent",)

    def __init__(self) -> None:
        self.sent = 0


_current: ContextVar[CallCounter | None] = ContextVar("call_counter", default=None)


class count_upstream_calls:  # noqa: N801  # what one does with it
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
