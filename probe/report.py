"""Reports the results of the probe, as a table for people and as JSON for programs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from probe.findings import Difference, DifferenceKind, Kind, ProbeResult, Status, in_every_answer
from probe.runner import Runner

OK, DIFFERENCES, UNUSABLE = 0, 1, 2  # exit statuses


@dataclass(frozen=True)
class Report:
    """`common` differences are in every answer, and no longer in those of `results`."""

    runner: Runner
    results: Sequence[ProbeResult]
    common: Sequence[Difference]
    interrupted: bool

    @classmethod
    def of(cls, runner: Runner, *, interrupted: bool) -> "Report":
        common, results = in_every_answer(runner.results)
        return cls(runner, results, common, interrupted)

    @property
    def exit_status(self) -> int:
        if self.runner.is_unusable:
            return UNUSABLE
        differs = bool(self.common) or any(result.status is not Status.OK for result in self.results)
        return DIFFERENCES if differs else OK

    def table(self) -> str:
        width = max((len(result.endpoint.path) for result in self.results), default=0)
        lines = [*self._head(), "", f"{'status':8}{'endpoint':{width}}    rows  differences"]
        for result in self.results:
            lines += _lines(result, width)
        lines += [f"every answer  {difference}" for difference in self.common]
        return "\n".join([*lines, "", *self._summary(), ""])

    def json(self) -> dict[str, Any]:
        """Return the same as JSON data."""
        return {
            "host": self._host,
            "plan": self.runner.plan and self.runner.plan.name,
            "planSource": self.runner.plan_source,
            "asked": len(self.results),
            "planned": len(self.runner.targets),
            "requests": self.runner.recorder.sent,
            "interrupted": self.interrupted,
            "exitStatus": self.exit_status,
            "summary": {status.value: self._counts[status] for status in Status},
            "everyAnswer": list(map(_difference, self.common)),
            "endpoints": list(map(_result, self.results)),
        }

    @property
    def _host(self) -> str:
        return httpx.URL(self.runner.client.config.base_url).host

    @property
    def _counts(self) -> Mapping[Status, int]:
        return Counter(result.status for result in self.results)

    def _head(self) -> Iterator[str]:
        plan, source = self.runner.plan, self.runner.plan_source
        declared = self.runner.client.config.plan
        yield f"host      {self._host}"
        yield "plan      " + ("not known; HOBBYIST is assumed" if plan is None else f"{plan.name} (from {source})")
        if declared is not None and plan is not None and plan is not declared:
            yield f"          COINGLASS_PLAN is {declared.name}, which a server uses"
        yield (
            f"called    {len(self.results)} of {len(self.runner.targets)} endpoints, "
            f"with {self.runner.recorder.sent} requests{', until interrupted' if self.interrupted else ''}"
        )

    def _summary(self) -> Iterator[str]:
        counts = ", ".join(f"{self._counts[status]} {status.value}" for status in Status)
        empty = sum(any(each.kind is DifferenceKind.EMPTY for each in result.differences) for result in self.results)
        yield f"summary   {counts}" + (f"; {empty} without rows to compare" if empty else "")
        gated = len(self.runner.endpoints) - len(self.runner.targets)
        if gated and self.runner.plan is not None:
            yield f"          {gated} more need a higher plan; --all calls them, too"
        if self.runner.is_unusable:
            yield "          CoinGlass cannot be used: it answered none of the requests"


def _lines(result: ProbeResult, width: int) -> Iterator[str]:
    rows = "" if result.rows is None else str(result.rows)
    first, *others = _joined(result.differences) or [""]
    yield f"{result.status.value:8}{result.endpoint.path:{width}}{rows:>8}  {first}".rstrip()
    yield from (f"{'':{width + 18}}{line}" for line in others)


def _joined(differences: Sequence[Difference]) -> list[str]:
    """Return a line for each difference; fields with the same difference share one."""
    fields: dict[tuple[Kind, str, bool], list[str]] = {}
    for each in differences:
        fields.setdefault((each.kind, each.detail, each.harmless), []).append(each.field)
    return [
        str(Difference(kind, detail, ", ".join(filter(None, names)))) for (kind, detail, _), names in fields.items()
    ]


def _result(result: ProbeResult) -> dict[str, Any]:
    return {
        "path": result.endpoint.path,
        "plan": result.endpoint.plan.name,
        "params": dict(result.params),
        "status": result.status.value,
        "httpStatus": result.http_status,
        "rows": result.rows,
        "findings": list(map(_difference, result.differences)),
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind.value,
        "field": difference.field or None,
        "detail": difference.detail,
        "harmless": difference.harmless,
    }
