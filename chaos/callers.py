"""Many callers, callers that disconnect early, and callers that never read their answers."""

import asyncio
import contextlib

from chaos.connection import CallerConnection
from chaos.outcomes import LATE_BY, faults, shares, summary
from chaos.parts import Part, document, mix, on_pair, price, turned
from chaos.rig import Rig, outcomes, rig
from chaos.traffic import at_once
from chaos.verdict import Effort, Verdict

DEADLINE = 5.0  # seconds
CONCURRENT, DISCONNECTING, NON_READING, WELL_BEHAVED = 500, 200, 50, 10
MAX_GROWS = 64.0  # megabytes, for unread answers
_REQUESTS_OF_EACH = 50
_MEGABYTE = 2**20


async def callers(_: Effort) -> list[Verdict]:
    async with rig(deadline_seconds=DEADLINE) as tested:
        return [await _many_callers(tested), await _early_disconnects(tested), await _callers_that_never_read(tested)]


async def _many_callers(tested: Rig) -> Verdict:
    parts = mix(0)
    reference = await tested.values(parts)
    answers = await at_once(tested, CONCURRENT, 2, lambda caller, at: turned(parts, caller + at))
    breaches = list(faults(answers, DEADLINE, reference))
    slowest = max(answer.reply.seconds for answer in answers)
    holds = not breaches and all(part.answered for part in outcomes(answers))
    text = f"{shares(outcomes(answers))}; slowest {slowest:.2f} s{summary(breaches)}"
    return Verdict(f"{CONCURRENT} callers at once", f"all answered, ≤ {DEADLINE + LATE_BY:g} s", text, holds)


async def _early_disconnects(tested: Rig) -> Verdict:
    """Half of them disconnect in the middle of the request, the others before the answer."""
    before = tested.server.resident_bytes()
    await tested.upstream.fail("slow", seconds=0.5)
    await asyncio.gather(
        *(_disconnect(tested.caller(), mix(number % 60), at=number) for number in range(DISCONNECTING))
    )
    await tested.upstream.heal()
    grown = (tested.server.resident_bytes() - before) / _MEGABYTE
    after = await tested.once(mix(0))
    breaches = [*faults([after], DEADLINE, {}), *_logged(tested)]
    text = f"then {shares(after.outcomes)} in {after.reply.seconds:.2f} s, {grown:+.0f} MB{summary(breaches)}"
    holds = not breaches and bool(after.outcomes) and all(part.answered for part in after.outcomes)
    return Verdict(
        f"{DISCONNECTING} callers disconnect in mid-request", "the next is answered, nothing is logged", text, holds
    )


async def _disconnect(caller: CallerConnection, parts: list[Part], at: int) -> None:
    _, writer = await caller.connect()
    request = caller.request(document(parts))
    writer.write(request if at % 2 else request[: len(request) // 2])
    with contextlib.suppress(OSError):
        await writer.drain()
    await asyncio.sleep(0.05)
    caller.close()


async def _callers_that_never_read(tested: Rig) -> Verdict:
    """They request a thousand candles over and over and read nothing, while others are served."""
    big = [on_pair("big", "Binance", "BTC", price("interval: H4, last: 1000"))]
    await tested.values(big)
    parts = mix(0)
    reference = await tested.values(parts)
    before = tested.server.resident_bytes()
    non_reading = [tested.caller() for _ in range(NON_READING)]
    for caller in non_reading:
        reader, writer = await caller.connect()
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # noqa: SLF001  # asyncio reads ahead by default
        writer.write(caller.request(document(big)) * _REQUESTS_OF_EACH)
    answers = await at_once(tested, WELL_BEHAVED, 20, lambda caller, at: turned(parts, caller + at))
    grown = (tested.server.resident_bytes() - before) / _MEGABYTE
    for caller in non_reading:
        caller.close()
    breaches = list(faults(answers, DEADLINE, reference))
    slowest = max(answer.reply.seconds for answer in answers)
    text = f"others: {shares(outcomes(answers))}, slowest {slowest:.2f} s; {grown:+.0f} MB{summary(breaches)}"
    holds = not breaches and grown <= MAX_GROWS and all(part.answered for part in outcomes(answers))
    bound = f"others answered ≤ {DEADLINE + LATE_BY:g} s, memory ≤ +{MAX_GROWS:g} MB"
    return Verdict(f"{NON_READING} callers never read", bound, text, holds)


def _logged(tested: Rig) -> list[str]:
    return ["a traceback in the log"] if "Traceback" in tested.server.log_text() else []
