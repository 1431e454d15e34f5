"""A field's value that depends on one future and is then made at once.

A coroutine needs a task of its own. Of these, an execution can wait for many without one.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any, final

import msgspec

from cg_client.errors import CoinglassError, InvalidRequest


@final
class Deferred(msgspec.Struct):
    """`make` gets the result of the future; `rescue` gives a value instead of a failure of the field."""

    future: asyncio.Future[Any]
    make: Callable[[Any], object]
    rescue: Callable[[CoinglassError | InvalidRequest], object] | None = None

    def value(self) -> object:
        """Return the value of a future that is done; raises what the future raised."""
        try:
            return self.make(self.future.result())
        except (CoinglassError, InvalidRequest) as error:
            if self.rescue is None:
                raise
            return self.rescue(error)

    def __await__(self) -> Generator[Any, None, object]:
        """Wait without cancelling the future, which others may wait for as well."""
        if not self.future.done():
            yield from asyncio.wait([self.future]).__await__()
        return self.value()
