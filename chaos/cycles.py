"""Subscriptions that are opened and closed a thousand times, in every way that leaves something to be cleared up."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from chaos.leftovers import leftovers, resources_of, used_once
from chaos.rig import Rig, rig
from chaos.subscribers import ENDS, LIQUIDATIONS, SocketClient, Watch, socket_client, until
from chaos.verdict import Effort, Verdict

TIMES: Final = 1000
MAX_MORE: Final = 16.0  # megabytes that the second round may add
_AT_ONCE: Final = 10  # of them
_POLLED_WITHIN: Final = 6.0  # seconds: the series' refresh is 5 s
_PATIENCE: Final = 30.0  # seconds for the first event
CHANNEL: Final = (
    'subscription S($n: Int!) { e: futuresTrades(exchange: "Binance", symbol: "BTC/USDT", minUsd: $n)'
    f" {{ __typename {ENDS} }} }}"
)
SERIES: Final = (
    'subscription S($n: Int!) { e: price(exchange: "Binance", symbol: "BTC/USDT", interval: H4, last: $n)'
    f" {{ __typename {ENDS} }} }}"
)

Cycle: TypeAlias = Callable[[int], Awaitable[Watch]]


async def cycles(_: Effort) -> list[Verdict]:
    """Open and close everything twice: what stays of the first time is kept for use, and the second adds nothing."""
    async with rig() as tested:
        await used_once(tested)
        before = await resources_of(tested)
        verdicts = [*await _round(tested), await leftovers(tested, before, f"{4 * TIMES:,} open-close cycles")]
        level = await resources_of(tested)
        await _round(tested)
        again = await leftovers(tested, level, f"{4 * TIMES:,} more", MAX_MORE)
        return [*verdicts, again, await _polls_afterwards(tested)]


async def _round(tested: Rig) -> list[Verdict]:
    return [
        await _cycled("connections", lambda number: _once(tested, LIQUIDATIONS, number)),
        await _on_a_connection(tested, "operations on one connection", LIQUIDATIONS),
        await _on_a_connection(tested, "channels", CHANNEL),
        await _on_a_connection(tested, "polled series", SERIES),
    ]


async def _polls_afterwards(tested: Rig) -> Verdict:
    calls = (await tested.upstream.calls())["total"]
    await asyncio.sleep(_POLLED_WITHIN)
    more = (await tested.upstream.calls())["total"] - calls
    return Verdict("polls after the cycles", "none", f"{more} calls in {_POLLED_WITHIN:g} s", not more)


async def _once(tested: Rig, document: str, number: int) -> Watch:
    async with socket_client(tested.server.url) as client:
        return await _subscribed(client, document, number)


async def _on_a_connection(tested: Rig, name: str, document: str) -> Verdict:
    async with socket_client(tested.server.url) as client:

        async def cycle(number: int) -> Watch:
            watch = await _subscribed(client, document, number)
            await client.complete(watch)
            return watch

        return await _cycled(name, cycle)


async def _subscribed(client: SocketClient, document: str, number: int) -> Watch:
    watch = await client.subscribe(document, {"n": number + 1})
    await until(lambda: bool(watch.received or watch.errors or watch.end), _PATIENCE)
    return watch


async def _cycled(name: str, cycle: Cycle) -> Verdict:
    started = time.monotonic()
    numbers = iter(range(TIMES))

    async def some() -> list[Watch]:
        return [await cycle(number) for number in numbers]

    watches = [watch for part in await asyncio.gather(*(some() for _ in range(_AT_ONCE))) for watch in part]
    begun = sum(bool(watch.received) for watch in watches)
    errors = [error for watch in watches for error in watch.errors][:1]
    text = f"{begun} of {len(watches)} had an event, in {time.monotonic() - started:.0f} s {errors or ''}"
    return Verdict(f"{TIMES:,} {name} opened and closed", "each has its first event", text, begun == TIMES)
