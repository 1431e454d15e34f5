"""The server receives SIGTERM while callers are being answered."""

import asyncio
import os
import signal
import time

from chaos.outcomes import Answered, faults, summary
from chaos.parts import mix
from chaos.rig import rig
from chaos.traffic import for_seconds
from chaos.verdict import Effort, Verdict

CALLERS = 50
DEADLINE = 5.0  # seconds
ENDS_WITHIN = 8.0  # the deadline, and a little for the rest


async def stop(_: Effort) -> list[Verdict]:
    async with rig(deadline_seconds=DEADLINE) as tested:
        await tested.upstream.fail("slow", seconds=0.5)
        asking = asyncio.create_task(
            for_seconds(tested, 6.0, CALLERS, 0.1, lambda caller, at: mix(caller % 3 + 3 * at))
        )
        await asyncio.sleep(2.0)
        signalled = time.monotonic()
        os.kill(tested.server.pid, signal.SIGTERM)
        code = await asyncio.to_thread(tested.server.exit_code, ENDS_WITHIN + 5)
        took = time.monotonic() - signalled
        answers = await asking
        log = tested.server.log_text()
    return [_verdict(answers, code, took, log)]


def _verdict(answers: list[Answered], code: int | None, took: float, log: str) -> Verdict:
    """Judge the answers: a refused request ended cleanly, a truncated answer did not."""
    whole = [item for item in answers if item.reply.status]
    refused = [item for item in answers if not item.reply.status and not item.reply.cut]
    breaches = list(faults(whole, DEADLINE, {}))
    breaches += [f"an answer was cut: {item.reply.body!r}" for item in answers if item.reply.cut]
    breaches += ["a traceback in the log"] if "Traceback" in log else []
    text = f"exit code {code} after {took:.1f} s; {len(whole)} answered, {len(refused)} refused{summary(breaches)}"
    holds = code == 0 and took <= ENDS_WITHIN and not breaches and bool(whole)
    bound = f"exits 0 within {ENDS_WITHIN:g} s, nothing cut"
    return Verdict(f"SIGTERM with {CALLERS} callers", bound, text, holds)
