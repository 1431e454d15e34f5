"""How many requests to CoinGlass an operation causes, counted where they are sent.

The count travels in the context that tasks inherit, so that a flight counts for the operation that started it, retries
included, and for none of those that join it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Tally:
    __slots__ = ("sent",)

    def __init__(self) -> None:
        self.sent = 0


_current: ContextVar[Tally | None] = ContextVar("tally", default=None)


@contextmanager
def counting() -> Iterator[Tally]:
    """Counts what is sent inside, and later by the tasks that were started inside."""
    tally = Tally()
    token = _current.set(tally)
    try:
        yield tally
    finally:
        _current.reset(token)


def count_sent() -> None:
    tally = _current.get()
    if tally is not None:
        tally.sent += 1


def uncounted(start: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Starts what no operation waits for."""
    token = _current.set(None)
    try:
        return start(*args, **kwargs)
    finally:
        _current.reset(token)
