"""All mutations of one endpoint's sample, and the faults of the answers.

Each field and each row is mutated at one of its paths, which differs from field to field, and fields at all paths.
"""

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from typing import Any

from cg_client.catalogue import CATALOGUE
from cg_client.decoding.anomalies import MAX_FINDINGS
from tests.cases import CASES
from tests.mutations.attempts import (
    MISSING,
    NONE,
    SHAPE,
    SKIPPED,
    UNKNOWN_FIELD,
    UNREADABLE,
    Attempts,
    Field,
    Shown,
    is_referenced_by_number,
    once,
    other_rows,
    reported,
)
from tests.mutations.graph import Findings, graph
from tests.mutations.json_paths import GONE, JsonPath, at, changed, changed_at, containers, put, scalar_paths
from tests.mutations.judging import Judge, faults_of_nulls, faults_of_refusal
from tests.mutations.mutations import (
    TEXT,
    UNKNOWN,
    UNUSUAL,
    codes,
    field_of,
    is_map,
    is_read_across,
    name_of,
    row_of,
)
from tests.mutations.samples import Sample, grown, is_columnar
from tests.mutations.schema_facts import common, is_key, is_sparse, scalar_type


async def faults_of(path: str, sample: Sample | None = None) -> list[str]:
    """Return the faults of the answers to mutated bodies of the endpoint, documented or in another shape."""
    body = sample or Sample(grown(path), CASES[path].text(anomalies=True))
    async with graph(path, body.query) as tested:
        trials = Trials(await Judge.of(tested, body.data))
        await trials.run()
    return trials.faults


