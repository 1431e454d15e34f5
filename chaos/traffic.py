"""Callers that ask at the same time, and for how long CoinGlass' recovery stays unnoticed."""

import asyncio
import time
from collections.abc import Callable

from chaos.outcomes import Answered
from chaos.parts import Part
from chaos.rig import Rig, answer_to

Chooses = Callable[[int, int], list[Part]]  # the parts that a caller requests in a round
RECOVERS_WITHIN = 5.0  # seconds


async def at_once(rig: Rig, callers: int, rounds: int, chooses: Chooses) -> list[Answered]:
    """Let each caller send so many requests without a pause."""

    async def call(number: int) -> list[Answered]:
        caller = rig.caller(f"10.1.{number // 256}.{number % 256}")
        answers = [await answer_to(caller, chooses(number, at)) for at in range(rounds)]
        caller.close()
        return answers

    return [item for answers in await asyncio.gather(*map(call, range(callers))) for item in answers]


async def for_seconds(rig: Rig, seconds: float, callers: int, pause: float, chooses: Chooses) -> list[Answered]:
    """Let each caller send requests, with a pause after each answer; they start staggered within one pause."""
    ends = time.monotonic() + seconds

    async def call(number: int) -> list[Answered]:
        caller = rig.caller(f"10.1.{number // 256}.{number % 256}")
        answers: list[Answered] = []
        await asyncio.sleep(pause * number / callers)
        while time.monotonic() < ends:
            answers.append(await answer_to(caller, chooses(number, len(answers))))
            await asyncio.sleep(pause)
        caller.close()
        return answers

    return [item for answers in await asyncio.gather(*map(call, range(callers))) for item in answers]


async def recovery(rig: Rig, parts: list[Part], patience: float = 20.0) -> float | None:
    """Return the seconds until every part is data again, or None if that takes too long."""
    started = time.monotonic()
    while (now := time.monotonic()) - started < patience:
        answer = await rig.once(parts)
        if answer.outcomes and all(item.answered and not item.stale for item in answer.outcomes):
            return now - started
        await asyncio.sleep(0.1)
    return None


def as_text(seconds: float | None) -> str:
    return "never" if seconds is None else f"after {seconds:.1f} s"


def in_time(seconds: float | None) -> bool:
    return seconds is not None and seconds <= RECOVERS_WITHIN
