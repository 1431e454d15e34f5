"""What runs as long as the server does: the warmup, and the watch over the key's plan.

The warmup asks for what nearly every operation needs, so that the first ones do not wait for it. A server that starts
while CoinGlass is down knows plan and listings within seconds of its return, without being asked.
"""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator

from cg_client.client import Client
from cg_client.symbols.listings import Symbols

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 10.0  # seconds; doubled from one to the other
_COLLECT_AFTER = (10_000, 20, 100)  # objects, and young and middle collections


@contextlib.asynccontextmanager
async def lifespan(client: Client, symbols: Symbols | None) -> AsyncIterator[None]:
    """`symbols` None: the listings are not asked for at start."""
    warmup = asyncio.create_task(_warm_up(client, symbols))
    try:
        yield
    finally:
        warmup.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await warmup
        await client.close()


async def _warm_up(client: Client, symbols: Symbols | None) -> None:
    await asyncio.gather(_watch_plan(client), _load_listings(client, symbols))


async def _watch_plan(client: Client) -> None:
    """Run for as long as the server does. The client itself knows when it is time to ask again."""
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
    """Exempt the application from garbage collection; to be called once it is made.

    What is kept later is reached by no cycle; what a request leaves behind is mostly freed without the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
