"""Memory over minutes of mixed load: callers request cached and new series while faults change."""

import asyncio
import itertools
import statistics
from collections.abc import Sequence

from chaos.outcomes import Answered, faults, shares, summary
from chaos.parts import Part, lists, mix
from chaos.rig import Rig, outcomes, rig
from chaos.traffic import for_seconds
from chaos.verdict import Effort, Verdict
from sandbox.faults import FaultKind

CALLERS = 10
DEADLINE = 2.0  # seconds
MAX_DEVIATION = 0.2  # that the memory is off the plateau
_CHANGES_EVERY = 3.0  # seconds between one fault and the next, at most
_MEGABYTE = 2**20
# So small that they are full before the plateau is read.
_CACHES = {"cache_mb": 4, "response_cache_mb": 2, "fragment_cache_mb": 1}
_LEFT_OUT = (
    FaultKind.PLAN,
    FaultKind.INTERVAL,
)  # after which a part is refused for ten minutes


async def memory(effort: Effort) -> list[Verdict]:
    async with rig(deadline_seconds=DEADLINE, timeout_seconds=1, **_CACHES) as tested:
        sizes: list[int] = []
        tasks = [
            asyncio.create_task(_record_memory(tested, sizes)),
            asyncio.create_task(_switch_faults(tested, effort.memory)),
        ]
        try:
            answers = await for_seconds(tested, effort.memory, CALLERS, 0.25, _parts_for)
        finally:
            for task in tasks:
                task.cancel()
    return [_verdict([size / _MEGABYTE for size in sizes], answers, effort.memory)]


def _parts_for(caller: int, at: int) -> list[Part]:
    return mix((caller * 37 + at) % 300) if at % 2 else lists(at % 20)


async def _record_memory(tested: Rig, sizes: list[int]) -> None:
    while True:
        sizes.append(tested.server.resident_bytes())
        await asyncio.sleep(0.5)


async def _switch_faults(tested: Rig, seconds: float) -> None:
    """Switch the faults; each comes at least twice."""
    kinds = [kind for kind in FaultKind if kind not in _LEFT_OUT]
    every = min(_CHANGES_EVERY, seconds / (2 * len(kinds)))
    for number, kind in enumerate(itertools.cycle(kinds)):
        await tested.upstream.fail(kind.value, share=0.3, seed=number, seconds=1.5, retry_after="1")
        await asyncio.sleep(every)
        await tested.upstream.heal()


def plateau(sizes: Sequence[float]) -> float:
    """Return the memory in use after the first third: the median of the tenth that follows it."""
    third, tenth = len(sizes) // 3, max(1, len(sizes) // 10)
    return statistics.median(sizes[third : third + tenth])


def _verdict(sizes: Sequence[float], answers: list[Answered], seconds: float) -> Verdict:
    level, last = plateau(sizes), statistics.median(sizes[-max(1, len(sizes) // 10) :])
    off = last / level - 1
    breaches = list(faults(answers, DEADLINE, {}))
    text = f"{off:+.0%}: {level:.0f} MB after a third, {last:.0f} MB at the end, {max(sizes):.0f} MB at most; "
    text += f"{shares(outcomes(answers))}{summary(breaches)}"
    bound = f"within {MAX_DEVIATION:.0%} of the plateau, all answers typed and in time"
    return Verdict(f"memory over {seconds:g} s of mixed chaos", bound, text, abs(off) <= MAX_DEVIATION and not breaches)
