"""Runs of the application, each for one client or several; one that nobody waits for any more is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeVar

from server.http import ClientLeft, Handler, Request, Response

T = TypeVar("T")

_RUNNING: Final[set["asyncio.Future[Any]"]] = set()  # the event loop alone would not keep them alive


class SharedRun(Generic[T]):
    """`on_abandoned` is called before the task is cancelled, so that nobody begins to wait for it."""

    __slots__ = ("_waiting", "on_abandoned", "task")

    def __init__(self, result: Awaitable[T]) -> None:
        self.task = asyncio.ensure_future(result)
        self._waiting = 0
        self.on_abandoned: Callable[[], None] = lambda: None
        _RUNNING.add(self.task)
        self.task.add_done_callback(_RUNNING.discard)

    async def wait(self, request: Request) -> None:
        """Return when the task is done; raises ClientLeft if the client leaves before."""
        leaving = asyncio.get_running_loop().create_task(request.wait_for_disconnect())
        self._waiting += 1
        try:
            await asyncio.wait((self.task, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            self._waiting -= 1
            if not self._waiting and not self.task.done():
                self.on_abandoned()
                self.task.cancel()
        if not self.task.done():
            raise ClientLeft


async def respond_to(request: Request, handle: Handler) -> Response:
    """Let the application answer for this client alone."""
    run = SharedRun(handle(request))
    await run.wait(request)
    return run.task.result()
