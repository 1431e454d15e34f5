"""Mutated bodies as they are tried: which field or row is mutated, what may fail, and the faults."""

import functools
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from cg_client.catalogue import CATALOGUE
from cg_client.decoding.anomalies import AnomalyKind
from tests.mutations.graph import Findings, GraphOutcome
from tests.mutations.json_paths import JsonPath, at, changed_at, put, renamed, scalar_paths
from tests.mutations.judging import Judge, faults_of_nulls, faults_of_refusal, faults_of_without, without_candle
from tests.mutations.mutations import UNKNOWN, field_of, is_map, is_positional, row_of

MISSING, UNKNOWN_FIELD = AnomalyKind.FIELD_MISSING, AnomalyKind.FIELD_UNKNOWN
UNREADABLE, SKIPPED, SHAPE = AnomalyKind.VALUE_UNREADABLE, AnomalyKind.ROW_SKIPPED, AnomalyKind.SHAPE_CHANGED
NONE: Findings = Counter()

Shown: TypeAlias = Callable[[GraphOutcome], list[str]]  # how an answer differs from what should be shown


@dataclass(frozen=True)
class Field:
    """A field upstream: the paths of its values, the mutated one, and where that one is served."""

    name: str
    json_paths: Sequence[JsonPath]
    json_path: JsonPath
    footprint: Sequence[JsonPath] | None


def once(kind: AnomalyKind, name: str, count: int = 1) -> Findings:
    return Counter({(kind, name): count})


class Attempts:
    """Tries mutated bodies, and records the faults of their answers."""

    def __init__(self, judge: Judge) -> None:
        self.judge, self.data, self.path = judge, judge.data, judge.graph.path
        self.faults: list[str] = []

    async def field(self, name: str, json_paths: Sequence[JsonPath]) -> Field:
        chosen = self.chosen(name, json_paths)
        footprint = await self.judge.footprint(self.inside(chosen))
        if not footprint and chosen != json_paths[0]:  # of a row that answers another parent
            chosen = json_paths[0]
            footprint = await self.judge.footprint(self.inside(chosen))
        return Field(name, json_paths, chosen, footprint)

    def chosen(self, name: str, json_paths: Sequence[JsonPath]) -> JsonPath:
        return json_paths[zlib.crc32(f"{self.path} {name}".encode()) % len(json_paths)]

    def inside(self, json_path: JsonPath) -> list[JsonPath]:
        value = at(self.data, json_path)
        return (
            [(*json_path, *scalar_path) for scalar_path in scalar_paths(value)]
            if isinstance(value, dict | list)
            else [json_path]
        )

    async def faults_of_loss(self, json_path: JsonPath) -> list[Shown]:
        """How an answer differs from what the loss of an object or a list may cost."""
        footprint, row = await self.judge.footprint(self.inside(json_path)), row_of(self.data, json_path)
        name = field_of(self.path, self.data, json_path)
        assert footprint is not None
        shown: list[Shown] = [functools.partial(faults_of_nulls, self.judge.base, footprint)]
        shown.append(functools.partial(faults_of_refusal, name) if row is None else await self.faults_without_row(row))
        if is_map(self.path, json_path[:-1]):
            shown.append(functools.partial(faults_of_without, await self.judge.without(json_path)))
        return shown

    async def faults_without_row(self, row: JsonPath) -> Shown:
        """How an answer differs from one to a body without the row."""
        without = await self.judge.without(row)
        expected = without_candle(self.judge.base, without, int(row[-1])) if is_referenced_by_number(row) else without
        return functools.partial(faults_of_without, expected)

    def put(self, json_path: JsonPath, value: Any) -> Any:
        return put(self.data, json_path, value)

    def put_all(self, json_paths: Sequence[JsonPath], value: Any) -> Any:
        return changed_at(self.data, json_paths, lambda _: value)

    def can_be_absent(self, json_path: JsonPath) -> bool:
        above = at(self.data, json_path[:-1])
        if len(json_path) == 1 and isinstance(above, dict) and len(above) == 1:
            return False  # the result is an answer without data, which says so
        return isinstance(above, dict) or (is_positional(self.data, json_path[:-1]) and json_path[-1] == len(above) - 1)

    def first_name(self, name: str) -> str:
        """Return the first alias of the field, which represents all of them."""
        *above, last = name.split(".")
        for names in CATALOGUE[self.path].aliases.values():
            if isinstance(names, tuple) and name in names:
                return names[0]
            if isinstance(names, tuple) and last in names:
                return ".".join([*above, names[0]])
        return name

    def renamed(self, field: Field) -> Any:
        """Return the data with the field under another name everywhere."""
        name = str(field.json_path[-1])
        return changed_at(self.data, [json_path[:-1] for json_path in field.json_paths], renamed(name, UNKNOWN))

    def under_new_name(self, field: Field) -> Findings:
        return once(
            UNKNOWN_FIELD, f"{field.name.removesuffix(str(field.json_path[-1]))}{UNKNOWN}", len(field.json_paths)
        )

    async def refused(self, what: str, data: Any, field: Field, reported: Findings = NONE) -> None:
        """Try a body of which nothing can be read; besides the reason, the anomalies are `reported`."""
        outcome = await self.judge.graph.outcome(data)
        named = self.first_name(field.name).strip("[]")
        self.faults += [f"{what}: {fault}" for fault in faults_of_refusal(named, outcome)]
        kinds = {kind for kind, _ in outcome.findings}
        if not kinds & {SKIPPED, UNREADABLE, MISSING} or reported - outcome.findings:
            self.faults.append(f"{what}: reported {outcome.findings}")

    async def attempt(self, what: str, data: Any, shown: Shown, *expected: Findings) -> Findings:
        return await self.attempt_any(what, data, [shown], *expected)

    async def attempt_any(self, what: str, data: Any, shown: Sequence[Shown], *expected: Findings) -> Findings:
        """Record how the answer differs from the expected values and reports."""
        outcome = await self.judge.graph.outcome(data)
        result = self.judge.new(outcome)
        faults = [item(outcome) for item in shown]
        if all(faults):
            self.faults += [f"{what}: {fault}" for fault in faults[0]]
        if result not in expected:
            self.faults.append(f"{what}: reported {dict(result)}, not {dict(expected[0])}")
        return result


def is_referenced_by_number(row: JsonPath) -> bool:
    """Whether other values point to the row by its number."""
    return row[0] == "price_candlesticks"


def other_rows(row: object) -> Iterable[object]:
    """Yield values that are not such a row."""
    yield from (None, 7)
    if not isinstance(row, str):
        yield "text"
    if not isinstance(row, list):
        yield []


def reported(sparse: bool | None, kind: AnomalyKind, name: str) -> list[Findings]:
    """Return the reports of a null or absent value; both, if the schema does not say which."""
    result = once(kind, name)
    return [NONE, result] if sparse is None else [NONE] if sparse else [result]
