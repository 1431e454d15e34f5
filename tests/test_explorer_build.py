"""The build of the explorer's page: when it runs, and what happens where it cannot."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from build_hooks import explorer_page, node
from build_hooks.explorer_page import ExplorerNotBuilt, build_page, required_packages
from build_hooks.node import WHEEL, Node

VARIABLE = "COINGLASS_GRAPHQL_UI"
NODE = Node("node", ("npm",), {})


class Tools:
    """Stands for npm and Vite: records the commands, and writes the page or fails."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.commands, self.files = fails, list[tuple[str, ...]](), list[set[str]]()

    def run(self, command: tuple[str, ...], cwd: Path, **_: Any) -> None:
        self.commands.append(tuple(command))
        self.files.append({path.relative_to(cwd).as_posix() for path in cwd.rglob("*") if path.is_file()})
        if self.fails:
            raise subprocess.CalledProcessError(1, command)
        if "build" in command:
            (cwd / "dist" / "explorer").mkdir(parents=True)
            (cwd / "dist" / "index.html").write_text("<p>")
            (cwd / "dist" / "explorer" / "index-1.js").write_text("x" * 5000)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("package.json", "src/main.tsx", "drawing/index.js", "light/page.js", "node_modules/a/b.js"):
        path = tmp_path / "explorer" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Tools:
    """Return working tools, in a machine with Node and without settings."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(explorer_page, "find_node", lambda: NODE)
    tools = Tools()
    monkeypatch.setattr("build_hooks.explorer_page.subprocess.run", tools.run)
    return tools


def page(root: Path) -> Path:
    return root / "explorer" / "dist" / "index.html"


def test_the_page_is_built_outside_the_tree_and_compressed(root: Path, tools: Tools) -> None:
    assert build_page(root)
    assert page(root).is_file()
    assert (root / "explorer/dist/explorer/index-1.js.gz").stat().st_size < 200
    assert tools.files[0] == {"package.json", "src/main.tsx", "drawing/index.js"}
    assert not (root / "explorer/package-lock.json").exists()


def test_what_npm_installs_runs_no_scripts(root: Path, tools: Tools) -> None:
    build_page(root)
    assert tools.commands[0][:3] == ("npm", "ci", "--omit=dev")
    assert "--ignore-scripts" in tools.commands[0]


def test_an_unchanged_source_is_not_built_again(root: Path, tools: Tools) -> None:
    build_page(root)
    build_page(root)
    assert len(tools.commands) == 2


@pytest.mark.parametrize("name", ["package.json", "src/main.tsx", "drawing/index.js"])
def test_a_changed_source_is_built_again(root: Path, tools: Tools, name: str) -> None:
    build_page(root)
    (root / "explorer" / name).write_text("changed")
    build_page(root)
    assert len(tools.commands) == 4


def test_a_failure_leaves_no_page_of_other_sources(root: Path, tools: Tools) -> None:
    build_page(root)
    (root / "explorer/src/main.tsx").write_text("changed")
    tools.fails = True
    with pytest.raises(ExplorerNotBuilt, match="light page"):
        build_page(root)
    assert not page(root).exists()


@pytest.mark.usefixtures("tools")
def test_a_machine_without_node_gets_no_page(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer_page, "find_node", lambda: None)
    with pytest.raises(ExplorerNotBuilt, match="no Node"):
        build_page(root)


def test_a_required_page_stops_the_installation(root: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "require")
    tools.fails = True
    with pytest.raises(RuntimeError, match="not built"):
        build_page(root)


def test_a_skipped_page_costs_nothing(root: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "skip")
    assert not build_page(root)
    assert (tools.commands, required_packages(root)) == ([], [])


@pytest.mark.usefixtures("tools")
def test_another_value_of_the_setting_names_those_that_there_are(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "always")
    with pytest.raises(ValueError, match="auto, require, skip"):
        build_page(root)


def test_pip_fetches_node_only_for_a_page_that_has_to_be_built_without_it(
    root: Path, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    del tools
    monkeypatch.setattr(explorer_page, "has_wheel", lambda: True)
    assert required_packages(root) == []
    monkeypatch.setattr(explorer_page, "find_node", lambda: None)
    assert required_packages(root) == [WHEEL]
    monkeypatch.setattr(explorer_page, "find_node", lambda: NODE)
    build_page(root)
    monkeypatch.setattr(explorer_page, "find_node", lambda: None)
    assert required_packages(root) == []


@pytest.mark.parametrize(
    ("system", "machine", "library", "has_wheel"),
    [
        ("Linux", "x86_64", ("glibc", "2.36"), True),
        ("Linux", "aarch64", ("glibc", "2.28"), True),
        ("Linux", "x86_64", ("glibc", "2.17"), False),
        ("Linux", "x86_64", ("", ""), False),
        ("Linux", "riscv64", ("glibc", "2.36"), False),
        ("Darwin", "arm64", ("", ""), True),
        ("Windows", "AMD64", ("", ""), True),
        ("FreeBSD", "amd64", ("", ""), False),
    ],
)
def test_node_is_never_compiled(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, library: tuple[str, str], *, has_wheel: bool
) -> None:
    monkeypatch.setattr("build_hooks.node.platform.system", lambda: system)
    monkeypatch.setattr("build_hooks.node.platform.machine", lambda: machine)
    monkeypatch.setattr("build_hooks.node.platform.libc_ver", lambda: library)
    assert node.has_wheel() is has_wheel


@pytest.mark.parametrize(
    ("version", "is_new_enough"),
    [
        ("v18.20.4", False),
        ("v20.18.0", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.12.0", True),
        ("v26.0.0", True),
    ],
)
def test_vite_needs_a_recent_node(monkeypatch: pytest.MonkeyPatch, version: str, *, is_new_enough: bool) -> None:
    answer = subprocess.CompletedProcess(["node"], 0, stdout=f"{version}\n")
    monkeypatch.setattr("build_hooks.node.shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr("build_hooks.node.subprocess.run", lambda *_, **__: answer)
    assert (node.find_node() is not None) is is_new_enough
