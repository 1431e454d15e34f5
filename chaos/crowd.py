"""A thousand concurrent callers of forty uncached series, in equal and in different windows."""

import asyncio
import time
from collections.abc import Sequence

from cg_client.endpoints import futures
from cg_client.intervals import Interval
from chaos.outcomes import Answered, faults, shares, summary
from chaos.parts import Part, iso, on_pair, price
from chaos.rig import Rig, answer_to, outcomes, rig
from chaos.verdict import Effort, Verdict
from sandbox.directory import COINS
from sandbox.samples import sample

CALLERS = 1000
SERIES = 40
WINDOWS = 5  # of each series
CALLS_FOR_WINDOWS = 60
DEADLINE = 15.0
PATH = futures.market.PRICE_HISTORY.path
_STEP = Interval.H1.milliseconds


async def crowd(_: Effort) -> list[Verdict]:
    """Request uncached series of one exchange, then uncached series of another."""
    async with rig() as tested:
        await tested.values([on_pair("first", "Gate", "BTC", price("interval: H1, last: 1"))])
        now = int(time.time() * 1000) // _STEP * _STEP
        return [
            await _ask(tested, "the same window of 40 series, cold", [whole(n) for n in range(SERIES)], SERIES),
            await _ask(tested, "200 overlapping windows of 40 series, cold", windows(now), CALLS_FOR_WINDOWS),
        ]


def whole(number: int) -> Part:
    return on_pair(f"whole{number}", "Binance", COINS[number], price("interval: H1, last: 500"))


def windows(now: int) -> list[Part]:
    return [
        on_pair(f"w{number}n{which}", "Bybit", COINS[number], price(f"interval: H1, {_window(number, which, now)}"))
        for number in range(SERIES)
        for which in range(WINDOWS)
    ]


def _window(number: int, which: int, now: int) -> str:
    """All lie within the newest 998 bars of their series."""
    first, last = ((0, 0), (0, 0), (0, 0), (899 - number, 400), (300 + number, 10))[which]
    counts = (1 + number * 2, 101 + number * 22, 998)
    if which < len(counts):
        return f"last: {counts[which]}"
    return f'from: "{iso(now - first * _STEP)}", to: "{iso(now - last * _STEP)}"'


async def _ask(tested: Rig, label: str, parts: Sequence[Part], max_calls: int) -> Verdict:
    before = (await tested.upstream.calls())["paths"].get(PATH, 0)
    callers = [tested.caller() for _ in range(CALLERS)]
    for some_callers in (callers[at : at + 100] for at in range(0, CALLERS, 100)):
        await asyncio.gather(*(caller.connect() for caller in some_callers))
    started = time.perf_counter()
    answers = await asyncio.gather(
        *(answer_to(caller, [parts[number % len(parts)]]) for number, caller in enumerate(callers))
    )
    took = time.perf_counter() - started
    for caller in callers:
        caller.close()
    calls = (await tested.upstream.calls())["paths"].get(PATH, 0) - before
    breaches = [*faults(answers, DEADLINE, {}), *_untrue(answers)]
    answered = all(part.answered for part in outcomes(list(answers)))
    text = f"{calls} calls; {shares(outcomes(list(answers)))} in {took:.1f} s{summary(breaches)}"
    holds = calls <= max_calls and answered and not breaches
    return Verdict(f"{CALLERS:,} callers at once: {label}", f"≤ {max_calls} upstream calls", text, holds)


def _untrue(answers: Sequence[Answered]) -> list[str]:
    """Bars that are missing, double or not those of the sample."""
    rows = sample(PATH)["data"]
    result = []
    for outcome in outcomes(list(answers)):
        if not isinstance(outcome.value, dict) or "columns" not in outcome.value:
            continue
        times, closes = outcome.value["columns"]["timestamp"], outcome.value["columns"]["close"]
        if times != list(range(times[0], times[0] + len(times) * _STEP, _STEP)):
            result.append(f"{outcome.part} has bars missing or double")
        if any(close != float(rows[at // _STEP % len(rows)]["close"]) for at, close in zip(times, closes, strict=True)):
            result.append(f"{outcome.part} has figures of other bars")
    return result
