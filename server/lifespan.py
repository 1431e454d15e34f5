"""Background tasks of the server: the warmup, the watch over the key's plan, and the samples of metrics.

The warmup requests what nearly every operation needs, so that the first ones do not wait for it. A server that starts
while CoinGlass is down has plan and listings within seconds of its return.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from cg_client.client import Client
from cg_client.symbols.listings import Symbols
from server.client_pool import ClientPool
from server.log import frequent
from server.sampling import Sampler
from server.watchdog import watched_loop

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 10.0  # seconds; doubled from one to the other


@contextlib.asynccontextmanager
async def lifespan(
    client: Client, symbols: Symbols | None, pool: ClientPool | None, sampler: Sampler, stuck_seconds: float = 0
) -> AsyncIterator[None]:
    """Without `symbols`, the listings are not requested at start; 0 `stuck_seconds`: nothing watches the loop."""
    tasks = [_watch_plan(client), _load_listings(client, symbols), sampler.run()]
    if pool is not None:
        tasks.append(pool.watch())
    warmup = asyncio.gather(*tasks)
    try:
        with watched_loop(stuck_seconds):
            yield
    finally:
        warmup.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await warmup
        await client.close()
        if pool is not None:
            await pool.close()
        if frequent.stream is not None:
            frequent.stream.flush()


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
