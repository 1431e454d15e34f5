"""All broadcasts of a server: one for the operations that have the same results."""

import asyncio
import contextlib
from collections.abc import Hashable
from functools import partial

import orjson

from resolvers.context import Context
from served_schema.live_operation import LiveOperation
from server.client_pool import KeyUpstream
from server.live.broadcast import RING_BYTES, Broadcast, BroadcastClient
from server.live.counts import BroadcastCounts
from server.response_limit import ResponseLimit, ResponseTooLarge
from server.results import body_of


class Broadcasts:
    """`limit`: of the size of one result. `ring_bytes`: of messages that each keeps for clients that are behind."""

    def __init__(self, limit: ResponseLimit, ring_bytes: int = RING_BYTES) -> None:
        self._limit, self._ring_bytes = limit, ring_bytes
        self._by_key: dict[Hashable, Broadcast] = {}
        self._turn, self._replays = asyncio.Lock(), asyncio.Lock()
        self.counts = BroadcastCounts()

    @property
    def subscribers(self) -> int:
        return sum(len(broadcast.clients) for broadcast in self._by_key.values())

    def __len__(self) -> int:
        """Return the number of broadcasts."""
        return len(self._by_key)

    async def join(self, operation: LiveOperation, upstream: KeyUpstream) -> BroadcastClient:
        """Add a client to the broadcast of its operation, which is new if it is the first."""
        source = operation.source
        key = operation.key, source.feed.epoch
        broadcast = self._by_key.get(key)
        if broadcast is None:
            in_use = contextlib.ExitStack()
            in_use.enter_context(upstream.in_use())
            in_use.callback(self._by_key.pop, key)
            render = partial(self._render, operation, upstream)
            broadcast = Broadcast(
                source, render, self.counts, in_use.close, self._ring_bytes, self._turn, self._replays
            )
            self._by_key[key] = broadcast
        return await broadcast.join(source.after)

    async def _render(self, operation: LiveOperation, upstream: KeyUpstream, value: object) -> bytes:
        context = Context(upstream.client, upstream.symbols, "", planner=upstream.planner)
        result = await operation.execute(value, context)
        try:
            return self._limit.encode(body_of(result))
        except ResponseTooLarge as error:
            return orjson.dumps(error.body)
