"""Bounds waiting by the clock of the client."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from cg_client.clock import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """Return the result of the work; after so many seconds it is cancelled, and TimeoutError is raised."""
    task, timer = asyncio.ensure_future(work), asyncio.ensure_future(clock.sleep(seconds))
    both = {task, timer}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        for waited in both:
            waited.cancel()
        await asyncio.gather(*both, return_exceptions=True)
