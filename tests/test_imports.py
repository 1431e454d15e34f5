"""The layers import only from below, and some imports are reserved to one layer."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYERS = (  # each imports from those before it
    "cg_client",
    "graph_types",
    "payloads",
    "pagination",
    "resolvers",
    "live",
    "schema",
    "served_schema",
    "execution",
)
BELOW = {layer: {*LAYERS[:index]} for index, layer in enumerate(LAYERS)} | {
    "callers": {"cg_client"},
    "native": set(),
    "sandbox": {"cg_client"},
    "shared": {"cg_client", "callers", "graph_types", "payloads"},
    "probe": {*LAYERS[:8], "sandbox"},
    "server": {*LAYERS, "callers", "native", "sandbox", "probe", "shared"},
}
BELOW["resolvers"].add("native")
MODULES = {
    str(path.relative_to(ROOT)): path.read_text()
    for package in BELOW
    for path in sorted((ROOT / package).rglob("*.py"))
}


@cache
def imported_packages() -> dict[str, set[str]]:
    """Return the top-level packages that each module imports, by the module's path."""
    return {path: set(_packages(ast.parse(source))) for path, source in MODULES.items()}


def _packages(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


def layer(path: str) -> str:
    return path.split("/", maxsplit=1)[0]


def importing(forbidden: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the modules with imports that are forbidden to their layer, and these imports."""
    result = {path: packages & forbidden.get(layer(path), set()) for path, packages in imported_packages().items()}
    return {path: packages for path, packages in result.items() if packages}


def test_a_module_imports_from_its_own_layer_or_from_below() -> None:
    assert importing({package: BELOW.keys() - below - {package} for package, below in BELOW.items()}) == {}


def test_installed_packages_import_neither_benchmark_nor_tests() -> None:
    assert importing({package: {"bench", "chaos", "tests"} for package in BELOW}) == {}


def test_only_the_command_line_reads_the_environment() -> None:
    readers = {path for path, source in MODULES.items() if "os.environ" in source or "getenv" in source}
    assert readers == {"server/cli.py"}


def test_the_client_knows_nothing_of_graphql() -> None:
    assert importing({package: {"strawberry", "graphql"} for package in ("cg_client", "sandbox")}) == {}
