"""A thousand callers of forty uncached series, spread over three replicas of one store."""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from cg_client.intervals import Interval
from chaos.crowd import CALLERS, CALLS_FOR_WINDOWS, DEADLINE, SERIES, WINDOWS, whole, windows
from chaos.outcomes import Answered, Outcome, faults, shares, summary
from chaos.parts import Part
from chaos.replicas import Fleet, fleet
from chaos.rig import outcomes
from chaos.store_faults import store_network
from chaos.stores import StoreProduct
from chaos.truth import ENDPOINT, CheckedSeries
from chaos.verdict import Effort, Verdict
from sandbox.directory import COINS

_STEP: Final = Interval.H1.milliseconds
_NEWEST: Final = 1000  # bars, in which all windows lie
_CONNECTED_AT_ONCE: Final = 100

Closes = Mapping[int, float]
"""The true closes of a series, by when their bars start. The open bar, whose close still changes, has none."""


async def shared_cold(_: Effort) -> list[Verdict]:
    """Try both kinds of store."""
    return [verdict for kind in StoreProduct for verdict in await _with_store(kind)]


async def _with_store(kind: StoreProduct) -> list[Verdict]:
    async with (
        store_network(kind) as network,
        fleet(network.direct, "professional", deadline_seconds=DEADLINE) as tested,
    ):
        now = int(time.time() * 1000) // _STEP * _STEP
        same, overlapping = [whole(number) for number in range(SERIES)], windows(now)
        coins = [coin for coin in COINS[:SERIES] for _ in range(WINDOWS)]
        return [
            await _request(
                tested, f"the same window of {SERIES} series ({kind.value})", same, "Binance", COINS, SERIES
            ),
            await _request(
                tested,
                f"{len(overlapping)} overlapping windows of {SERIES} series ({kind.value})",
                overlapping,
                "Bybit",
                coins,
                CALLS_FOR_WINDOWS,
            ),
        ]


async def _request(
    tested: Fleet, label: str, parts: Sequence[Part], exchange: str, coins: Sequence[str], max_calls: int
) -> Verdict:
    """`coins`: that of each part."""
    truth = {coin: _closes(CheckedSeries(exchange, coin, Interval.H1)) for coin in dict.fromkeys(coins[: len(parts)])}
    before = await _calls(tested)
    callers = [tested.caller() for _ in range(CALLERS)]
    for at in range(0, CALLERS, _CONNECTED_AT_ONCE):
        await asyncio.gather(*(caller.connect() for caller in callers[at : at + _CONNECTED_AT_ONCE]))
    started = time.perf_counter()
    answers = await asyncio.gather(*(caller.ask([parts[number % len(parts)]]) for number, caller in enumerate(callers)))
    took = time.perf_counter() - started
    for caller in callers:
        caller.close()
    wrong = [
        breach
        for number, answer in enumerate(answers)
        for breach in untrue(answer.outcomes, parts[number % len(parts)], truth[coins[number % len(parts)]])
    ]
    return cold_verdict(label, answers, await _calls(tested) - before, max_calls, wrong, took)


def cold_verdict(
    label: str, answers: Sequence[Answered], calls: int, max_calls: int, wrong: Sequence[str], took: float
) -> Verdict:
    """There is a call for each series at least."""
    breaches = [*faults(answers, DEADLINE, {}), *wrong]
    parts = outcomes([*answers])
    holds = SERIES <= calls <= max_calls and bool(parts) and all(part.answered for part in parts) and not breaches
    bound = f"{SERIES} upstream calls" if max_calls == SERIES else f"≤ {max_calls} upstream calls"
    text = f"{calls} calls; {shares(parts)} in {took:.1f} s{summary(breaches)}"
    return Verdict(f"{CALLERS:,} callers over three replicas: {label}, cold", bound, text, holds)


def untrue(result: Sequence[Outcome], part: Part, closes: Closes) -> Iterator[str]:
    """Yield a sentence for each answer that lacks bars, has some twice, or has other figures than CoinGlass."""
    for outcome in result:
        if not isinstance(outcome.value, dict) or "columns" not in outcome.value:
            continue
        times, figures = outcome.value["columns"]["timestamp"], outcome.value["columns"]["close"]
        if times != [*range(times[0], times[0] + bars(part) * _STEP, _STEP)]:
            yield f"{outcome.part} has {len(times)} bars instead of {bars(part)}, or others"
        if any(figure != closes.get(at, figure) for at, figure in zip(times, figures, strict=True)):
            yield f"{outcome.part} has figures of other bars"


def bars(part: Part) -> int:
    """Return how many bars the part requests."""
    newest = re.search(r"last: (\d+)", part.text)
    if newest is not None:
        return int(newest[1])
    first, last = (datetime.fromisoformat(text) for text in re.findall(r'(?:from|to): "([^"]+)"', part.text))
    return round((last - first).total_seconds() * 1000) // _STEP + 1


def _closes(series: CheckedSeries) -> Closes:
    now = int(time.time() * 1000)
    rows = series.rows(now - _NEWEST * _STEP, now - _STEP, now)
    return {row["time"]: float(row["close"]) for row in rows}


async def _calls(tested: Fleet) -> int:
    calls: int = (await tested.upstream.calls())["paths"].get(ENDPOINT.path, 0)
    return calls
