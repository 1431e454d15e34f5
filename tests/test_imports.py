"""The layers import downwards only, and what is theirs alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BELOW = {
    "cg_client": set(),
    "native": set(),
    "vocabulary": {"cg_client"},
    "resolvers": {"cg_client", "native", "vocabulary"},
    "schema": {"cg_client", "vocabulary", "resolvers"},
    "execution": {"cg_client", "vocabulary", "resolvers", "schema"},
    "sandbox": {"cg_client"},
    "probe": {"cg_client", "schema", "sandbox"},
    "server": {"cg_client", "native", "vocabulary", "resolvers", "schema", "execution", "sandbox", "probe"},
}
MODULES = [path for package in BELOW for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_from_its_own_layer_or_from_below(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    used = {name.split(".")[0] for name in imported(path)} & BELOW.keys()
    assert used <= BELOW[package] | {package}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_is_installed_needs_what_measures_it(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & {"bench", "chaos", "tests"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_command_line_reads_the_environment(path: Path) -> None:
    source = path.read_text()
    reads = "os.environ" in source or "getenv" in source
    assert reads == (path == ROOT / "server" / "cli.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_client_knows_nothing_of_graphql(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] in ("cg_client", "sandbox"):
        assert not {name.split(".")[0] for name in imported(path)} & {"strawberry", "graphql"}
