"""One client requests 300 series at once, each ten of them from another address of its network; another client one."""

import asyncio
from collections.abc import Iterator

from cg_client.intervals import Interval
from chaos.outcomes import summary
from chaos.parts import Part, document, on_pair, price
from chaos.rig import answer_to, rig
from chaos.verdict import Effort, Verdict
from sandbox.directory import COINS

SERIES = 300
SLOTS = 2
_OF_A_REQUEST = 10
QUOTA = 30
DEADLINE = 100  # seconds: the first minute's calls are spent at once, so that the single one waits for the second's
_VENUES = ("Binance", "OKX", "Bybit", "Gate", "MEXC")
_SINGLE = on_pair("single", "CoinEx", "BTC", price(f"interval: {Interval.W1.name}, last: 10"))


async def fairness(_: Effort) -> list[Verdict]:
    async with rig("hobbyist", QUOTA, deadline_seconds=DEADLINE) as tested:
        greedy = [
            asyncio.create_task(tested.caller(f"2001:db8::{number:x}").ask(body, DEADLINE + 10))
            for number, body in enumerate(_backfill())
        ]
        await asyncio.sleep(3)
        before = (await tested.upstream.calls())["total"]
        answer = await answer_to(tested.caller("10.2.0.2"), [_SINGLE], DEADLINE + 10)
        requests = (await tested.upstream.requests())[before:]
        refused = (await tested.upstream.calls())["rateLimited"]
        for task in greedy:
            task.cancel()
    indices = [at for at, request in enumerate(requests) if request["query"].get("exchange") == "CoinEx"]
    outcome = answer.outcomes[0] if answer.outcomes else None
    stated = "no answer" if outcome is None else outcome.code or "answered"
    text = f"{stated} after {answer.reply.seconds:.0f} s, "
    text += f"behind {indices[0]} calls of the other" if indices else f"never sent, behind {len(requests)} calls"
    breaches = [f"{refused} calls were refused by the quota"] if refused else []
    holds = stated == "answered" and bool(indices) and indices[0] <= SLOTS and not breaches
    label = f"one client requests {SERIES} series at once from {SERIES // _OF_A_REQUEST} addresses, another client one"
    return [Verdict(label, f"the other waits ≤ {SLOTS} quota slots", text + summary(breaches), holds)]


def _backfill() -> Iterator[bytes]:
    pairs = [(exchange, coin) for exchange in _VENUES for coin in COINS][:SERIES]
    parts = [_part(number, *pair) for number, pair in enumerate(pairs)]
    for first in range(0, SERIES, _OF_A_REQUEST):
        yield document(parts[first : first + _OF_A_REQUEST])


def _part(number: int, exchange: str, coin: str) -> Part:
    return on_pair(f"b{number}", exchange, coin, price("interval: H4, last: 10"))
