"""Series that are polled: how often, what their subscribers are told, and what they leave to queries."""

import asyncio
import contextlib
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Final

from cg_client.intervals import Interval
from chaos.outcomes import shares, summary
from chaos.parts import closed, on_pair, price
from chaos.rig import Rig, outcomes, rig
from chaos.subscribers import ENDS, SocketClient, Watch, socket_client, until
from chaos.verdict import Effort, Verdict

PATH: Final = "/api/futures/price/history"
REFRESH: Final = 5.0  # seconds, of that endpoint
SUBSCRIBERS: Final = 50
WATCHED_FOR: Final = 25.0  # seconds
DOWN_FOR: Final = 20.0
BACK_WITHIN: Final = 30.0
SHORT_FOR: Final = 75.0
SHORT_QUOTA: Final = 30
_ON_EACH: Final = 10
_UPDATE: Final = "PriceSeriesUpdate"
_SELECTIONS: Final = (
    "candles { close }",
    "candles { timestamp close }",
    "count",
    "columns { close }",
    "latest { close }",
)


def _series(selection: str, exchange: str = "Binance", coin: str = "BTC") -> str:
    return (
        f'subscription S($last: Int!, $after: String) {{ e: price(exchange: "{exchange}", symbol: "{coin}/USDT",'
        f" interval: H4, last: $last, after: $after) {{ __typename ... on {_UPDATE} {{ cursor data {{ {selection} }} }}"
        f" {ENDS} }} }}"
    )


async def polls(_: Effort) -> list[Verdict]:
    async with rig() as tested:
        async with _subscribers(tested) as watches:
            verdicts = [await _shared(tested, watches), await _down(tested, watches)]
        verdicts.append(await _stopped(tested))
        return verdicts


@contextlib.asynccontextmanager
async def _subscribers(tested: Rig) -> AsyncIterator[list[Watch]]:
    """Subscribe to one series with different windows, documents and cursors; a third of them twice."""
    async with contextlib.AsyncExitStack() as stack:
        watches: list[Watch] = []
        for number in range(0, SUBSCRIBERS, _ON_EACH):
            client = await stack.enter_async_context(socket_client(tested.server.url))
            for index in range(number, number + _ON_EACH):
                watches.append(await _subscribe(client, index))
                await asyncio.sleep(0.1)
        yield watches


async def _subscribe(client: SocketClient, number: int) -> Watch:
    document, last = _series(_SELECTIONS[number % len(_SELECTIONS)]), 10 + number // 2
    watch = await client.subscribe(document, {"last": last})
    if number % 3:
        return watch
    await until(lambda: _UPDATE in watch.kinds(), BACK_WITHIN)
    cursor = next((item.event["cursor"] for item in watch.since(0) if item.kind == _UPDATE), "")
    await client.complete(watch)
    return await client.subscribe(document, {"last": last, "after": cursor})


async def _calls(tested: Rig) -> int:
    count: int = (await tested.upstream.calls())["paths"].get(PATH, 0)
    return count


async def _shared(tested: Rig, watches: Sequence[Watch]) -> Verdict:
    before, started = await _calls(tested), time.monotonic()
    await asyncio.sleep(WATCHED_FOR)
    calls, seconds = await _calls(tested) - before, time.monotonic() - started
    most = math.floor(seconds / REFRESH) + 1
    failed = [f"{watch.label}: {watch.errors} {watch.end}" for watch in watches if watch.errors or watch.end]
    text = f"{calls} calls in {seconds:.1f} s{summary(failed)}"
    name = f"{SUBSCRIBERS} subscribers of one series, with other windows, documents and cursors"
    bound = f"one call each {REFRESH:g} s: 1 to {most}"
    return Verdict(name, bound, text, 1 <= calls <= most and not failed)


async def _down(tested: Rig, watches: Sequence[Watch]) -> Verdict:
    started = time.monotonic()
    await tested.upstream.fail("http_500")
    await asyncio.sleep(DOWN_FOR)
    await tested.upstream.heal()
    back = await until(lambda: all("RESUMED" in watch.kinds(started) for watch in watches), BACK_WITHIN)
    notices = Counter(tuple(kind for kind in watch.kinds(started) if kind != _UPDATE) for watch in watches)
    right = sum(count for kinds, count in notices.items() if kinds == ("UPSTREAM_ERROR", "RESUMED"))
    text = "; ".join(f"{count} told {', '.join(kinds) or 'nothing'}" for kinds, count in notices.items())
    text += f"; back after {back:.1f} s" if back is not None else "; not back"
    name = f"CoinGlass answers with errors for {DOWN_FOR:g} s, polled series"
    bound = f"each told UPSTREAM_ERROR once, then RESUMED once ≤ {BACK_WITHIN:g} s"
    return Verdict(name, bound, text, right == len(watches) and back is not None)


async def _stopped(tested: Rig) -> Verdict:
    await asyncio.sleep(1)
    before = await _calls(tested)
    await asyncio.sleep(2 * REFRESH)
    calls = await _calls(tested) - before
    return Verdict("polls after the last subscriber", "none", f"{calls} calls in {2 * REFRESH:g} s", not calls)


async def short_quota(_: Effort) -> list[Verdict]:
    """Watch series that would take more than the quota, beside a client with queries."""
    async with rig("hobbyist", SHORT_QUOTA) as tested, socket_client(tested.server.url) as client:
        watches = [
            await client.subscribe(_series("count", "Binance", coin), {"last": 10})
            for coin in ("BTC", "ETH", "SOL", "XRP")
        ]
        await until(lambda: all(_UPDATE in watch.kinds() for watch in watches), BACK_WITHIN)
        started, number, answers = time.monotonic(), 0, []
        while time.monotonic() - started < SHORT_FOR:
            number += 1
            window = closed(Interval.H4, 20 + number)
            answers.append(await tested.once([on_pair(f"q{number}", "OKX", "BTC", price(window))]))
            await asyncio.sleep(5)
        refused = (await tested.upstream.calls())["rateLimited"]
        requested = outcomes(answers)
        slower = [
            any((item.event.get("periodSeconds") or 0) > REFRESH for item in watch.since(started)) for watch in watches
        ]
        text = f"queries: {shares(requested)}; {sum(slower)} of {len(watches)} series said that they are asked later"
        text += f"; {refused} refused by the quota"
        holds = all(item.answered for item in requested) and any(slower) and not refused
        bound = "every query answered, series say POLLED with a longer period, no request above the quota"
        return [Verdict(f"polled series beyond a quota of {SHORT_QUOTA} a minute", bound, text, holds)]
