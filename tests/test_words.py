"""Names and prose use the terms of the field, one for each thing.

`WORDS` are looked for in names, comments, docstrings, messages and documents, `NAMES` in names alone, where they say
nothing although they are good English in a sentence.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.test_docs import DOCUMENTS
from tests.test_imports import BELOW, ROOT

PRODUCT = sorted(BELOW)
TREE = [*PRODUCT, "bench", "chaos", "abuse", "tests", "tools"]
LONGEST_FUNCTION = 50  # lines
LUA_TEXT = re.compile(r"--.*|\"[^\"\n]*\"|'[^'\n]*'")  # comments and strings
LUA_NAME = re.compile(r"[A-Za-z_]\w*")

WORDS = {  # a regular expression: what to write instead
    "Asker": "Requester",
    "OURSELVES": "SYSTEM",
    "UnderWay": "an awaitable",
    "OpenField": "pending field",
    "Flights?": "in_flight",
    "Gathering": "Coalescer",
    "Governor": "AdmissionQueue",
    "purse": "token bucket",
    "foresee|foreseen|foresees": "inspect, report",
    "NotAsked": "DryRunMiss",
    "AsLists": "PythonEncoder",
    "RowForms?": "RowEncoder",
    "Together(?=[(:,])": "CombinedVisitor",
    "Doubts?": "Unsupported",
    "Tally": "CallCounter",
    "[Uu]ncounted": "without_counting",
    "leads_on": "requires_followup",
    "rests_on": "depend_on",
    "holds_until": "expires_at",
    "wires?": "source_name",
    "spellings?": "aliases",
    "spelled": "written, named",
    "warming": "warmup",
    "[A-Z_]+_AT_MOST": "MAX_...",
    "settled_until": "valid_until",
}
NAMES = {
    "asker": "requester",
    "depart": "start",
    "ending": "shutdown",
    "flight": "in_flight, calls",
    "foreseen": "report",
    "heed": "apply_result",
    "purse": "bucket",
    "question": "request",
    "spared": "skipped",
    "standing": "cache status",
}
PRODUCT_NAMES = (
    "asked",
    "found",
    "heard",
    "held",
    "kept",
    "known",
    "made",
    "odd",
    "one",
    "own",
    "place",
    "said",
    "taken",
    "wanted",
)
WORDS_IN_NAMES = {  # outside the product no name contains one
    *PRODUCT_NAMES,
    "given",
    "places",
    "plain",
    "settled",
    "told",
}
LIBRARY_NAMES = {"connection_made", "given", "one_of", "places"}  # of asyncio and hypothesis
IMPORTED_NAMES = {"NOT_FOUND", "NotFound"}  # from the product
BENCHMARK_NAMES = {"plain", "PLAIN"}  # the plain server, see bench/plain.py
EXCEPTIONS: dict[str, tuple[str, ...]] = {  # of WORDS and NAMES: files in which the word is another one
    "ending": ("tests/cg_client/test_symbol_matching.py",),  # of an instrument's code
}
YARDSTICK = "bench/plain.py"  # its types are those of our schema
SHARED_TYPE_NAMES: dict[str, str] = {  # name: why two types have it
    "Query": "the root of each GraphQL schema",
    "Subscription": "the root of the schema's streams, and CoinGlass' word for the plan of a key",
}


@cache
def texts() -> dict[str, str]:
    """Return all code and documents, by path."""
    code = [path for folder in TREE for path in sorted((ROOT / folder).rglob("*")) if path.suffix in {".py", ".lua"}]
    return {str(path.relative_to(ROOT)): path.read_text() for path in [*code, *DOCUMENTS] if path != Path(__file__)}


@cache
def trees() -> dict[str, ast.Module]:
    return {path: ast.parse(text) for path, text in texts().items() if path.endswith(".py")}


def names_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def parts_of(name: str) -> set[str]:
    return {part.lower() for part in re.split(r"_|(?<=[a-z0-9])(?=[A-Z])", name)}


@cache
def names() -> dict[str, set[str]]:
    """Return the files of each name, without its underscores at the ends and in lower case."""
    files = defaultdict(set)
    for path, tree in trees().items():
        for name in names_in(tree):
            files[name.strip("_").lower()].add(path)
    for path, text in texts().items():
        if path.endswith(".lua"):
            for name in LUA_NAME.findall(LUA_TEXT.sub("", text)):
                files[name.strip("_").lower()].add(path)
    return files


@pytest.mark.parametrize("word", WORDS)
def test_no_text_uses_a_word_of_private_vocabulary(word: str) -> None:
    pattern = re.compile(rf"(?<![A-Za-z])(?:{word})(?![a-z])")
    files = {path for path, text in texts().items() if pattern.search(text)}
    assert files - {*EXCEPTIONS.get(word, ())} == set(), f"write {WORDS[word]} instead of {word}"


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_a_word_that_says_nothing(name: str) -> None:
    files = names().get(name, set())
    assert files - {*EXCEPTIONS.get(name, ())} == set(), f"write {NAMES[name]} instead of {name}"


@pytest.mark.parametrize("name", PRODUCT_NAMES)
def test_a_variable_of_the_product_is_named_for_what_it_holds(name: str) -> None:
    assert {path for path in names().get(name, ()) if path.split("/")[0] in PRODUCT} == set()


@pytest.mark.parametrize("folder", sorted({*TREE} - {*PRODUCT}))
def test_no_name_outside_the_product_contains_a_word_that_says_nothing(folder: str) -> None:
    """The names of tests are sentences, in which these words are English."""
    exceptions = LIBRARY_NAMES | IMPORTED_NAMES | (BENCHMARK_NAMES if folder == "bench" else set())
    matches = {
        f"{path}: {name}"
        for path, tree in trees().items()
        if path.split("/")[0] == folder
        for name in {*names_in(tree)} - exceptions
        if not name.startswith("test_") and not WORDS_IN_NAMES.isdisjoint(parts_of(name))
    }
    assert matches == set()


def test_a_type_name_stands_for_one_type() -> None:
    files = defaultdict(list)
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and path != YARDSTICK:
                files[node.name].append(path)
    assert {name: paths for name, paths in files.items() if len(paths) > 1 and name not in SHARED_TYPE_NAMES} == {}


def test_no_function_is_long() -> None:
    lengths = {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
