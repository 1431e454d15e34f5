"""A field's value that waits for one future and is then made at once.

A coroutine has to be driven by a task of its own; of these, an executor can wait for many together.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any, final

import msgspec

from cg_client.errors import CoinglassError, InvalidRequest


@final
class UnderWay(msgspec.Struct):
    """`make` gets the result of the future; `rescue` gives a value instead of a failure of the field."""

    future: asyncio.Future[Any]
    make: Callable[[Any], object]
    rescue: Callable[[CoinglassError | InvalidRequest], object] | None = None

    def value(self) -> object:
        """When the future is done; raises what it raised."""
        try:
            return self.make(self.future.result())
        except (CoinglassError, InvalidRequest) as error:
            if self.rescue is None:
                raise
            return self.rescue(error)

    def __await__(self) -> Generator[Any, None, object]:
        """Who waits may go; the future stays for the others."""
        if not self.future.done():
            yield from asyncio.wait([self.future]).__await__()
        return self.value()
