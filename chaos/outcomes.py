"""What became of each part of an answer, and what no answer may ever be."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from cg_client.catalogue import BY_PATH
from cg_client.errors import ProblemCode
from chaos.connection import CallerReply
from chaos.parts import Part

LATE_BY = 0.5  # seconds beyond the deadline that an answer may take
_CODES = {item.value for item in ProblemCode if item is not ProblemCode.BAD_USER_INPUT}  # our documents are right
_CLOCK = 1.5  # seconds by which an age may seem greater: times are stated in whole seconds at worst

Reference = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code` None: it has data. `age` in seconds, of data; `code` is of the part or of the errors that took it away.

    `reason`: what the answer says of the code.
    """

    part: str
    code: str | None
    value: object = None
    stale: bool = False
    age: float = 0.0
    lifetime: float = 0.0
    has_anomalies: bool = False
    reason: str = ""

    @property
    def answered(self) -> bool:
        return self.code is None


@dataclass(frozen=True, slots=True)
class Answered:
    """`by`: the name of the replica, and for how long it has been up."""

    reply: CallerReply
    outcomes: Sequence[Outcome]
    by: str = ""


def read(parts: Iterable[Part], reply: CallerReply, now: float | None = None) -> Answered:
    if reply.status != 200:  # noqa: PLR2004
        return Answered(reply, [])
    answer = orjson.loads(reply.body)
    at = time.time() if now is None else now
    return Answered(reply, [_outcome(item.name, answer, at) for item in parts])


def _outcome(name: str, answer: Mapping[str, Any], now: float) -> Outcome:
    result = (answer.get("data") or {}).get(name)
    while isinstance(result, dict) and "__typename" not in result:
        result = next(iter(result.values()))
    if result is None:
        return Outcome(name, _code_of_error(name, answer.get("errors") or []))
    if "code" in result:
        return Outcome(name, result["code"], reason=_reason(result))
    source = result["source"]
    age = now - datetime.fromisoformat(source["fetchedAt"]).timestamp()
    value = {key: item for key, item in result.items() if key != "source"}
    lifetime = BY_PATH[source["endpoint"]].refresh.total_seconds()
    return Outcome(name, None, value, source["freshness"] == "STALE", age, lifetime, bool(source["anomalies"]))


def _reason(problem: Mapping[str, Any]) -> str:
    seconds = problem.get("retryAfter")
    return f"{problem.get('message')}" + ("" if seconds is None else f" (retry after {seconds:.1f} s)")


def _code_of_error(name: str, errors: Sequence[Mapping[str, Any]]) -> str:
    for error in errors:
        if (error.get("path") or [None])[0] in (name, None):
            return str(error.get("extensions", {}).get("code", "no code"))
    return "null without an error"


def faults(answers: Iterable[Answered], deadline: float, reference: Reference) -> Iterator[str]:
    """Yield a sentence for each breach of the invariants: status 200, in time, typed and true."""
    for item in answers:
        if item.reply.status != 200:  # noqa: PLR2004
            yield f"status {item.reply.status} {item.reply.body[:80]!r} after {item.reply.seconds:.1f} s"
        elif item.reply.seconds > deadline + LATE_BY:
            yield f"answered after {item.reply.seconds:.2f} s"
        for outcome in item.outcomes:
            yield from _faults_of(outcome, reference)


def _faults_of(outcome: Outcome, reference: Reference) -> Iterator[str]:
    if outcome.code is not None:
        if outcome.code not in _CODES:
            yield f"{outcome.part} failed with {outcome.code}"
        return
    if outcome.part in reference and not _is_true(outcome, reference[outcome.part]):
        yield f"{outcome.part} has other values: {str(outcome.value)[:120]}"


def _is_true(outcome: Outcome, expected: object) -> bool:
    """Whether every value is the expected one; or null if the answer states that it has anomalies."""
    return outcome.value == expected or (outcome.has_anomalies and _equals_except_nulls(outcome.value, expected))


def _equals_except_nulls(value: object, expected: object) -> bool:
    if isinstance(value, dict) and isinstance(expected, dict):
        return value.keys() == expected.keys() and all(
            _equals_except_nulls(value[name], expected[name]) for name in value
        )
    if isinstance(value, list) and isinstance(expected, list):
        return len(value) == len(expected) and all(map(_equals_except_nulls, value, expected))
    return value is None or value == expected


def too_old(outcomes: Iterable[Outcome], max_stale: float) -> Iterator[str]:
    """Yield the data that is older than its freshness allows."""
    for item in outcomes:
        allowed = item.lifetime + (max_stale if item.stale else 0.0)
        if item.answered and item.age > allowed + _CLOCK:
            yield f"{item.part} was {item.age:.0f} s old and {'STALE' if item.stale else 'FRESH'}"


def shares(outcomes: Sequence[Outcome]) -> str:
    """Return how many parts were data, and the codes of the others."""
    counted: dict[str, int] = {}
    for item in outcomes:
        if item.code is not None:
            counted[item.code] = counted.get(item.code, 0) + 1
    data = sum(item.answered for item in outcomes)
    others = ", ".join(f"{count} {code}" for code, count in sorted(counted.items()))
    return f"{data} of {len(outcomes)} parts data" + (f" ({others})" if others else "")


def unanswered(answers: Iterable[Answered]) -> Iterator[str]:
    """Yield for each part without data who said so, and why."""
    for answer in answers:
        for item in answer.outcomes:
            if not item.answered:
                yield f"{item.part} from {answer.by} after {answer.reply.seconds:.2f} s: {item.code}, {item.reason}"


def summary(breaches: Iterable[str], most: int = 2) -> str:
    """Return the first breaches and their number, or an empty text if there is none."""
    every = list(breaches)
    if not every:
        return ""
    text = f"; {len(every)} breaches: {'; '.join(every[:most])}"
    return text.replace("|", "/").replace("\n", " ")
