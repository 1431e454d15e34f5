"""Waits for the next entries of streams, on a connection of its own."""

import asyncio
from collections.abc import Mapping
from typing import Any, TypeAlias

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import MovedError, ResponseError

from shared.store.commands import Argument, StoreReply
from shared.store.connections import request
from shared.store.errors import StoreAway
from shared.store.failures import FAILURES, is_away, reason_of, refusal
from shared.store.link import ignore
from shared.store.session import StoreSession
from shared.store.store import Store

StreamEntry: TypeAlias = tuple[str, dict[bytes, bytes]]  # its id and its fields

_NO_REPLY = "COINGLASS_SHARED_URL: no reply to a blocking read"
_FIRST_STREAM = 6  # among the words of XREAD


class StreamReader:
    """One read at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._session: StoreSession | None = None
        self._connection: AbstractConnection | None = None

    async def read(self, after: Mapping[str, str], seconds: float, count: int) -> dict[str, list[StreamEntry]]:
        """Return the entries after these ids, by stream; wait so long for the first, and return none then.

        Raises StoreAway, also as soon as the store goes away.
        """
        session = self._store.session
        block = max(1, round(seconds * 1000))  # zero would be for ever
        command: tuple[Argument, ...] = ("XREAD", "COUNT", count, "BLOCK", block, "STREAMS", *after, *after.values())
        reading = asyncio.ensure_future(self._exchange(session, command))
        reading.add_done_callback(ignore)  # the reader may be cancelled at the same time
        timer = asyncio.ensure_future(self._store.clock.sleep(block / 1000 + self._store.limit))
        try:
            ends: set[asyncio.Future[Any]] = {reading, timer, session.lost}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                raise StoreAway(session.lost.result() if session.lost.done() else _NO_REPLY)
            return _entries(reading.result())
        except FAILURES as error:
            raise StoreAway(reason_of(error)) from error
        finally:
            timer.cancel()
            await self._end(reading)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and self._session is not None:
            await self._session.disconnect(connection)

    async def _exchange(self, session: StoreSession, command: tuple[Argument, ...]) -> StoreReply:
        if session is not self._session:
            await self.close()
            self._session = session
        if self._connection is None:
            stream = str(command[_FIRST_STREAM])
            await session.send(("EXISTS", stream))  # so that a Cluster says which node has it by now
            self._connection = await session.connect_for(stream)
        try:
            reply: StoreReply = await request(self._connection, *command)
        except ResponseError as error:
            if is_away(error) or isinstance(error, MovedError):
                await self.close()
                raise StoreAway(reason_of(error)) from error
            refused = refusal(error)
            self._store.report_refusal(str(command[0]), refused)
            raise refused from error
        return reply

    async def _end(self, reading: "asyncio.Future[StoreReply]") -> None:
        """Close the connection after a read that did not end: its reply would be that of the next."""
        if not reading.done():
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await self.close()


def _entries(reply: StoreReply) -> dict[str, list[StreamEntry]]:
    if reply is None:
        return {}
    streams: dict[bytes, list[tuple[bytes, list[bytes]]]] = reply  # type: ignore[assignment]  # as XREAD answers
    return {
        name.decode(): [(entry.decode(), dict(zip(values[::2], values[1::2], strict=True))) for entry, values in rows]
        for name, rows in streams.items()
    }
