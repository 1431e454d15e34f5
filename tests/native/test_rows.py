"""The compiled reader gives what msgspec gives, bit for bit, or members it to msgspec."""

import itertools
import json
import random
import shutil
import subprocess
import sys
from array import array
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import native
from resolvers.record_layout import RecordLayout
from tests.native.readers import SERIES, body, by_both, by_msgspec, compiled, natively, outcome

SUMS = "/api/futures/liquidation/history"
OPTIONAL = "/api/futures/indicators/td"  # its figures may be missing
WITH_GAPS = {"/api/coinbase-premium-index", OPTIONAL}  # documented with rows that lack a figure
BOTH = {path: (by_both(path), by_msgspec(path)) for path in SERIES}


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_the_native_reader_is_compiled_if_there_is_a_c_compiler() -> None:
    assert native.COMPILED


def read(text: str | bytes) -> list["array[Any]"] | None:
    """Rows of a figure `a` and an integer `n`."""
    reader = native.rows_reader([(b"a", "d"), (b"n", "q")])
    assert reader is not None
    return reader(text if isinstance(text, bytes) else text.encode())


def row(a: str = "1.5", n: str = "7", more: str = "") -> str:
    return f'[{{"a": {a}, "n": {n}{more}}}]'


@compiled
@pytest.mark.parametrize(
    "text",
    [
        '[{"a":1.5,"n":7},{"a":-2,"n":-8}]',
        ' [ { "n" : 7 , "a" : 1.5 } ,\r\n\t{ "a" : "-2" , "n" : "-8" } ] \n',
        '[{"a":15e-1,"n":7},{"n":-8,"a":"-2.0E+00"}]',
    ],
)
def test_simple_rows_are_read(text: str) -> None:
    assert read(text) == [array("d", [1.5, -2.0]), array("q", [7, -8])]


@compiled
@pytest.mark.parametrize("text", ["[]", " [ ] "])
def test_no_rows_give_empty_columns(text: str) -> None:
    assert read(text) == [array("d"), array("q")]


NO_NUMBERS = [
    *("null", "true", "false", "[1]", '{"b": 1}', "NaN", "Infinity", "x", "", "-", "+1", "01", "-01", "1.", ".5", "1e"),
    *("1e+", "1e12345", "1.5.5", "1-", "1e400", "-0", "-0.0", "-0e5", "0x1", "1_0", "1 1", "1" + "0" * 80, '"1', '1"'),
    *('""', '"nan"', '"inf"', '" 1"', '"1 "', '"+1"', '"01"', '"1."', '"1e400"', '"-0"', '"\\u0031"', '"1\\n"', '"1""'),
]
NO_INTEGERS = ["1.0", "1e3", '"1e0"', "9223372036854775808", "-9223372036854775808", "18446744073709551617", '"1.5"']


@compiled
@pytest.mark.parametrize("value", NO_NUMBERS)
def test_unusual_numbers_are_left_to_msgspec(value: str) -> None:
    assert read(row(a=value)) is None
    assert read(row(n=value)) is None


@compiled
@pytest.mark.parametrize("value", NO_INTEGERS)
def test_unusual_integers_are_left_to_msgspec(value: str) -> None:
    assert read(row(n=value)) is None
    assert read(row(a=value)) is not None


