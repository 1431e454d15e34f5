"""Background tasks of the server: the warmup, the watch over the key's plan, and the samples of metrics.

The warmup requests what nearly every operation needs, so that the first ones do not wait for it. A server that starts
while CoinGlass is down has plan and listings within seconds of its return.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import structlog

from cg_client.client import Client
from cg_client.symbols.listings import Symbols
from server.client_pool import ClientPool, KeyUpstream
from server.hangup import Reload, reload_at_hangup
from server.log import request_lines
from server.sampling import Sampler
from server.watchdog import watched_loop

if TYPE_CHECKING:
    from server.sharing import Sharing  # imported only where replicas share a store

log = structlog.get_logger(__name__)

Lifetime: TypeAlias = Callable[[], AbstractAsyncContextManager[None]]

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 10.0  # seconds; doubled from one to the other


class Supervision(NamedTuple):
    """What belongs to a process of its own: a watchdog, and a handler of SIGHUP."""

    stuck_seconds: float
    reload: Reload

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        with watched_loop(self.stuck_seconds), reload_at_hangup(self.reload):
            yield


class Background(NamedTuple):
    """What runs beside the requests. Without `symbols`, the listings are not requested at start.

    `watch_credentials`: of subscribers, for as long as the server runs. `sharing`: what replicas share, if they do.
    `until_ready`: what has to end before the process accepts connections.
    """

    symbols: Symbols | None
    pool: ClientPool | None
    sampler: Sampler
    watch_credentials: Callable[[], Coroutine[None, None, None]]
    sharing: "Sharing | None"
    supervision: Supervision | None = None
    until_ready: Callable[[], Coroutine[None, None, None]] | None = None


@contextlib.asynccontextmanager
async def lifespan(upstream: KeyUpstream, background: Background) -> AsyncIterator[None]:
    client = upstream.client
    pool, supervision, sharing = background.pool, background.supervision, background.sharing
    if sharing is not None:
        await sharing.start()
    await upstream.start()
    tasks = [_watch_plan(client), _load_listings(client, background.symbols), background.sampler.run()]
    tasks.append(background.watch_credentials())
    if pool is not None:
        tasks.append(pool.watch())
    running = [asyncio.create_task(task) for task in tasks]
    for task in running:
        task.add_done_callback(_log_failure)
    try:
        with contextlib.nullcontext() if supervision is None else supervision.active():
            if background.until_ready is not None:
                await background.until_ready()
            yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await upstream.close()
        if pool is not None:
            await pool.close()
        if sharing is not None:
            await sharing.close()
        if request_lines.stream is not None:
            request_lines.stream.flush()


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log a task that ended with an error; the server goes on without it."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        log.error("a background task failed", exc_info=error)


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
