"""The store that replicas share: connected, or away for everybody until it is back."""

import asyncio
import contextlib
import functools
import random
from asyncio import Future
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

import structlog

from cg_client.clock import Clock
from cg_client.live.timers import within
from shared.store.address import Address
from shared.store.commands import Argument, Commands, StoreReply
from shared.store.errors import StoreAway
from shared.store.failures import reason_of
from shared.store.observer import StoreObserver
from shared.store.return_hooks import OnReturn, ReturnHooks
from shared.store.session import StoreSession
from shared.store.subscriptions import Callback

log = structlog.get_logger(__name__)

LIMIT: Final = 0.25  # seconds, for each operation
ATTEMPT_SECONDS: Final = 2.5  # to connect: up to ten round trips, of which each may take as long as an operation
HEARTBEAT_SECONDS: Final = 1.0
FIRST_WAIT: Final = 0.1  # seconds before the next attempt to connect; it doubles
MAX_WAIT: Final = 1.0
_STABLE_SECONDS = 5.0  # after which a loss is the first one again

T = TypeVar("T")

OnLoss: TypeAlias = Callable[[], None]


class Store(Commands):
    """One for each process and event loop.

    While it is away every operation raises StoreAway at once, and an attempt to connect is made every second at most.
    Tests need a clock that runs in real time too: a real server does not follow a simulated one.
    """

    def __init__(
        self, address: Address, clock: Clock, observer: StoreObserver | None = None, *, limit: float = LIMIT
    ) -> None:
        observer = observer or StoreObserver()
        super().__init__(self._dispatch, observer)
        self._address = address
        self.clock = clock
        self.limit = limit
        self._session: StoreSession | None = None  # that everybody may use
        self._latest: StoreSession | None = None  # the same, or the one that is being prepared
        self._reason = "COINGLASS_SHARED_URL: the store is not connected yet"
        self._return_hooks = ReturnHooks(clock)
        self._on_loss: list[OnLoss] = []
        self._callbacks: dict[bytes, list[Callback]] = {}
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._wait = FIRST_WAIT
        self._lost_at = 0.0

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
            self._reason = "COINGLASS_SHARED_URL: the store is closed"

    def on_return(self, hook: OnReturn) -> Callable[[], None]:
        """Run the hook after each connection, beside others; return what ends that.

        Nobody else uses the store before, unless the hook is late. If the store is connected already, it runs soon. If
        it raises, the store goes away, or stays away, until the next attempt.
        """
        return self._return_hooks.add(hook)

    def on_loss(self, hook: OnLoss) -> Callable[[], None]:
        """Call the hook when the store goes away; return what ends that."""
        self._on_loss.append(hook)
        return functools.partial(_discard, self._on_loss, hook)

    def subscribe(self, channel: str, callback: Callback) -> Callable[[], None]:
        """Call back with each message from now on, also after reconnects; return what ends that.

        Messages that are published while the store is away are lost. A callback must not raise.
        """
        name = channel.encode()
        callbacks = self._callbacks.setdefault(name, [])
        callbacks.append(callback)
        if len(callbacks) == 1 and self._latest is not None:
            self._latest.change_notices(b"SUBSCRIBE", name)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                callbacks.remove(callback)
                if not callbacks and self._callbacks.get(name) is callbacks:
                    del self._callbacks[name]
                    if self._latest is not None:
                        self._latest.change_notices(b"UNSUBSCRIBE", name)

        return unsubscribe

    def _dispatch(self, command: tuple[Argument, ...]) -> "Future[StoreReply]":
        return self.session.send(command)

    async def _stay_connected(self) -> None:
        self._lost_at = self.clock.monotonic()
        while True:
            try:
                await self._connect()
            except Exception as error:
                log.exception("the store could not be connected")
                self._reason = reason_of(error)
            finally:
                self._tried.set()
            await self.clock.sleep(self._wait * random.uniform(0.5, 1))  # noqa: S311  # keeps no secret
            self._wait = min(MAX_WAIT, self._wait * 2)

    async def _connect(self) -> None:
        """Try to connect once; with success return when the session is lost."""
        session = self._latest = StoreSession(self._address, self.clock, self.limit)
        try:
            if await self._is_prepared(session):
                returned_at = self.clock.monotonic()
                await self._use(session, returned_at - self._lost_at)
                self._lost_at = self.clock.monotonic()
                if self._lost_at - returned_at >= _STABLE_SECONDS:
                    self._wait = FIRST_WAIT
        finally:
            self._session = self._latest = None
            try:
                await session.close()
            finally:
                await self._return_hooks.end()

    async def _is_prepared(self, session: StoreSession) -> bool:
        """Return whether the session is connected, answers in time, and its hooks are done."""
        try:
            await within(self.clock, ATTEMPT_SECONDS, session.open(self._callbacks))
            await self._return_hooks.run(session, Commands(session.send, self._observer))
        except TimeoutError:
            self._reason = f"COINGLASS_SHARED_URL: not connected within {ATTEMPT_SECONDS:g} seconds"
        except StoreAway as away:
            self._reason = str(away)
        except Exception as error:  # noqa: BLE001  # whatever fails, a hook or the library: the next attempt may not
            self._reason = reason_of(error)
        else:
            self._session = session
            return True
        _report(self._observer.on_unreachable, self._reason)
        return False

    async def _use(self, session: StoreSession, seconds: float) -> None:
        """Let everybody use the session until it is lost."""
        _report(self._observer.on_return, seconds)
        self._tried.set()
        beating = asyncio.create_task(self._beat(session))
        try:
            self._reason = await asyncio.shield(session.lost)  # others wait for it, too
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
        _report(self._observer.on_away, self._reason)
        for hook in list(self._on_loss):
            asyncio.get_running_loop().call_soon(hook)  # which reports a hook that fails

    async def _beat(self, session: StoreSession) -> None:
        """Ping all connections each second, also while nobody uses the store."""
        try:
            while True:
                await self.clock.sleep(HEARTBEAT_SECONDS)
                await session.ping()
                await session.check_primary()
        except StoreAway as away:
            session.lose(str(away))
        except Exception as error:  # noqa: BLE001  # a session without beats would be lost without notice
            session.lose(reason_of(error))


def _report(report: Callable[[T], None], fact: T) -> None:
    """Tell the observer; what it raises takes the store from nobody."""
    try:
        report(fact)
    except Exception:
        log.exception("the observer of the store failed")


def _discard(hooks: list[T], hook: T) -> None:
    if hook in hooks:
        hooks.remove(hook)