@compiled
@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "[", "]", "null", "{}", "[[]]", "[{}]", "[1]", "[,]", '{"a":1,"n":1}', '[{"a":1}]', '[{"n":1}]'),
        *(row() + "x", row() + ",", row() + "]", row()[:-1] + ",]", "[," + row()[1:], "\ufeff" + row(), row() + "\0"),
        *(
            row(more=more)
            for more in (",", ', "a": 1', ', "n": 7', ', "x"', ', "x":', ", x: 1", ", 1", ": 1", ' "x": 1')
        ),
        *(
            row(more=f', "x": {value}')
            for value in ('"\\n"', '"é"', '"\x01"', '"\x7f"', "[]", "{}", "tru", "nul", "01", "")
        ),
        *(row(more=f', "{key}": 1') for key in ("\\u0061", "é", "\x01", "x\\")),
        row(more=", " + ", ".join(f'"x{number}": 1' for number in range(64))),
        '[{"a": 1, "n": 2} {"a": 1, "n": 2}]',
        '[{"a": 1, "n": 2}, {"a": 1, "a": 2}]',
        '[{"a": 1, "n": 2}, {"a": 1}]',
        '[{"a": 1, "n": 2, "new": 3}]',
        '[{"a": 1, "n": 2}, {"a": 1, "n": 2, "new": null}]',
    ],
)
def test_unusual_rows_are_left_to_msgspec(text: str) -> None:
    assert read(text) is None


@compiled
@pytest.mark.parametrize("skipped", [b'"\xff"', b'"\xc3"', b"\xff"])
def test_invalid_utf_8_is_left_to_msgspec(skipped: bytes) -> None:
    assert read(b'[{"a": 1, "n": 2, "x": ' + skipped + b"}]") is None


@compiled
@pytest.mark.parametrize("text", [row(), row('"-1.25e-3"', '"123456789"'), "[]"])
def test_truncated_json_is_left_to_msgspec(text: str) -> None:
    assert read(text) is not None
    assert not [end for end in range(len(text)) if read(text[:end]) is not None]


def forms(figure: float) -> set[str]:
    """Write a figure in fifteen forms, each of which the reader rounds in its own way."""
    return {f"{figure:.{indices}{form}}" for indices in (0, 3, 15, 17, 22) for form in "fge"}


@compiled
def test_figures_are_read_as_the_nearest_doubles() -> None:
    chance = random.Random(12)
    figures = [chance.random() * 10 ** chance.randint(-30, 40) for _ in range(3000)]
    halves = [f"{2**53 + 2 * chance.getrandbits(50) + 1}{'0' * chance.randint(0, 3)}" for _ in range(300)]
    points = [
        f"{chance.getrandbits(63)}"[:digits] + "." + f"{chance.getrandbits(59)}"[: 19 - digits]
        for digits in range(1, 19)
        for _ in range(200)
    ]
    thin = [f"0.00{2**53 + chance.getrandbits(49)}" for _ in range(300)]  # of whose quotient few bits are left to round
    texts = [text for figure in figures for text in forms(figure) if len(text) < 60] + halves + points + thin
    result = read("[" + ",".join(f'{{"a": {text}, "n": 1}}' for text in texts) + "]")
    assert result is not None
    assert result[0] == array("d", map(float, texts))


@compiled
def test_a_class_with_more_fields_than_fit_is_left_to_msgspec() -> None:
    fields = [(f"f{number}".encode(), "d") for number in range(65)]
    assert native.rows_reader(fields) is None  # type: ignore[arg-type]  # a list of str
    reader = native.rows_reader(fields[:64])  # type: ignore[arg-type]  # as above
    assert reader is not None
    result = reader(json.dumps([{f"f{number}": number for number in range(64)}]).encode())
    assert result == [array("d", [number]) for number in range(64)]


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3), max_size=6))
def test_times_are_ascending_if_each_is_later_than_the_previous(times: list[int]) -> None:
    expected = all(item < other for item, other in itertools.pairwise(times))
    assert native.ascends(times) == native.ascends(array("q", times)) == expected


@compiled
@pytest.mark.parametrize("path", SERIES)
def test_the_documented_rows_are_read_natively_and_equally(path: str) -> None:
    data, (both, alone) = body(path), BOTH[path]
    assert (natively(path)(data) is None) == (path in WITH_GAPS)
    assert outcome(both, data) == outcome(alone, data)


