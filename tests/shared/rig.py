"""A store of a real server, and what tests look at."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable

from cg_client.clock import Clock
from shared.store.address import parse_address
from shared.store.observer import StoreObserver
from shared.store.return_hooks import OnReturn
from shared.store.store import LIMIT, Store
from tests.running import LIMIT as LONGEST_WAIT


class StoreLog(StoreObserver):
    """Lists what the store reports, and lets tests wait for it."""

    def __init__(self) -> None:
        self.operations: list[str] = []
        self.failures: list[tuple[str, str]] = []
        self.refusals: list[tuple[str, str, str]] = []
        self.away: list[str] = []
        self.unreachable: list[str] = []
        self.returns: list[float] = []
        self._changed = asyncio.Event()

    def on_operation(self, name: str, seconds: float) -> None:
        assert seconds >= 0
        self.operations.append(name)
        self._changed.set()

    def on_failure(self, name: str, kind: str) -> None:
        self.failures.append((name, kind))
        self._changed.set()

    def on_refusal(self, name: str, code: str, reason: str) -> None:
        self.refusals.append((name, code, reason))
        self._changed.set()

    def on_away(self, reason: str) -> None:
        self.away.append(reason)
        self._changed.set()

    def on_unreachable(self, reason: str) -> None:
        self.unreachable.append(reason)
        self._changed.set()

    def on_return(self, seconds: float) -> None:
        self.returns.append(seconds)
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until a condition is true, evaluated after each report."""
        async with asyncio.timeout(LONGEST_WAIT):
            while not holds():
                self._changed.clear()
                await self._changed.wait()


@contextlib.asynccontextmanager
async def connected(
    url: str,
    *,
    observer: StoreObserver | None = None,
    clock: Clock | None = None,
    limit: float = LIMIT,
    hooks: Iterable[OnReturn] = (),
) -> AsyncIterator[Store]:
    """Yield a store that has tried to connect."""
    store = Store(parse_address(url), clock or Clock(), observer, limit=limit)
    for hook in hooks:
        store.on_return(hook)
    await store.start()
    try:
        yield store
    finally:
        await store.close()
