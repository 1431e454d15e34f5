"""Which columns and rows an operation has, whatever its shape, in every format."""

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet
import pytest
from graphql import GraphQLError, OperationDefinitionNode, build_schema, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from server.export.formats import BY_NAME, FileFormat
from server.export.layout import Layout, layout_of
from server.export.rows import Batch, batches
from server.export.text import CSVLines
from server.export.writers import new_writer
from tests.export.reading import ROWS, rows_of, same

SCHEMA: Final = build_schema("""
    type Query { item: Item items: [Item] i: Int }
    enum Side { BUY SELL }
    scalar Timestamp scalar DateTime scalar Date
    type Item {
      i: Int f: Float s: String b: Boolean side: Side id: ID
      at: DateTime on: Date stamp: Timestamp fs: [Float] ss: [String]
      item: Item items: [Item]
    }
""")
SCALARS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "i": st.integers(-(2**31), 2**31 - 1),
    "f": st.floats(allow_nan=False, allow_infinity=False),
    "s": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5),
    "b": st.booleans(),
    "side": st.sampled_from(["BUY", "SELL"]),
    "id": st.sampled_from(["1", "=1+1", 'a,"b"\r\n']),
    "at": st.sampled_from(["2026-01-31T00:00:00Z", "1969-12-31T23:59:59.999Z", "2286-11-20T17:46:40Z"]),
    "on": st.sampled_from(["2026-01-31", "1900-02-28"]),
    "stamp": st.integers(-(2**53), 2**53),
}
LISTS: Final = {"fs": st.lists(SCALARS["f"], max_size=3), "ss": st.lists(SCALARS["s"], max_size=3)}


Selected = tuple[str, st.SearchStrategy[dict[str, Any]]]


