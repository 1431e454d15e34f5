"""A field's value that waits for one future and is then made at once.

A coroutine has to be driven by a task of its own; of these, an executor can wait for many together.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any, final

from cg_client.errors import CoinglassError


@final
class UnderWay:
    """`make` gets the result of the future."""

    __slots__ = ("_make", "_rescue", "future")

    def __init__(self, future: asyncio.Future[Any], make: Callable[[Any], object]) -> None:
        self.future, self._make = future, make
        self._rescue: Callable[[CoinglassError], object] | None = None

    def rescued(self, rescue: Callable[[CoinglassError], object]) -> "UnderWay":
        """The same, with a value instead of a failure upstream."""
        self._rescue = rescue
        return self

    def value(self) -> object:
        """When the future is done; raises what it raised."""
        try:
            return self._make(self.future.result())
        except CoinglassError as error:
            if self._rescue is None:
                raise
            return self._rescue(error)

    def __await__(self) -> Generator[Any, None, object]:
        """Who waits may go; the future stays for the others."""
        if not self.future.done():
            yield from asyncio.wait([self.future]).__await__()
        return self.value()