BLANKS = st.sampled_from(["", "", " ", "\n", "\t \r"])
DIGITS = st.integers(0, 99).map(str) | st.integers(0, 10**24).map(str)
EXPONENTS = st.sampled_from(["", "", "", "e5", "E-7", "e+22", "e-23", "e290", "e-330"])
ALIASES = st.tuples(st.sampled_from(["", "-"]), DIGITS, DIGITS.map(".{}".format) | st.just(""), EXPONENTS).map("".join)
NUMBERS = ALIASES | st.floats(allow_nan=False, allow_infinity=False).map(repr)
FIGURES = NUMBERS | NUMBERS.map('"{}"'.format)
TIMES = st.sampled_from(["1600000000000", '"1600000000001"', "1600000000002", "1600000000003", "1600000000"])
UNUSUAL = st.sampled_from([*NO_NUMBERS, *NO_INTEGERS, "99999999999999999999", "100000000000000000000"])
NAMES = st.sampled_from(["x", "tim", "times", "é", "\\u0074ime"])


@st.composite
def payloads(draw: st.DrawFn, path: str) -> bytes:
    """Rows of a series, their members in any order and notation; about half of the payloads are simple."""
    names = list(dict.fromkeys(member.source_names[0] for member in RecordLayout.of(*SERIES[path]).members))
    unusual, before, after = draw(st.booleans()), draw(BLANKS), draw(BLANKS)
    rows = []
    for _ in range(draw(st.integers(0, 3))):
        members = [(name, draw(TIMES if name == "time" else FIGURES)) for name in names]
        if unusual:
            members += draw(st.lists(st.tuples(NAMES, FIGURES | UNUSUAL), max_size=1))
            members += draw(st.lists(st.tuples(st.sampled_from(names), UNUSUAL | FIGURES), max_size=1))
            del members[: draw(st.integers(0, 1))]
        if draw(st.booleans()):
            members = draw(st.permutations(members))
        aliases = [f'{before}"{name}"{after}:{before}{value}{after}' for name, value in members]
        rows.append(f"{before}{{{','.join(aliases)}}}{after}")
    return f"{before}[{','.join(rows)}]{after}".encode()


@compiled
@settings(max_examples=400)
@given(payloads(SUMS))
def test_rows_under_any_alias_are_read_equally(data: bytes) -> None:
    both, alone = BOTH[SUMS]
    assert outcome(both, data) == outcome(alone, data)


@compiled
@settings(max_examples=400)
@given(payloads(OPTIONAL))
def test_rows_with_missing_figures_are_read_equally(data: bytes) -> None:
    both, alone = BOTH[OPTIONAL]
    assert outcome(both, data) == outcome(alone, data)


@compiled
@settings(max_examples=400)
@given(st.data())
def test_a_payload_with_changed_bytes_is_read_equally(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(SERIES)))
    spoilt = bytearray(body(path))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(spoilt) - 1))
        put = data.draw(st.sampled_from(list(b'"\\,:{}[]-+.eE0159 \nxn')) | st.integers(0, 255))
        spoilt[at : at + data.draw(st.integers(0, 2))] = bytes([put])
    both, alone = BOTH[path]
    assert outcome(both, bytes(spoilt)) == outcome(alone, bytes(spoilt))


_PAGES = """
import json
from pathlib import Path

import native

NAMES = ("time", "open", "high", "low", "close")
reader = native.rows_reader([(name.encode(), "d") for name in NAMES])
body = json.dumps([dict.fromkeys(NAMES, 1234567890.123456 + at) for at in range(1000)]).encode()


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


reader(body)
before, pages = resident(), [reader(body) for _ in range(500)]
print((resident() - before) / sum(len(column) * 8 for page in pages for column in page))
"""


@compiled
@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_pages_take_the_memory_of_their_figures_and_leave_no_holes_beside_them() -> None:
    run = subprocess.run([sys.executable, "-c", _PAGES], capture_output=True, text=True, check=True)  # noqa: S603  # our own script
    assert float(run.stdout) < 1.2
