"""The key's requests a minute are cut from thirty to ten, which only the headers say, while callers want more."""

import asyncio

from cg_client.intervals import Interval
from chaos.outcomes import Answered, faults, shares, summary
from chaos.parts import Part, closed, on_pair, price
from chaos.rig import outcomes, rig
from chaos.traffic import for_seconds
from chaos.verdict import Effort, Verdict
from sandbox.directory import COINS

BEFORE, AFTER = 30, 10  # requests a minute
CALLERS = 3  # each with one request at a time: so many can be in flight when the quota is cut
DEADLINE = 5.0
_CUT_AFTER = 6.0  # seconds
_MINUTE = 62.0  # seconds, a little more than one


async def cut_quota(_: Effort) -> list[Verdict]:
    async with rig("hobbyist", BEFORE, deadline_seconds=DEADLINE) as tested:
        asking = asyncio.create_task(for_seconds(tested, _CUT_AFTER + 2 * _MINUTE, CALLERS, 0.5, _new_series))
        await asyncio.sleep(_CUT_AFTER)
        before = await tested.upstream.calls()
        await tested.upstream.change("quota", limit=AFTER)
        await asyncio.sleep(_MINUTE)
        between = await tested.upstream.calls()
        answers = await asking
        after = await tested.upstream.calls()
    refused = after["rateLimited"] - before["rateLimited"]
    in_second_minute = after["total"] - between["total"]
    return [_verdict(answers, refused, before["rateLimited"], in_second_minute)]


def _new_series(caller: int, at: int) -> list[Part]:
    exchange = ("Binance", "Bybit", "CoinEx")[caller]
    interval = (Interval.H4, Interval.H6, Interval.H8, Interval.H12, Interval.D1)[at // len(COINS) % 5]
    return [on_pair(f"q{caller}n{at}", exchange, COINS[at % len(COINS)], price(closed(interval)))]


def _verdict(answers: list[Answered], refused: int, refused_before: int, in_second_minute: int) -> Verdict:
    breaches = list(faults(answers, DEADLINE, {}))
    text = f"{refused_before} refused before, {refused} after the cut; {in_second_minute} calls in the second minute "
    text += f"after it; {shares(outcomes(answers))}{summary(breaches)}"
    holds = not breaches and refused_before == 0 and refused <= CALLERS and 0 < in_second_minute <= AFTER
    bound = f"refused ≤ the {CALLERS} under way, then 1 to {AFTER} a minute"
    return Verdict(f"quota cut from {BEFORE} to {AFTER} while running", bound, text, holds)
