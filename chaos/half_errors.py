"""Half of the answers of CoinGlass are server errors."""

import asyncio

from cg_client.intervals import Interval
from chaos.outcomes import faults, shares, summary
from chaos.parts import Part, lists, on_pair, price
from chaos.rig import Rig, answer_to, outcomes, rig
from chaos.traffic import as_text, for_seconds, in_time, recovery
from chaos.verdict import Effort, Verdict
from sandbox.directory import COINS

DEADLINE = 5.0  # seconds
CALLERS = 10
SERIES = 600  # each is requested once, so that further calls are retries
_EXPIRED = 11.0
ANSWERED = 0.99
RETRIES = 0.2
_VENUES = ("Binance", "Bybit", "CoinEx")
_INTERVALS = (Interval.H1, Interval.H4, Interval.H6, Interval.H8)


async def half_errors(effort: Effort) -> list[Verdict]:
    async with rig(deadline_seconds=DEADLINE) as tested:
        return [await _seen(tested, effort.failing), await _retries(tested)]


async def _seen(tested: Rig, seconds: float) -> Verdict:
    """Request cached parts whose lifetime is at most ten seconds."""
    parts = [part for number in range(5) for part in lists(number) if part.name.startswith(("byExchange", "takers"))]
    reference = await tested.values(parts)
    await asyncio.sleep(_EXPIRED)
    await tested.upstream.fail("http_500", share=0.5, seed=1)
    answers = await for_seconds(tested, seconds, CALLERS, 0.5, lambda caller, at: parts[(caller + at) % 2 :: 2])
    await tested.upstream.heal()
    back = await recovery(tested, parts)
    result, breaches = outcomes(answers), list(faults(answers, DEADLINE, reference))
    share = sum(part.answered for part in result) / max(1, len(result))
    text = f"{share:.2%}: {shares(result)}; back {as_text(back)}{summary(breaches)}"
    holds = share >= ANSWERED and not breaches and in_time(back)
    return Verdict("upstream 50 % errors, parts seen before", f"≥ {ANSWERED:.0%} answered", text, holds)


async def _retries(tested: Rig) -> Verdict:
    before = (await tested.upstream.calls())["total"]
    await tested.upstream.fail("http_500", share=0.5, seed=2)
    caller = tested.caller()
    answers = [await answer_to(caller, [_series(number + at) for at in range(10)]) for number in range(0, SERIES, 10)]
    caller.close()
    await tested.upstream.heal()
    calls = (await tested.upstream.calls())["total"] - before
    breaches = list(faults(answers, DEADLINE, {}))
    share = (calls - SERIES) / SERIES
    text = f"{share:.1%}: {calls} calls for {SERIES} series; {shares(outcomes(answers))}{summary(breaches)}"
    bound = f"retries ≤ {RETRIES:.0%} over the base load"
    return Verdict("upstream 50 % errors, series not seen before", bound, text, share <= RETRIES and not breaches)


def _series(number: int) -> Part:
    coin, rest = COINS[number % len(COINS)], number // len(COINS)
    exchange, interval = _VENUES[rest % len(_VENUES)], _INTERVALS[rest // len(_VENUES)]
    return on_pair(f"s{number}", exchange, coin, price(f"interval: {interval.name}, last: 10"))
