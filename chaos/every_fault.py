"""Every fault of the sandbox at several shares of the requests, while callers request uncached series."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from chaos.outcomes import LATE_BY, Answered, faults, shares, summary
from chaos.parts import mix, turned
from chaos.rig import Rig, outcomes, rig
from chaos.traffic import RECOVERS_WITHIN, as_text, at_once, recovery
from chaos.verdict import Effort, Verdict
from sandbox.faults import FaultKind

DEADLINE = 2.0  # seconds
CALLERS = 8
ROUNDS = 2
MAX_GROWTH = 160.0  # megabytes: full caches, and memory that the allocator does not return
_MEGABYTE = 2**20
_SECONDS = {FaultKind.SLOW: 0.3, FaultKind.HANG: 6.0, FaultKind.DRIPS: 3.0, FaultKind.LENGTH_TOO_LONG: 0.1}
_REMEMBERED = (FaultKind.PLAN, FaultKind.INTERVAL)  # for ten minutes: as refusals of the key's plan
_SETTINGS = {"deadline_seconds": DEADLINE, "timeout_seconds": 1}


@dataclass(slots=True)
class Cell:
    share: float
    answers: Sequence[Answered]
    breaches: list[str]
    back: float | None


async def every_fault(effort: Effort) -> list[Verdict]:
    verdicts = []
    numbers = itertools.count()
    async with rig(**_SETTINGS) as healthy, rig(**_SETTINGS) as common:
        before = common.server.resident_bytes()
        for kind in FaultKind:
            cells = [await _cell(healthy, common, kind, share, next(numbers)) for share in effort.shares]
            verdicts.append(_verdict(kind, cells))
        verdicts.append(_memory(before, common.server.resident_bytes(), common.server.peak_bytes()))
    return verdicts


async def _cell(healthy: Rig, common: Rig, kind: FaultKind, share: float, number: int) -> Cell:
    parts = mix(number)
    reference = await healthy.values(parts)
    async with _rig_for(kind, common) as tested:
        options = {"share": share, "seed": number, "seconds": _SECONDS.get(kind, 1.0), "retry_after": "1"}
        await tested.upstream.fail(kind.value, **options)
        answers = await at_once(tested, CALLERS, ROUNDS, lambda caller, at: turned(parts, caller * ROUNDS + at))
        await tested.upstream.heal()
        back = 0.0 if kind in _REMEMBERED else await recovery(tested, parts)
    return Cell(share, answers, list(faults(answers, DEADLINE, reference)), back)


def _memory(before: int, after: int, peak: int) -> Verdict:
    """Judge the memory that endless bodies and gzip bombs leave behind; the peak is what refusing them takes."""
    growth = (after - before) / _MEGABYTE
    text = f"{before / _MEGABYTE:.0f} MB, then {after / _MEGABYTE:.0f} MB, {peak / _MEGABYTE:.0f} MB at most"
    return Verdict("memory after every fault", f"≤ {MAX_GROWTH:g} MB more", text, growth <= MAX_GROWTH)


def _rig_for(kind: FaultKind, common: Rig) -> AbstractAsyncContextManager[Rig]:
    """Use a separate server for a fault whose effect would outlast it."""
    return rig(**_SETTINGS) if kind in _REMEMBERED else _shared(common)


@contextlib.asynccontextmanager
async def _shared(common: Rig) -> AsyncIterator[Rig]:
    yield common


def _verdict(kind: FaultKind, cells: Sequence[Cell]) -> Verdict:
    breaches = [f"at {item.share:.0%}: {breach}" for item in cells for breach in item.breaches]
    result = "; ".join(f"{item.share:.0%}: {shares(outcomes(list(item.answers)))}" for item in cells)
    slowest = max(answer.reply.seconds for item in cells for answer in item.answers)
    never = any(item.back is None for item in cells)
    back = None if never else max(item.back or 0.0 for item in cells)
    returns = "" if kind in _REMEMBERED else f", back {as_text(back)}"
    holds = not breaches and back is not None and back <= RECOVERS_WITHIN
    bound = f"true or typed, ≤ {DEADLINE + LATE_BY:g} s, back ≤ {RECOVERS_WITHIN:g} s"
    return Verdict(
        f"fault {kind.value}", bound, f"{result}; slowest {slowest:.2f} s{returns}{summary(breaches)}", holds
    )
