"""A dashboard of twelve parts over ten pairs on a Hobbyist key, which a hundred people have open.

With callers spread over the ten seconds, keeping every part as fresh as documented would take two calls for each of the
five-second series every ten seconds, and 39 calls a minute in all: more than the plan has. What is promised is that no
part is refused, and that each states its age: FRESH within the documented refresh time, STALE at most an hour more
(`cg_client.entries.MAX_STALE`).
"""

from cg_client.entries import MAX_STALE
from cg_client.plans.plan_table import REQUESTS_PER_MINUTE, Plan
from chaos.outcomes import faults, shares, summary, too_old
from chaos.parts import INTEREST_BY_EXCHANGE, MARKET, Part, field, on_coin, on_pair, price
from chaos.rig import outcomes, rig
from chaos.traffic import for_seconds
from chaos.verdict import Effort, Verdict

CALLERS = 100
EVERY = 10.0  # seconds
DEADLINE = 15.0
QUOTA = REQUESTS_PER_MINUTE[Plan.HOBBYIST]


async def dashboard(effort: Effort) -> list[Verdict]:
    parts = _parts()
    async with rig("hobbyist", QUOTA) as tested:
        answers = await for_seconds(tested, effort.dashboard, CALLERS, EVERY, lambda _caller, _at: parts)
        counted = await tested.upstream.calls()
    result = outcomes(answers)
    breaches = [*faults(answers, DEADLINE, {}), *too_old(result, MAX_STALE)]
    most, refused = counted["mostInAMinute"], counted["rateLimited"]
    answered = all(part.answered for part in result)
    by_name = {part.name: max((item.age for item in result if item.part == part.name), default=0.0) for part in parts}
    oldest = max(by_name, key=lambda name: by_name[name])
    text = (
        f"{shares(result)}, {sum(part.stale for part in result)} STALE, the oldest ({oldest}) {by_name[oldest]:.0f} s; "
    )
    text += f"at most {most} calls in a minute, {refused} refused{summary(breaches)}"
    bound = f"every part answered, FRESH ≤ its refresh time, STALE ≤ 1 h more; ≤ {QUOTA} calls in any minute"
    holds = answered and not breaches and most <= QUOTA and refused == 0
    return [
        Verdict(f"Hobbyist dashboard, {CALLERS} callers every {EVERY:g} s, {effort.dashboard:g} s", bound, text, holds)
    ]


def _parts() -> list[Part]:
    interest = field("openInterest(interval: D1, last: 30)", "OISeries", "columns { timestamp close }")
    ratio = field("longShortRatio(interval: H4, last: 30)", "LongShortSeries", "columns { timestamp ratio }")
    takers = field("takerVolume(interval: H4, last: 30)", "TakerVolumeSeries", "columns { timestamp buyUsd sellUsd }")
    funding = field("fundingRate(interval: H8, last: 30)", "FundingSeries", "columns { timestamp close }")
    rates = field("currentFundingRates", "CurrentFundingRates", "stablecoinMargined { exchange fundingRate }")
    lists = [on_pair(f"market{n}", *pair, MARKET) for n, pair in enumerate(_PAIRS[:4])]
    prices = [on_pair(f"price{n}", *pair, price("interval: H4, last: 30")) for n, pair in enumerate(_PAIRS[4:6])]
    series = zip(_PAIRS[6:], (interest, ratio, takers, funding), strict=True)
    others = [on_pair(f"series{n}", *pair, asks) for n, (pair, asks) in enumerate(series)]
    return [
        *lists,
        *prices,
        *others,
        on_coin("rates", "BTC", rates),
        on_coin("byExchange", "BTC", INTEREST_BY_EXCHANGE),
    ]


_PAIRS = [
    *(("Binance", "BTC"), ("OKX", "BTC"), ("Binance", "ETH"), ("OKX", "ETH")),
    *(("Bybit", "BTC"), ("Bybit", "ETH")),
    *(("Binance", "SOL"), ("OKX", "SOL"), ("Bybit", "SOL"), ("Binance", "XRP")),
]
