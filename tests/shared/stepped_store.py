"""A real server whose scripts go by a clock that tests set, and replicas that reach it, or do not, as tests say."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Coroutine, Sequence
from enum import Enum
from functools import cache
from typing import Any, Final

import redis
from redis.exceptions import NoScriptError

from cg_client.clock import Clock
from shared.store.address import parse_address
from shared.store.commands import Argument, StoreReply
from shared.store.errors import CommandRefused, StoreAway
from shared.store.return_hooks import OnReturn
from shared.store.script import LuaScript
from shared.store.store import Store
from tests.store_server import StoreServer

RECONNECT = 0.1  # seconds
LATE: Final = 3.5  # seconds: by then a lease has ended
_TIME = "test:time"
_NOTICES = "test:notices"
_SET_TIME = """#!lua flags=allow-oom
redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], ARGV[1], ARGV[2])
"""


class Loss(Enum):
    """What is lost of an operation."""

    REQUEST = "request"
    REPLY = "reply"
    TIME = "time"  # it is done `LATE` seconds after the replica has given it up


@cache
def stepped(script: LuaScript) -> LuaScript:
    """Return the script with the time that the test sets, and notices that the test delivers."""
    source = script.source.replace("redis.call('TIME')", f"redis.call('LRANGE', '{_TIME}', 0, 1)")
    source = re.sub(
        r"redis.call\('PUBLISH', ([^,]+), ([^)]+)\)", rf"redis.call('RPUSH', '{_NOTICES}', \1 .. ' ' .. \2)", source
    )
    return LuaScript(script.name, source)


class SteppedServer:
    """What all replicas share. Its clock is ahead of that of the replicas by `skew` seconds."""

    def __init__(self, server: StoreServer, clock: Clock, skew: float = 0.0) -> None:
        self.client = redis.Redis(port=server.port, protocol=3)
        self._clock, self.skew = clock, skew
        self.stores: list[SteppedStore] = []
        self.clear()

    def clear(self) -> None:
        """Empty the store, as a restart does."""
        self.client.flushall()

    def execute(self, command: Sequence[Argument]) -> Any:
        seconds = 1_800_000_000 + self._clock.monotonic() + self.skew
        pipeline = self.client.pipeline(transaction=False)
        pipeline.eval(_SET_TIME, 1, _TIME, int(seconds), int(seconds % 1 * 1_000_000))
        pipeline.execute_command(*command)  # type: ignore[no-untyped-call]  # as the library has it
        pipeline.lpop(_NOTICES, 100)
        *_, reply, notices = pipeline.execute(raise_on_error=False)
        if isinstance(reply, Exception):
            raise CommandRefused(str(reply), "NOSCRIPT" if isinstance(reply, NoScriptError) else "ERR")
        for notice in notices or ():
            channel, message = notice.split(b" ")
            for store in self.stores:
                store.receive(channel, message)
        return reply

    def close(self) -> None:
        self.client.close()


class SteppedStore(Store):
    """The store as one replica sees it. What loses an operation takes `RECONNECT` seconds.

    An operation takes no time, or `lag` seconds: half of them until it is done, and half until its reply is there.
    """

    def __init__(self, server: SteppedServer, clock: Clock) -> None:
        super().__init__(parse_address("valkey://127.0.0.1"), clock)
        self._server = server
        server.stores.append(self)
        self._receivers: dict[bytes, Callable[[bytes], None]] = {}
        self._hooks: list[OnReturn] = []
        self._is_gone = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.loss: Loss | None = None  # of the next operation
        self.lost_at = -1e9  # seconds of the clock: the last loss
        self.away_since = self.back_at = -1e9
        self._is_dead = False
        self.loses_notices = False
        self.lag = 0.0  # to be set while nothing is in flight
        self.in_flight = 0  # operations without a reply
        self._connection = 0  # the number of it

    @property
    def is_away(self) -> bool:
        return self._is_gone

    def leave(self) -> None:
        if not self._is_gone:
            self.away_since = self.clock.monotonic()
        self._is_gone = True
        self._connection += 1
        for hook in self._on_loss:
            hook()

    def die(self) -> None:
        """Leave for ever."""
        self._is_dead = True
        self.leave()

    async def come_back(self) -> None:
        if self._is_dead:
            return
        self._is_gone = False
        self.back_at = self.clock.monotonic()
        for hook in self._hooks:
            await hook(self)

    def begin_to_come_back(self) -> None:
        """Come back, although replies take their time."""
        self._run(self._reconnect(0.0))

    def on_return(self, hook: OnReturn) -> Callable[[], None]:
        self._hooks.append(hook)
        return lambda: self._hooks.remove(hook)

    def subscribe(self, channel: str, callback: Callable[[bytes], None]) -> Callable[[], None]:
        self._receivers[channel.encode()] = callback
        return lambda: None

    def receive(self, channel: bytes, message: bytes) -> None:
        if not self._is_gone and not self.loses_notices and channel in self._receivers:
            self._receivers[channel](message)

    async def run(self, script: LuaScript, keys: Sequence[str], args: Sequence[Argument] = ()) -> StoreReply:
        return await super().run(stepped(script), keys, args)

    def _dispatch(self, command: tuple[Argument, ...]) -> "asyncio.Future[StoreReply]":
        future: asyncio.Future[StoreReply] = asyncio.get_running_loop().create_future()
        if self._is_gone:
            raise StoreAway("the test says so")
        loss, self.loss = self.loss, None
        if loss is not None:
            self._lose(command, loss)
            future.set_exception(StoreAway(f"the {loss.value} was lost"))
        elif self.lag:
            self._run(self._delayed(command, future))
        else:
            self._reply(command, future)
        return future

    def _lose(self, command: tuple[Argument, ...], loss: Loss) -> None:
        if loss is Loss.REPLY:
            with contextlib.suppress(CommandRefused):
                self._server.execute(command)
        self.lost_at = self.clock.monotonic()
        self.leave()
        self._run(self._reconnect())
        if loss is Loss.TIME:
            self._run(self._execute_late(command))

    def _reply(self, command: tuple[Argument, ...], future: "asyncio.Future[StoreReply]") -> None:
        try:
            future.set_result(self._server.execute(command))
        except CommandRefused as refusal:
            future.set_exception(refusal)

    async def _delayed(self, command: tuple[Argument, ...], future: "asyncio.Future[StoreReply]") -> None:
        """Execute, though nobody may wait for the reply any more, unless the connection is lost before."""
        reply: asyncio.Future[StoreReply] = asyncio.get_running_loop().create_future()
        connection, lag = self._connection, self.lag
        self.in_flight += 1
        await self.clock.sleep(lag / 2)
        if connection == self._connection:
            self._reply(command, reply)
            await self.clock.sleep(lag / 2)
        self.in_flight -= 1
        error = reply.exception() if reply.done() else None  # reading it marks it as handled
        if future.done():
            return
        if connection != self._connection:
            future.set_exception(StoreAway("the connection was lost"))
        elif error is not None:
            future.set_exception(error)
        else:
            future.set_result(reply.result())

    async def _execute_late(self, command: tuple[Argument, ...]) -> None:
        await self.clock.sleep(LATE)
        with contextlib.suppress(CommandRefused):
            self._server.execute(command)

    async def _reconnect(self, seconds: float = RECONNECT) -> None:
        await self.clock.sleep(seconds)
        with contextlib.suppress(StoreAway):  # what was lost again comes back again
            await self.come_back()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
