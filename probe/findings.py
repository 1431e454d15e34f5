"""What the probe finds out about an endpoint: a status, and the differences from the catalogue."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self, TypeAlias

from cg_client.decoding.anomalies import AnomalyKind, DecodingAnomaly
from cg_client.endpoint import Endpoint
from cg_client.errors import ProblemCode


class Status(Enum):
    """The outcome for one endpoint, the gravest last."""

    OK = "ok"
    DRIFT = "drift"
    GATED = "gated"  # the plan includes it or not, otherwise than the catalogue states
    FAILED = "failed"


class DifferenceKind(Enum):
    """Differences beside those that decoding reports (`AnomalyKind`) and failures (`ProblemCode`)."""

    ENVELOPE_CHANGED = "ENVELOPE_CHANGED"
    STATUS_CHANGED = "STATUS_CHANGED"
    PATH_CHANGED = "PATH_CHANGED"
    UNIT_CHANGED = "UNIT_CHANGED"
    TYPE_CHANGED = "TYPE_CHANGED"
    HEADER_MISSING = "HEADER_MISSING"
    LIMIT_CHANGED = "LIMIT_CHANGED"
    PLAN_REFUSED = "PLAN_REFUSED"
    PLAN_NOT_NEEDED = "PLAN_NOT_NEEDED"
    EMPTY = "EMPTY"
    NO_DECODER = "NO_DECODER"


Kind: TypeAlias = DifferenceKind | AnomalyKind | ProblemCode


@dataclass(frozen=True)
class Finding:
    """`field` is CoinGlass' path below one row. A `harmless` one changes no status: the graph serves the same."""

    kind: Kind
    detail: str
    field: str = ""
    harmless: bool = False

    @classmethod
    def of(cls, anomaly: DecodingAnomaly) -> Self:
        times = "once" if anomaly.count == 1 else f"{anomaly.count} times"
        sample = "" if anomaly.sample is None else f", e.g. {anomaly.sample}"
        return cls(anomaly.kind, f"{times}{sample}", anomaly.field)

    def __str__(self) -> str:
        return f"{self.kind.value} {self.field}: {self.detail}" if self.field else f"{self.kind.value}: {self.detail}"


@dataclass(frozen=True, kw_only=True)
class Result:
    """`reached`: CoinGlass looked at the request. `http_status` and `rows` are None where there was no such answer."""

    endpoint: Endpoint
    params: Mapping[str, str]
    status: Status
    findings: Sequence[Finding] = field(default_factory=tuple)
    http_status: int | None = None
    rows: int | None = None
    reached: bool = True

    def without(self, common: Collection[Finding]) -> Self:
        findings = tuple(one for one in self.findings if one not in common)
        return self if self.status is Status.FAILED else replace(self, findings=findings, status=status_of(findings))

    def redacted(self, redact: Callable[[str], str]) -> Self:
        """Return the same without the key, should CoinGlass have repeated it."""
        findings = [replace(one, detail=redact(one.detail), field=redact(one.field)) for one in self.findings]
        params = {name: redact(value) for name, value in self.params.items()}
        return replace(self, findings=tuple(findings), params=params)


_OF_THE_KEY = {DifferenceKind.HEADER_MISSING, DifferenceKind.LIMIT_CHANGED}
_SEVERAL = 2


def in_every_answer(results: Sequence[Result]) -> tuple[list[Finding], list[Result]]:
    """Return what the headers of each of several answers lack, and the results without it.

    It tells something about the key once, and nothing about an endpoint.
    """
    answered = [result for result in results if result.rows is not None]
    if len(answered) < _SEVERAL:
        return [], list(results)
    shared = set.intersection(*(set(result.findings) for result in answered))
    common = [one for one in answered[0].findings if one in shared and one.kind in _OF_THE_KEY]
    return common, [result.without(common) for result in results]


def status_of(findings: Sequence[Finding]) -> Status:
    """Return the status of an answer that came."""
    kinds = {one.kind for one in findings if not one.harmless}
    if kinds & {DifferenceKind.PLAN_REFUSED, DifferenceKind.PLAN_NOT_NEEDED}:
        return Status.GATED
    return Status.DRIFT if kinds else Status.OK
