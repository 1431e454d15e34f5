"""CoinGlass accepts requests and answers none."""

import asyncio

from cg_client.intervals import Interval
from chaos.outcomes import LATE_BY, Answered, Outcome, faults, shares, summary
from chaos.parts import Part, closed, lists, on_pair, price
from chaos.rig import outcomes, rig
from chaos.traffic import as_text, for_seconds, in_time, recovery
from chaos.verdict import Effort, Verdict

DEADLINE = 2.0  # seconds
CALLERS = 8
_TYPED = ("TIMEOUT", "CIRCUIT_OPEN")
_EXPIRED = 12.0  # seconds after which the parts that hold for up to ten seconds are past their time


async def hanging(effort: Effort) -> list[Verdict]:
    real_time = [item for item in lists(0) if item.name.startswith(("byExchange", "takers", "funds"))]
    async with rig(deadline_seconds=DEADLINE, timeout_seconds=1.5) as tested:
        reference = await tested.values(real_time)
        await tested.once([_unseen(-1, 0)])  # the list of pairs is cached
        await tested.upstream.fail("hang", seconds=600)
        await asyncio.sleep(_EXPIRED)
        answers = await for_seconds(
            tested, effort.failing, CALLERS, 0.2, lambda caller, at: [*real_time, _unseen(caller, at)]
        )
        await tested.upstream.heal()
        back = await recovery(tested, real_time)
    return [_verdict(answers, list(faults(answers, DEADLINE, reference)), back)]


def _unseen(caller: int, at: int) -> Part:
    """Return a series that is not cached."""
    coin = ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "LTC", "DOT", "UNI", "APT")[caller + 1]
    return on_pair(f"unseen{caller + 1}n{at}", "Binance", coin, price(closed(Interval.H4, 20 + at % 100)))


def _verdict(answers: list[Answered], breaches: list[str], back: float | None) -> Verdict:
    seen = [item for item in outcomes(answers) if not item.part.startswith("unseen")]
    unseen = [item for item in outcomes(answers) if item.part.startswith("unseen")]
    breaches += [f"{item.part}: {_state(item)}" for item in seen if not (item.answered and item.stale)]
    breaches += [f"{item.part}: {_state(item)}" for item in unseen if item.code not in _TYPED]
    slowest = max(item.reply.seconds for item in answers)
    result = f"seen: {shares(seen)}, {sum(item.stale for item in seen)} STALE; unseen: {shares(unseen)}; "
    result += f"slowest {slowest:.2f} s; back {as_text(back)}{summary(breaches)}"
    bound = f"≤ {DEADLINE + LATE_BY:g} s; seen parts STALE, others {' or '.join(_TYPED)}"
    return Verdict("upstream hangs", bound, result, not breaches and in_time(back))


def _state(outcome: Outcome) -> str:
    return outcome.code or ("STALE" if outcome.stale else "FRESH")
