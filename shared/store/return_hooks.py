"""What has to run after each connection to the store, such as the report of a quota to a store that lost its data."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import structlog

from cg_client.clock import Clock
from cg_client.live.timers import within
from shared.store.commands import Commands
from shared.store.errors import StoreAway
from shared.store.failures import reason_of
from shared.store.session import StoreSession

log = structlog.get_logger(__name__)

HOOK_SECONDS: Final = 1.0  # for each hook, and for all of them together until everybody may use the store
MAX_PARALLEL: Final = 64  # hooks at a time: more of their scripts could take the store longer than one may wait

OnReturn: TypeAlias = Callable[[Commands], Awaitable[None]]


class ReturnHooks:
    """Runs many hooks at a time, since a replica has some for each key.

    A hook that is late is ended, and its key does without: quota, leases and facts make contact again by themselves.
    One that raises loses the session.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hooks: dict[object, OnReturn] = {}  # by what withdraws each
        self._due: deque[tuple[object, bool]] = deque()  # and whether each was added after the session was opened
        self._session: tuple[StoreSession, Commands] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._free = MAX_PARALLEL
        self._is_late = False  # whether a hook of this session was

    def __len__(self) -> int:
        return len(self._hooks)

    def add(self, hook: OnReturn) -> Callable[[], None]:
        """Run the hook after each connection, also after the one that there is; return what ends that."""
        key = object()

        def withdraw() -> None:
            self._hooks.pop(key, None)

        self._hooks[key] = hook
        if self._session is not None:
            self._due.append((key, True))
            self._start(*self._session)
        return withdraw

    async def run(self, session: StoreSession, commands: Commands) -> None:
        """Run all hooks; return once everybody may use the session. Raises StoreAway if it is lost."""
        self._session, self._is_late = (session, commands), False
        due = [(key, False) for key in self._hooks]
        await session.ping()  # so that hooks that read miss no message that comes after that
        self._due.extend(due)
        for _ in due:
            self._start(session, commands)
        timer = asyncio.ensure_future(self._clock.sleep(HOOK_SECONDS))
        try:
            while self._tasks and not timer.done() and not session.lost.done():
                ends: set[asyncio.Future[Any]] = {*self._tasks, timer, session.lost}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        if session.lost.done():
            raise StoreAway(session.lost.result())
        if self._tasks:
            self._note_late()

    async def end(self) -> None:
        """End what runs in a session that is closed."""
        self._session = None
        self._due.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._free = MAX_PARALLEL

    def _start(self, session: StoreSession, commands: Commands) -> None:
        """Start what runs hooks that are due, unless enough of it runs."""
        if self._free:
            self._free -= 1
            task = asyncio.get_running_loop().create_task(self._run_due(session, commands))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run_due(self, session: StoreSession, commands: Commands) -> None:
        try:
            while self._due and not session.lost.done():
                key, is_new = self._due.popleft()
                if is_new:
                    await session.ping()  # as above
                await self._run_hook(key, session, commands)
        except StoreAway:
            pass  # which the session tells
        finally:
            self._free += 1

    async def _run_hook(self, key: object, session: StoreSession, commands: Commands) -> None:
        hook = self._hooks.get(key)
        if hook is None:  # it was withdrawn meanwhile
            return
        try:
            await within(self._clock, HOOK_SECONDS, hook(commands))
        except TimeoutError:
            self._note_late()
        except StoreAway as away:
            session.lose(str(away))
        except Exception as error:  # noqa: BLE001  # whatever fails: the next attempt may not
            session.lose(reason_of(error))

    def _note_late(self) -> None:
        if not self._is_late:
            self._is_late = True
            log.warning("the shared store is used before all keys have reported to it", seconds=HOOK_SECONDS)
