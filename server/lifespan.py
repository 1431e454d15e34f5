"""Background tasks of the server: the warmup, and the watch over the key's plan.

The warmup requests what nearly every operation needs, so that the first ones do not wait for it. A server that starts
while CoinGlass is down has plan and listings within seconds of its return.
"""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator

from cg_client.client import Client
from cg_client.symbols.listings import Symbols

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 10.0  # seconds; doubled from one to the other
_GC_THRESHOLDS = (10_000, 20, 100)  # objects, and collections of the first and second generation


@contextlib.asynccontextmanager
async def lifespan(client: Client, symbols: Symbols | None) -> AsyncIterator[None]:
    """Without `symbols`, the listings are not requested at start."""
    warmup = asyncio.gather(_watch_plan(client), _load_listings(client, symbols))
    try:
        yield
    finally:
        warmup.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await warmup
        await client.close()


async def _watch_plan(client: Client) -> None:
    """Run as long as the server does. The client decides when the plan is requested again."""
    while True:
        await client.know_plan()
        client.plan_watch.review()
        await client.clock.sleep(_FIRST_WAIT if client.gate.plan is None else _LONGEST_WAIT)


async def _load_listings(client: Client, symbols: Symbols | None) -> None:
    wait = _FIRST_WAIT
    while symbols is not None and not await symbols.warm():
        await client.clock.sleep(wait)
        wait = min(_LONGEST_WAIT, wait * 2)


def tune_gc() -> None:
    """Exempt the application from garbage collection; to be called once it is built.

    What is cached later is not in reference cycles, and most objects of a request are freed without the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
