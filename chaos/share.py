"""One caller requests new series at full force and rotates its names; another requests its share of the quota."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence

from cg_client.intervals import Interval
from chaos.connection import CallerConnection
from chaos.outcomes import LATE_BY, Answered, Outcome, shares, summary
from chaos.parts import Part, document, field, on_pair, price
from chaos.rig import Rig, answer_to, outcomes, rig
from chaos.verdict import FULL, Effort, Verdict
from sandbox.directory import COINS

QUOTA, DEADLINE = 30, 15.0
PERIOD = 12.0  # seconds between the requests of the other: its share are 15 series a minute
_SERIES = 3  # of a request
_CONNECTIONS, _PAUSE = 12, 0.03  # of the caller at full force: some 400 requests a second
_FIRST_MINUTE = 60.0
_VENUES = ("Binance", "OKX", "Bybit", "Gate", "MEXC")
_INTERVALS = (Interval.H4, Interval.H6, Interval.H8, Interval.H12, Interval.D1, Interval.W1)


class _Rotating(CallerConnection):
    """Each request comes from another address of an IPv6 /64, with another X-Client-Id."""

    _numbers = itertools.count(1)

    def request(self, body: bytes) -> bytes:
        number = next(self._numbers)
        head = f"{self._head}x-forwarded-for: 2001:db8::{number:x}\r\nx-client-id: client-{number}\r\n"
        return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


async def share(effort: Effort) -> list[Verdict]:
    seconds = 180.0 if effort is FULL else 120.0
    async with rig("hobbyist", QUOTA, deadline_seconds=DEADLINE) as tested:
        series = _new_series()
        bursting = [asyncio.create_task(_burst(tested, series)) for _ in range(_CONNECTIONS)]
        await asyncio.sleep(3)
        answers = await _steady(tested, seconds)
        for task in bursting:
            task.cancel()
        refused = (await tested.upstream.calls())["rateLimited"]
        sent = [request["query"].get("exchange") for request in await tested.upstream.requests()]
    text = f"; the bursting caller sent {sum(exchange in _VENUES for exchange in sent)} requests"
    return [_verdict(answers, refused, text)]


def _verdict(answers: Sequence[Answered], refused: int, text: str = "") -> Verdict:
    """`answers`: those to requests from the second minute on."""
    breaches = [f"{refused} requests were refused by CoinGlass"] if refused else []
    late = [answer.reply.seconds for answer in answers if answer.reply.seconds > DEADLINE + LATE_BY]
    breaches += [f"answered after {seconds:.1f} s" for seconds in late]
    series: list[Outcome] = outcomes(list(answers))
    slowest = max((answer.reply.seconds for answer in answers), default=0.0)
    holds = bool(series) and all(part.answered for part in series) and not breaches
    return Verdict(
        f"one caller at full force with rotating names, another requests half of {QUOTA} requests a minute",
        f"from its second minute on the other gets all, ≤ {DEADLINE:g} s",
        f"{shares(series)}, slowest {slowest:.1f} s{text}{summary(breaches)}",
        holds,
    )


async def _burst(tested: Rig, series: Iterator[Part]) -> None:
    caller = _Rotating(tested.server.url)
    while True:
        await caller.ask(document(itertools.islice(series, _SERIES)), DEADLINE + 10)
        await asyncio.sleep(_PAUSE)


async def _steady(tested: Rig, seconds: float) -> list[Answered]:
    """Request a few series at a time, and return the answers from the second minute on."""
    caller, series, answers = "10.2.0.2", _other_series(), []
    started = time.monotonic()
    async with asyncio.TaskGroup() as group:
        while (passed := time.monotonic() - started) < seconds:
            parts = list(itertools.islice(series, _SERIES))
            task = group.create_task(answer_to(tested.caller(caller), parts, DEADLINE + 10))
            if passed >= _FIRST_MINUTE:
                answers.append(task)
            await asyncio.sleep(PERIOD)
    return [task.result() for task in answers]


def _new_series() -> Iterator[Part]:
    """Yield series in an order that repeats after some thousands, of which the quota allows some hundred."""
    every = [*itertools.product(_INTERVALS, COINS, _VENUES)]
    for number, (interval, coin, exchange) in enumerate(itertools.cycle(every)):
        yield on_pair(f"b{number}", exchange, coin, price(f"interval: {interval.name}, last: 10"))


def _other_series() -> Iterator[Part]:
    for number, (interval, coin) in enumerate(itertools.product(_INTERVALS, COINS)):
        call = f"fundingRate(interval: {interval.name}, last: 10)"
        text = field(call, "FundingSeries", "columns { timestamp close }")
        yield on_pair(f"s{number}", "CoinEx", coin, text)
