"""How many requests to CoinGlass an operation causes, counted where they are sent.

The count travels in the context that tasks inherit, so that a flight counts for the operation that started it, retries
included, and for none of those that join it.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Tally:
    __slots__ = ("sent",)

    def __init__(self) -> None:
        self.sent = 0


_current: ContextVar[Tally | None] = ContextVar("tally", default=None)


class counting:  # noqa: N801  # what one does with it
    """Counts what is sent inside, and later by the tasks that were started inside."""

    __slots__ = ("_token",)

    def __enter__(self) -> Tally:
        tally = Tally()
        self._token = _current.set(tally)
        return tally

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


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
