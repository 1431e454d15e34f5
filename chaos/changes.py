"""What changes at CoinGlass while the server runs: its clock, the key, the plan."""

import asyncio

from cg_client.intervals import Interval
from chaos.outcomes import Answered, faults, shares, summary
from chaos.parts import closed, lists, mix, on_pair, price
from chaos.rig import Rig, outcomes, rig
from chaos.traffic import as_text, for_seconds, in_time, recovery
from chaos.verdict import Effort, Verdict

DEADLINE = 5.0  # seconds
CALLERS = 4
_DAY, _HOUR = 86_400, 3_600
_UNDER_WAY = 1  # requests that were sent before the news could come


async def changes(_: Effort) -> list[Verdict]:
    async with rig(deadline_seconds=DEADLINE) as tested:
        verdicts = [await _clock_jump(tested, ahead) for ahead in (_DAY, -_HOUR)]
        verdicts.append(await _revoked_key(tested))
    async with rig("professional", 1200, deadline_seconds=DEADLINE) as tested:
        return [*verdicts, await _reduced_plan(tested)]


async def _clock_jump(tested: Rig, ahead: int) -> Verdict:
    number = 1 if ahead > 0 else 2
    parts = mix(number)
    windows = [
        on_pair(f"closed{number}", "Gate", "BTC", price(closed(Interval.H4))),
        on_pair(f"series{number}", "MEXC", "BTC", price(closed(Interval.H1, 500))),
    ]
    healthy = await tested.values([*parts, *windows])
    await tested.upstream.change("clock", ahead=ahead)
    fresh = mix(number + 10)  # not requested before, over closed bars
    answers = await for_seconds(tested, 3.0, CALLERS, 0.2, lambda _caller, _at: [*parts, *windows, *fresh])
    await tested.upstream.change("clock", ahead=0)
    truth = healthy | await tested.values(fresh)
    breaches = list(faults(answers, DEADLINE, truth))
    holds = not breaches and _all_answered(answers)
    text = f"{shares(outcomes(answers))}{summary(breaches)}"
    label = f"upstream's clock jumps {'a day ahead' if ahead > 0 else 'an hour back'}"
    return Verdict(label, "every part answered, closed bars as before", text, holds)


async def _revoked_key(tested: Rig) -> Verdict:
    short = [part for part in lists(3) if part.name.startswith(("byExchange", "takers"))]
    long = [part for part in mix(3) if part.name.startswith(("price", "interest"))]
    reference = await tested.values([*short, *long])
    await tested.upstream.change("key", revoked=True)
    await asyncio.sleep(11)
    answers = await for_seconds(tested, 3.0, CALLERS, 0.2, lambda _caller, _at: [*short, *long])
    await tested.upstream.change("key", revoked=False)
    back = await recovery(tested, [*short, *long])
    breaches = list(faults(answers, DEADLINE, reference))
    codes = {part.code for part in outcomes(answers)} - {None, "UNAUTHORIZED"}
    breaches += [f"failed with {code}" for code in codes]
    text = f"{shares(outcomes(answers))}; back {as_text(back)}{summary(breaches)}"
    return Verdict("key revoked for 14 s", "data or UNAUTHORIZED, back ≤ 5 s", text, not breaches and in_time(back))


async def _reduced_plan(tested: Rig) -> Verdict:
    """Down to Hobbyist, which has four hours as its finest interval and thirty requests a minute."""
    fine = [on_pair("fine", "Binance", "BTC", price("interval: M15, last: 5"))]
    coarse = [on_pair("coarse", "Binance", "BTC", price(closed(Interval.H4)))]
    reference = await tested.values([*coarse])
    await tested.upstream.change("plan", plan="hobbyist")
    answers = await for_seconds(tested, 4.0, CALLERS, 0.3, lambda _caller, _at: [*fine, *coarse])
    refused = (await tested.upstream.calls())["rateLimited"]
    breaches = list(faults(answers, DEADLINE, reference))
    gated = [part for part in outcomes(answers) if part.part == "fine"]
    others = [part for part in outcomes(answers) if part.part == "coarse"]
    breaches += [f"{refused} calls refused by the quota"] if refused > _UNDER_WAY else []
    breaches += [f"fine: {part.code}" for part in gated if part.code != "INTERVAL_TOO_FINE"]
    holds = not breaches and all(part.answered for part in others)
    text = f"too fine: {shares(gated)}; others: {shares(others)}; {refused} refused by the quota{summary(breaches)}"
    return Verdict("plan cut to Hobbyist", "what it lacks INTERVAL_TOO_FINE, the rest answered", text, holds)


def _all_answered(answers: list[Answered]) -> bool:
    return all(part.answered for part in outcomes(answers))
