"""The store that replicas share: connected, or away for everybody until it is back."""

import asyncio
import contextlib
import random
from asyncio import Future
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, TypeAlias

from cg_client.clock import Clock
from cg_client.live.timers import within
from shared.address import Address
from shared.commands import Argument, Commands, StoreReply
from shared.errors import CommandRefused, StoreAway
from shared.failures import FAILURES
from shared.observer import StoreObserver
from shared.session import StoreSession
from shared.subscriptions import Callback

LIMIT: Final = 0.25  # seconds, for each operation
ATTEMPT_SECONDS: Final = 1.5  # to connect, probe and run what has to run first
HEARTBEAT_SECONDS: Final = 1.0
FIRST_WAIT: Final = 0.1  # seconds before the next attempt to connect; it doubles
MAX_WAIT: Final = 1.0
_STABLE_SECONDS = 5.0  # after which a loss is the first one again

OnReturn: TypeAlias = Callable[[Commands], Awaitable[None]]
OnLoss: TypeAlias = Callable[[], None]


class Store(Commands):
    """One for each process and event loop.

    While it is away every operation raises StoreAway at once, and an attempt to connect is made every second at most.
    The clock runs with real time: a server that really answers does not follow another one.
    """

    def __init__(
        self, address: Address, clock: Clock, observer: StoreObserver | None = None, *, limit: float = LIMIT
    ) -> None:
        observer = observer or StoreObserver()
        super().__init__(self._dispatch, observer)
        self._address = address
        self.clock = clock
        self.limit = limit
        self._session: StoreSession | None = None
        self._reason = "the store is not connected yet"
        self._on_return: list[OnReturn] = []
        self._on_loss: list[OnLoss] = []
        self._callbacks: dict[bytes, list[Callback]] = {}
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._wait = FIRST_WAIT

    @property
    def is_away(self) -> bool:
        return self._session is None or self._session.lost.done()

    @property
    def session(self) -> StoreSession:
        """What is connected now. Raises StoreAway."""
        if self._session is None:
            raise StoreAway(self._reason)
        return self._session

    async def start(self) -> None:
        """Try to connect once; without success the store is away, and attempts go on."""
        self._task = asyncio.create_task(self._stay_connected())
        await self._tried.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def on_return(self, hook: OnReturn) -> None:
        """Run the hook after each connection, before anybody else may use the store. Register before `start`.

        If it raises, the store stays away until the next attempt.
        """
        self._on_return.append(hook)

    def on_loss(self, hook: OnLoss) -> None:
        """Call the hook when the store goes away."""
        self._on_loss.append(hook)

    def subscribe(self, channel: str, callback: Callback) -> Callable[[], None]:
        """Call back with each message from now on, also after reconnects; return what ends that.

        Messages that are published while the store is away are lost. A callback must not raise.
        """
        name = channel.encode()
        callbacks = self._callbacks.setdefault(name, [])
        callbacks.append(callback)
        if len(callbacks) == 1 and self._session is not None:
            self._session.notices.send(b"SUBSCRIBE", name)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                callbacks.remove(callback)
                if not callbacks and self._callbacks.get(name) is callbacks:
                    del self._callbacks[name]
                    if self._session is not None:
                        self._session.notices.send(b"UNSUBSCRIBE", name)

        return unsubscribe

    def _dispatch(self, command: tuple[Argument, ...]) -> "Future[StoreReply]":
        return self.session.send(command)

    async def _stay_connected(self) -> None:
        lost_at = self.clock.monotonic()
        while True:
            async with self._opened() as session:
                self._tried.set()
                if session is not None:
                    returned_at = self.clock.monotonic()
                    self._session = session
                    self._observer.on_return(returned_at - lost_at)
                    self._go_away(await self._loss_of(session))
                    lost_at = self.clock.monotonic()
                    if lost_at - returned_at > _STABLE_SECONDS:
                        self._wait = FIRST_WAIT
            await self.clock.sleep(self._wait * random.uniform(0.5, 1))  # noqa: S311  # keeps no secret
            self._wait = min(MAX_WAIT, self._wait * 2)

    @contextlib.asynccontextmanager
    async def _opened(self) -> "AsyncIterator[StoreSession | None]":
        """Yield a session that everybody may use, or None if there is none; close it at the end."""
        session = StoreSession(self._address, self.clock, self.limit)
        try:
            try:
                await within(self.clock, ATTEMPT_SECONDS, self._prepare(session))
            except (*FAILURES, StoreAway, CommandRefused, TimeoutError) as error:
                self._reason = str(error) or type(error).__name__
                self._observer.on_unreachable(self._reason)
                yield None
            else:
                yield session
        finally:
            self._session = None
            await session.close()

    async def _prepare(self, session: StoreSession) -> None:
        await session.open(self._callbacks)
        commands = Commands(session.send, self._observer)
        await commands.execute("PING")
        for hook in self._on_return:
            await hook(commands)

    async def _loss_of(self, session: StoreSession) -> str:
        """Wait until the session is lost, and look for that when nobody uses it."""
        beating = asyncio.create_task(self._beat(session))
        try:
            return await session.lost
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self, session: StoreSession) -> None:
        with contextlib.suppress(StoreAway):
            while True:
                await self.clock.sleep(HEARTBEAT_SECONDS)
                await session.send(("PING",))
                try:
                    await within(self.clock, self.limit, session.notices.ping())
                except TimeoutError:
                    session.lose(f"no notice within {self.limit:g} seconds")

    def _go_away(self, reason: str) -> None:
        self._session = None
        self._reason = reason
        self._observer.on_away(reason)
        for hook in self._on_loss:
            hook()
