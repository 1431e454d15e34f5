"""The result for one endpoint: a status, and the differences from the catalogue."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self, TypeAlias

from cg_client.decoding.anomalies import AnomalyKind, DecodingAnomaly
from cg_client.endpoint import Endpoint
from cg_client.errors import ProblemCode


class Status(Enum):
    """The status of one endpoint, the gravest last."""

    OK = "ok"
    DRIFT = "drift"
    GATED = "gated"  # the plan includes it, and the catalogue states otherwise, or the reverse
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
class Difference:
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
class ProbeResult:
    """`reached`: CoinGlass processed the request. `http_status` and `rows` are None if there was no such answer."""

    endpoint: Endpoint
    params: Mapping[str, str]
    status: Status
    differences: Sequence[Difference] = field(default_factory=tuple)
    http_status: int | None = None
    rows: int | None = None
    reached: bool = True

    def without(self, common: Collection[Difference]) -> Self:
        if self.status is Status.FAILED:
            return self
        others = tuple(difference for difference in self.differences if difference not in common)
        return replace(self, differences=others, status=status_of(others))

    def redacted(self, redact: Callable[[str], str]) -> Self:
        """Return the result without the key, in case CoinGlass repeated it."""
        differences = [replace(each, detail=redact(each.detail), field=redact(each.field)) for each in self.differences]
        params = {name: redact(value) for name, value in self.params.items()}
        return replace(self, differences=tuple(differences), params=params)


_OF_THE_KEY = {DifferenceKind.HEADER_MISSING, DifferenceKind.LIMIT_CHANGED}
_SEVERAL = 2


def in_every_answer(results: Sequence[ProbeResult]) -> tuple[list[Difference], list[ProbeResult]]:
    """Return the differences of headers that all of several answers have, and the results without them.

    They are about the key, and not about an endpoint.
    """
    answered = [result for result in results if result.rows is not None]
    if len(answered) < _SEVERAL:
        return [], list(results)
    shared = set.intersection(*(set(result.differences) for result in answered))
    common = [each for each in answered[0].differences if each in shared and each.kind in _OF_THE_KEY]
    return common, [result.without(common) for result in results]


def status_of(differences: Sequence[Difference]) -> Status:
    """Return the status of an answered call."""
    kinds = {difference.kind for difference in differences if not difference.harmless}
    if kinds & {DifferenceKind.PLAN_REFUSED, DifferenceKind.PLAN_NOT_NEEDED}:
        return Status.GATED
    return Status.DRIFT if kinds else Status.OK
