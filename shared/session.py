"""All connections to the store from one return until the next loss."""

import asyncio

from redis.asyncio.connection import AbstractConnection

from cg_client.clock import Clock
from shared.address import Address
from shared.commands import Argument, StoreReply
from shared.connections import connection_to, opened
from shared.errors import StoreAway
from shared.link import Link
from shared.subscriptions import Callbacks, NoticeLink

_NOT_OPEN = "the connection is not open"


class StoreSession:
    """Lost as a whole: when any of its connections is."""

    def __init__(self, address: Address, clock: Clock, limit: float) -> None:
        self._address = address
        self._clock = clock
        self._limit = limit
        self._link: Link | None = None
        self._notices: NoticeLink | None = None
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def open(self, callbacks: Callbacks) -> None:
        """Connect. Raises what the client of Redis raises."""
        self._link = Link(await self.connect(), self._clock, self._limit, self.lose)
        self._notices = NoticeLink(await self.connect(), callbacks, self.lose)

    async def connect(self) -> AbstractConnection:
        """Return an open connection."""
        endpoint = self._address.endpoints[0] if self._address.endpoints else None
        return await opened(connection_to(self._address, endpoint))

    def send(self, command: tuple[Argument, ...]) -> "asyncio.Future[StoreReply]":
        if self._link is None:
            raise StoreAway(_NOT_OPEN)
        return self._link.send(command)

    @property
    def notices(self) -> NoticeLink:
        if self._notices is None:
            raise StoreAway(_NOT_OPEN)
        return self._notices

    async def close(self) -> None:
        self.lose("closed")
        for link in (self._link, self._notices):
            if link is not None:
                await link.close()

    def lose(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)