class Trials(Attempts):
    def __init__(self, judge: Judge) -> None:
        super().__init__(judge)
        self._keys: dict[str, list[str]] = {}  # without which a row is nothing, by name of the row
        self._figures: list[tuple[Field, bool]] = []  # and whether it is left out at times

    async def run(self) -> None:
        for name, json_paths in self._by_name(scalar_paths(self.data)).items():
            field = await self.field(name, json_paths)
            if not name or field.footprint is None or is_key(self.path, field.footprint):
                await self._key(field)
            else:
                await self._figure(field)
        for name, json_paths in self._by_name(self._containers()).items():
            await self._container(await self.field(name, json_paths))
        for name, json_paths in self._by_name(self._rows()).items():
            await self._row(name, json_paths)
        await self._all_figures()

    def _by_name(self, json_paths: Iterable[JsonPath]) -> dict[str, list[JsonPath]]:
        result: dict[str, list[JsonPath]] = {}
        for json_path in json_paths:
            result.setdefault(field_of(self.path, self.data, json_path), []).append(json_path)
        return result

    def _rows(self) -> Iterable[JsonPath]:
        rows = dict.fromkeys(row_of(self.data, scalar_path) for scalar_path in scalar_paths(self.data))
        return (
            row for row in rows if row is not None and (len(row) == 1 or isinstance(at(self.data, row), dict | list))
        )

    def _containers(self) -> Iterable[JsonPath]:
        """Objects and lists that are no rows."""
        return (
            json_path
            for json_path in containers(self.data)
            if row_of(self.data, json_path) != json_path and not (json_path == (0,) and is_columnar(self.data[0]))
        )

    async def _key(self, field: Field) -> None:
        """Try mutations of a value without which its row is skipped."""
        row = row_of(self.data, field.json_path)
        field = dataclasses.replace(field, name=field.name or "[]")
        for what, value in (("null", None), ("unusual", UNUSUAL), ("absent", GONE)):
            if value is GONE and not self.can_be_absent(field.json_path):
                continue
            mutated = self.put(field.json_path, value)
            name = self.first_name(field.name) if value is GONE else field.name
            if row is None:
                await self.refused(f"{name} {what}", mutated, field)
            else:
                kind = UNREADABLE if is_referenced_by_number(row) else SKIPPED
                await self.attempt(f"{name} {what}", mutated, await self.faults_without_row(row), once(kind, name))
        if row is not None and field.footprint != []:
            await self._keys_of_list(field, row)
        if isinstance(field.json_path[-1], str) and (row is None or len(row) == 1) and field.footprint != []:
            await self.refused(f"{field.name} renamed", self.renamed(field), field, self.under_new_name(field))

    async def _keys_of_list(self, field: Field, row: JsonPath) -> None:
        """No row of a list has its key."""
        self._keys.setdefault(field_of(self.path, self.data, row), []).append(field.name)
        if is_referenced_by_number(row):
            return
        beside = [json_path for json_path in field.json_paths if json_path[: len(row) - 1] == row[:-1]]
        data, container = self.put_all(beside, None), row[:-1]
        if len(row) == 1 or is_columnar(at(self.data, row[:-2])):
            await self.refused(f"{field.name} null in all", data, field)
            return
        skipped: Findings = once(SKIPPED, field.name, len(beside))
        outer: Findings = once(SKIPPED, field_of(self.path, self.data, container))
        shown = await self.faults_of_loss(container)
        await self.attempt_any(f"{field.name} null in a list", data, shown, skipped, skipped + outer)

    async def _figure(self, field: Field) -> None:
        """Try mutations of a value that is null if it cannot be read."""
        assert field.footprint is not None
        sparse = is_sparse(self.path, field.footprint)
        nulled = functools.partial(faults_of_nulls, self.judge.base, field.footprint)
        result = await self.attempt(
            f"{field.name} null", self.put(field.json_path, None), nulled, *reported(sparse, UNREADABLE, field.name)
        )
        sparse = result == NONE
        self._figures.append((field, sparse))
        unreadable = once(UNREADABLE, field.name)
        for value in self._unreadable(field):
            text = functools.partial(nulled, text=value)
            await self.attempt(f"{field.name} {value!r}", self.put(field.json_path, value), text, unreadable)
        if self.can_be_absent(field.json_path):
            await self._absent(field, sparse=sparse)

    async def _absent(self, field: Field, *, sparse: bool) -> None:
        assert field.footprint is not None
        name, count = self.first_name(field.name), len(field.json_paths)
        nulled = functools.partial(faults_of_nulls, self.judge.base, field.footprint)
        expected = reported(sparse and count > 1, MISSING, name)
        await self.attempt(f"{name} absent", self.put(field.json_path, GONE), nulled, *expected)
        everywhere = await self.judge.footprint(
            [scalar_path for json_path in field.json_paths for scalar_path in self.inside(json_path)]
        )
        assert everywhere is not None
        nulled = functools.partial(faults_of_nulls, self.judge.base, everywhere)
        may_lack = sparse and name_of(field.json_path) in CATALOGUE[self.path].may_lack
        missing: Findings = NONE if may_lack else once(MISSING, name, count)
        await self.attempt(f"{name} absent from all", self.put_all(field.json_paths, GONE), nulled, missing)
        if isinstance(field.json_path[-1], str):
            await self.attempt(f"{name} renamed", self.renamed(field), nulled, missing + self.under_new_name(field))

    def _unreadable(self, field: Field) -> Iterable[Any]:
        assert field.footprint is not None
        types = {scalar_type(self.path, json_path) for json_path in field.footprint}
        yield UNUSUAL
        if types - {"String", "ID"}:
            yield TEXT
        if "Float" in types:
            yield "NaN"
        allowed = codes(self.path, name_of(field.json_path))
        if allowed is not None:
            yield 99 if isinstance(allowed[0], int) else "UNKNOWN"

    async def _container(self, field: Field) -> None:
        """Try another shape, or nothing, instead of an object or a list."""
        name, shown = field.name, await self.faults_of_loss(field.json_path)
        changed, skipped = once(SHAPE, name or "*"), once(SKIPPED, name)
        for other in (7, "text", *self._other_containers(field.json_path)):
            await self.attempt_any(f"{name} {other!r}", self.put(field.json_path, other), shown, changed, skipped)
        sparse = is_sparse(self.path, common(field.footprint or ()))
        nothing = [changed, skipped, NONE] if sparse is None else [NONE] if sparse else [changed, skipped]
        result = await self.attempt_any(f"{name} null", self.put(field.json_path, None), shown, *nothing)
        if not self.can_be_absent(field.json_path) or is_map(self.path, field.json_path[:-1]):
            return
        missing = [once(MISSING, name, count) for count in (1, self._rows_across(field.json_path))]
        expected = (
            [skipped] if result == skipped else [NONE] if result == NONE and len(field.json_paths) > 1 else missing
        )
        await self.attempt_any(f"{name} absent", self.put(field.json_path, GONE), shown, *expected)
        await self._container_absent_from_all(field, skipped=result == skipped)

    def _rows_across(self, json_path: JsonPath) -> int:
        """In how many rows the list is missed: in one, or in each that is read across parallel lists."""
        value, is_column = at(self.data, json_path), is_columnar(at(self.data, json_path[:-1]))
        return len(value) if is_column and is_read_across(self.data) else 1

    async def _container_absent_from_all(self, field: Field, *, skipped: bool) -> None:
        count = len(field.json_paths)
        everywhere = await self.judge.footprint(
            [scalar_path for json_path in field.json_paths for scalar_path in self.inside(json_path)]
        )
        assert everywhere is not None
        shown: list[Shown] = [
            functools.partial(faults_of_nulls, self.judge.base, everywhere),
            functools.partial(faults_of_refusal, field.name),
        ]
        missing = [once(MISSING, field.name, count * rows) for rows in (1, self._rows_across(field.json_path))]
        row = row_of(self.data, field.json_path)
        if skipped and row is not None and len(row) > 1:
            shown += await self.faults_of_loss(row[:-1])
        if skipped:
            missing = [result + once(SKIPPED, field.name, count) for result in missing]
        await self.attempt_any(f"{field.name} absent from all", self.put_all(field.json_paths, GONE), shown, *missing)
        if isinstance(field.json_path[-1], str):
            expected = [result + self.under_new_name(field) for result in missing]
            await self.attempt_any(f"{field.name} renamed", self.renamed(field), shown, *expected)

    def _other_containers(self, json_path: JsonPath) -> list[Any]:
        if json_path == ("data",) and "liquidation" in self.path:  # comes in both shapes
            return []
        return [{"unusual": 7}] if isinstance(at(self.data, json_path), list) else [[7]]

    async def _row(self, name: str, json_paths: Sequence[JsonPath]) -> None:
        row = self.chosen(name, json_paths)
        shown, kind = await self.faults_without_row(row), SHAPE if is_referenced_by_number(row) else SKIPPED
        for other in other_rows(at(self.data, row)):
            await self.attempt(f"row {name} {other!r}", self.put(row, other), shown, once(kind, name or "[]"))
        keys = self._keys.get(name)
        if keys and isinstance(at(self.data, row), dict | list) and not is_referenced_by_number(row):
            empty, expected = type(at(self.data, row))(), [once(kind, key) for key in keys]
            expected += [once(kind, key.rpartition(".")[0]) for key in keys]  # the object with the key
            await self.attempt(f"row {name} {empty!r}", self.put(row, empty), shown, *expected)
        same = functools.partial(faults_of_nulls, self.judge.base, ())
        if isinstance(at(self.data, row), dict):
            unknown = f"{name}.{UNKNOWN}".removeprefix(".")
            for rows in ([row], json_paths):
                data = changed_at(self.data, rows, lambda value: value | {UNKNOWN: {"deep": [1, None]}})
                await self.attempt(f"{unknown} sent", data, same, once(UNKNOWN_FIELD, unknown, len(rows)))
        elif isinstance(at(self.data, row), list):
            unknown = f"{name}[{len(at(self.data, row))}]"
            data = changed(self.data, row, lambda value: [*value, 12.5])
            await self.attempt(f"{unknown} sent", data, same, once(UNKNOWN_FIELD, unknown))

    async def _all_figures(self) -> None:
        """Make a value of every field unusual at once, or omit it if CoinGlass may omit it."""
        figures = [(field, sparse and self._can_be_left_out(field)) for field, sparse in self._figures[:MAX_FINDINGS]]
        await self._unusual_or_absent("all fields unusual", [(field, UNUSUAL) for field, _ in figures])
        mixed = [(field, GONE if absent else UNUSUAL) for field, absent in figures]
        if GONE in [value for _, value in mixed]:
            mixed[-1] = mixed[-1][0], UNUSUAL  # so that one value is unusual in any case
            await self._unusual_or_absent("fields omitted beside unusual ones", mixed)

    def _can_be_left_out(self, field: Field) -> bool:
        return len(field.json_paths) > 1 and self.can_be_absent(field.json_path)

    async def _unusual_or_absent(self, what: str, values: Sequence[tuple[Field, object]]) -> None:
        data, footprint, expected = self.data, list[JsonPath](), Findings()
        for field, value in values:
            data = put(data, field.json_path, value)
            footprint += field.footprint or []
            expected += NONE if value is GONE else once(UNREADABLE, field.name)
        await self.attempt(what, data, functools.partial(faults_of_nulls, self.judge.base, footprint), expected)