@st.composite
def selections(draw: st.DrawFn, levels: int, depth: int = 0, *, in_rows: bool = True) -> Selected:
    """Return a selection with so many lists within each other, and a strategy for its data."""
    scalars = SCALARS | LISTS if in_rows and not levels else SCALARS
    names = draw(st.lists(st.sampled_from(sorted(scalars)), unique=True, min_size=1, max_size=4))
    fields = {name: (name, st.none() | scalars[name]) for name in names}
    if depth < 2 and draw(st.booleans()):
        text, below = draw(selections(0, depth + 1, in_rows=in_rows and not levels))
        fields["beside"] = (f"beside: item {text}", st.none() | below)
    if levels:
        text, below = draw(selections(levels - 1, depth))
        key = f"{ROWS}{levels}"
        fields[key] = (f"{key}: items {text}", st.lists(below, max_size=3))
    written = " ".join(text for text, _ in fields.values())
    return f"{{ {written} }}", st.fixed_dictionaries({key: each for key, (_, each) in fields.items()})


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Return a query and the data of its answer."""
    text, data = draw(st.integers(0, 3).flatmap(selections))
    return f"{{ item {text} }}", {"item": draw(data)}


def layout(query: str) -> Layout:
    (operation,) = parse(query).definitions
    assert isinstance(operation, OperationDefinitionNode)
    actual = layout_of(SCHEMA, operation, {}, {})
    assert actual is not None
    return actual


def names(query: str) -> list[str]:
    return [column.name for column in layout(query).columns]


def written(file_format: FileFormat, query: str, data: object, values: int = 7) -> bytes:
    """Return the file, made of batches of few values."""
    plan = layout(query)
    writer = asyncio.run(new_writer(file_format, plan.columns))
    return b"".join([writer.head(), *map(writer.batch, batches(plan, data, values)), writer.end()])


def read(name: str, body: bytes) -> tuple[list[str], list[Any]]:
    """Return the names of the columns, and the rows, without pandas."""
    match name:
        case "csv":
            header, *rows = csv.reader(io.StringIO(body.decode(), newline=""))
            return header, rows
        case "ndjson":
            objects = [json.loads(line) for line in body.splitlines()]
            return list(objects[0]) if objects else [], [list(each.values()) for each in objects]
        case "arrow":
            table = pa.ipc.open_stream(body).read_all()
        case _:
            table = pyarrow.parquet.read_table(io.BytesIO(body))
    return table.column_names, [list(row.values()) for row in table.to_pylist()]


def holds(expected: Any, actual: Any) -> bool:
    if isinstance(expected, bool):
        return actual in (expected, str(expected).lower())
    if isinstance(expected, float) and isinstance(actual, str):
        return float(actual) == expected
    if hasattr(actual, "isoformat") and expected is not None:
        kind = pa.timestamp("ms", "UTC") if "T" in expected else pa.date32()
        return bool(pa.scalar(expected).cast(kind).as_py() == actual)
    return (expected is None and actual in (None, "")) or same(expected, actual)


@settings(deadline=None)
@given(answers(), st.sampled_from(["csv", "ndjson", "arrow", "parquet"]))
def test_every_row_and_value_is_in_the_file(answer: tuple[str, dict[str, Any]], name: str) -> None:
    query, data = answer
    expected, titles = rows_of(query, data), names(query)
    header, rows = read(name, written(BY_NAME[name], query, data))
    assert header == titles or (name == "ndjson" and not rows)
    assert len(set(titles)) == len(titles)
    assert len(rows) == len(expected)
    for actual, row in zip(rows, expected, strict=True):
        assert len(actual) == len(row)
        assert all(map(holds, row, actual)), (row, actual)


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("{ items { i f } }", ["i", "f"]),
        ("{ item { s items { i } } }", ["s", "i"]),
        ("{ item { i items { i } } }", ["item.i", "i"]),
        ("{ items { i items { i items { i } } } }", ["items.i", "items.items.i", "i"]),
        ("{ item { item { s items { i } } beside: item { s } } }", ["s", "beside.s", "i"]),
        ("{ items { item { i item { i } } } }", ["item.i", "item.item.i"]),
        ("{ i item { f } }", ["i", "item.f"]),
        ("{ a: items { b: i __typename } }", ["b", "__typename"]),
        ("query Q { i @skip(if: true) items { i @include(if: false) f } }", ["f"]),
    ],
)
def test_columns_have_their_own_names_or_else_by_their_path(query: str, columns: list[str]) -> None:
    assert names(query) == columns


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ items { i } item { items { i } } }", "selects 2 lists of rows (items, item.items)"),
        ("{ items { a: items { i } b: items { i } } }", "(items.a, items.b)"),
        ("{ item { fs items { i } } }", "Lists beside the rows (fs)"),
        ("{ i @skip(if: true) }", "no value"),
        ("{ __schema { description } }", "JSON"),
    ],
)
def test_what_is_not_one_table_is_refused_before_it_is_executed(query: str, message: str) -> None:
    with pytest.raises(GraphQLError) as refused:
        layout(query)
    assert message in refused.value.message
    assert refused.value.extensions == {"code": "NOT_ONE_TABLE"}


@pytest.mark.parametrize("name", ["csv", "arrow", "parquet"])
def test_a_file_without_rows_has_its_columns(name: str) -> None:
    assert read(name, written(BY_NAME[name], "{ items { i s } }", {"items": []})) == (["i", "s"], [])
    assert read(name, written(BY_NAME[name], "{ items { i s } }", {"items": None})) == (["i", "s"], [])


def test_types_follow_from_the_schema() -> None:
    body = written(BY_NAME["arrow"], "{ items { i f s b side id at on stamp fs ss } }", {"items": []})
    types = [str(field.type) for field in pa.ipc.open_stream(body).schema]
    assert types == [
        *("int32", "double", "string", "bool", "string", "string"),
        *("timestamp[ms, tz=UTC]", "date32[day]", "int64", "list<item: double>", "list<item: string>"),
    ]


@pytest.mark.parametrize("text", [*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20", "=1+1"])
def test_only_files_for_excel_change_texts_that_look_like_formulas(text: str) -> None:
    query, data = "{ items { s f } }", {"items": [{"s": text, "f": -1.0}]}
    assert read("csv", written(BY_NAME["csv"], query, data))[1] == [[text, "-1.0"]]
    body = written(BY_NAME["excel"], query, data)
    assert body.startswith(b"\xef\xbb\xbf")
    assert read("csv", body)[1] == [["'" + text, "-1.0"]]


def test_cells_are_quoted_as_rfc_4180_has_it() -> None:
    lines = CSVLines(layout("{ items { s i } }").columns)
    assert lines.head() == b"s,i\r\n"
    batch: Batch = [['say "hi"', "a,b", "a\r\nb", None, "é"], [1, None, 2, 3, 4]]
    assert lines.batch(batch).decode() == '"say ""hi""",1\r\n"a,b",\r\n"a\r\nb",2\r\n,3\r\né,4\r\n'


def test_rows_are_read_only_as_they_are_needed() -> None:
    sizes: list[int] = []

    class Counted(list[dict[str, int]]):
        def __getitem__(self, part: Any) -> Any:
            sizes.append(part.stop - part.start)
            return super().__getitem__(part)

    rows = batches(layout("{ items { i } }"), {"items": Counted([{"i": each} for each in range(1000)])}, 10)
    assert len(next(rows)[0]) == 10
    assert sizes == [10]


def pages(count: int) -> Iterator[dict[str, Any]]:
    return ({"s": str(page), "items": [{"i": 1}, {"i": 2}]} for page in range(count))


def test_many_short_lists_make_few_batches() -> None:
    actual = list(batches(layout("{ items { s items { i } } }"), {"items": list(pages(100))}, 100))
    assert [len(batch[0]) for batch in actual] == [50] * 4
