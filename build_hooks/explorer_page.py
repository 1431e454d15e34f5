"""Builds the page of the explorer from `explorer/` into `explorer/dist`, with npm and Vite in a temporary folder.

`COINGLASS_GRAPHQL_UI` is `auto`, the default: without Node or a registry the install goes on, and the light page is
served; `require`: a build that fails stops the install; `skip`: nothing is built.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from build_hooks.node import WHEEL, Node, find_node, has_wheel

_VARIABLE = "COINGLASS_GRAPHQL_UI"
_MODES = ("auto", "require", "skip")
_SOURCES = ("src", "drawing", "live")  # folders that the page is made of, beside the files of the folder itself
_STAMP = ".stamp"
_TIMEOUT = 300  # seconds, for npm and for Vite
_COMPRESSED = (".css", ".js", ".md", ".svg", ".ttf")
_MIN_COMPRESSED = 1024  # bytes
_NPM = ("ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1")


class ExplorerNotBuilt(Exception):
    """Says why there is no built page."""


def required_packages(root: Path) -> list[str]:
    """Return what pip has to install for the build: Node, where the page has to be built and the machine has none."""
    is_needed = _mode() != "skip" and not _is_fresh(root / "explorer") and find_node() is None
    return [WHEEL] if is_needed and has_wheel() else []


def build_page(root: Path) -> bool:
    """Build the page unless it is fresh; return whether there is one. Raises ExplorerNotBuilt."""
    folder, mode = root / "explorer", _mode()
    dist = folder / "dist"
    if mode == "skip" or _is_fresh(folder):
        return (dist / "index.html").is_file()
    shutil.rmtree(dist, ignore_errors=True)  # of other sources
    try:
        _build(folder, dist)
    except (OSError, subprocess.SubprocessError, ExplorerNotBuilt) as error:
        shutil.rmtree(dist, ignore_errors=True)
        text = f"the page of the explorer is not built, the light page is served instead ({error})"
        if mode == "require":
            raise RuntimeError(text) from error
        raise ExplorerNotBuilt(text) from error
    return True


def _mode() -> str:
    mode = os.environ.get(_VARIABLE) or "auto"
    if mode not in _MODES:
        raise ValueError(f"{_VARIABLE} is one of {', '.join(_MODES)}, not {mode!r}")
    return mode


def _build(folder: Path, dist: Path) -> None:
    node = find_node()
    if node is None:
        raise ExplorerNotBuilt("no Node 20.19, 22.12 or newer with npm on this machine")
    with tempfile.TemporaryDirectory(prefix="explorer-") as name:
        copy = Path(name)
        for source in _sources(folder):
            target = copy / source.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
        _run(node, (*node.npm, *_NPM), copy)
        _run(node, (node.node, "node_modules/vite/bin/vite.js", "build"), copy)
        built = copy / "dist"
        if not (built / "index.html").is_file():
            raise ExplorerNotBuilt("Vite wrote no page")
        _compress(built)
        shutil.copytree(built, dist)
    (dist / _STAMP).write_text(_digest(folder), encoding="ascii")


def _run(node: Node, command: tuple[str, ...], folder: Path) -> None:
    subprocess.run(command, cwd=folder, env=node.env, check=True, timeout=_TIMEOUT, stdout=sys.stderr)  # noqa: S603  # locked tools


def _compress(folder: Path) -> None:
    """Write a compressed file beside each that is large enough, once, with all the time that it takes."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in _COMPRESSED and path.stat().st_size >= _MIN_COMPRESSED:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def _is_fresh(folder: Path) -> bool:
    stamp = folder / "dist" / _STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == _digest(folder)


def _digest(folder: Path) -> str:
    """Return a digest of what the page is built from."""
    digest = hashlib.sha256()
    for path in (*_sources(folder), Path(__file__)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.iterdir()) if path.is_file())
    for name in _SOURCES:
        yield from (path for path in sorted((folder / name).rglob("*")) if path.is_file())


def main() -> None:
    """Build the page of this checkout."""
    build_page(Path(__file__).parent.parent)


if __name__ == "__main__":
    main()
