"""Bounds the large exports of a process: each has its rows in memory until the last byte of its file is sent."""

import contextlib
from collections.abc import AsyncGenerator
from typing import Final

from graphql import GraphQLError

from server.http import NO_STORE, Response

TOO_MANY_EXPORTS: Final = "TOO_MANY_EXPORTS"  # code of an operation that is refused
LARGE: Final = 100_000  # values, by the estimate before execution: a file of about a megabyte
_RETRY_SECONDS: Final = 5


class LargeExports:
    """`running`: those of the process, at most `limit`."""

    def __init__(self, limit: int) -> None:
        self.limit, self.running = limit, 0


class ExportSlot:
    """The slot of one export among the large ones, if it is large."""

    def __init__(self, exports: LargeExports) -> None:
        self._exports, self._is_taken, self._is_refused = exports, False, False

    def take(self, values: int) -> None:
        """Raise GraphQLError if there is no slot for a large export."""
        if values <= LARGE:
            return
        exports = self._exports
        if exports.running >= exports.limit:
            self._is_refused = True
            message = (
                f"{exports.running} large exports are in progress, and {exports.limit} are allowed at a time "
                f"(COINGLASS_MAX_EXPORTS). Send this one again in {_RETRY_SECONDS} seconds, or request at most "
                f"{LARGE:,} values, for which there is always a slot."
            )
            extensions = {"code": TOO_MANY_EXPORTS, "retryAfter": _RETRY_SECONDS}
            raise GraphQLError(message, extensions=extensions)
        exports.running += 1
        self._is_taken = True

    def give_back(self) -> None:
        if self._is_taken:
            self._exports.running -= 1
            self._is_taken = False

    __del__ = give_back  # of a file that nobody began to send

    def mark(self, response: Response) -> None:
        """Give the response of a refused export its headers."""
        if self._is_refused:
            response.headers += [NO_STORE, (b"retry-after", b"%d" % _RETRY_SECONDS)]

    async def while_sending(self, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        try:
            async with contextlib.aclosing(pieces):
                async for piece in pieces:
                    yield piece
        finally:
            self.give_back()
