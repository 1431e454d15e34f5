"""The files of the explorer: the built page, the light page and the examples of both.

The light page is our own source and needs no build. It is served at `/light`, and at `/` where there is no built page.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from server.http import Header
from server.page_headers import BUILT_PAGE_HEADERS, LIGHT_PAGE_HEADERS
from server.paths import EXPLORER_FILES
from server.static_files import StaticFile, static_files

_ROOT: Final = Path(__file__).parent.parent
_FOLDER: Final = _ROOT / "explorer"
_LIGHT: Final = ("light", "drawing", "live")  # folders of the light page, whose modules import each other


class QueryExample(TypedDict):
    """A query that a page offers, with the comment above it."""

    name: str
    about: str
    query: str


@dataclass(frozen=True)
class ExplorerPage:
    """HTML and the headers that restrict what it does."""

    html: str
    headers: tuple[Header, ...]


@dataclass(frozen=True)
class ExplorerFiles:
    """`start`: the page at `/`. `files`: what the pages load, by path."""

    start: ExplorerPage
    light: ExplorerPage
    files: dict[str, StaticFile]
    examples: list[QueryExample]


def explorer_files(folder: Path = _FOLDER) -> ExplorerFiles:
    address = f"{EXPLORER_FILES}{_digest(folder)}"
    html = (folder / "light" / "index.html").read_text(encoding="utf-8")
    light = ExplorerPage(html.replace('"./', f'"./{address.removeprefix("/")}/light/'), LIGHT_PAGE_HEADERS)
    files = {path: file for part in _LIGHT for path, file in static_files(folder / part, f"{address}/{part}")}
    built = folder / "dist"
    if not (built / "index.html").is_file():
        return ExplorerFiles(light, light, files, _examples(folder))
    start = ExplorerPage((built / "index.html").read_text(encoding="utf-8"), BUILT_PAGE_HEADERS)
    files |= static_files(built / "explorer", EXPLORER_FILES.removesuffix("/"))
    return ExplorerFiles(start, light, files, _examples(folder))


def _digest(folder: Path) -> str:
    """Return a digest of what the light page loads, by which browsers notice another version."""
    digest = hashlib.sha256()
    for path in _light_files(folder):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _light_files(folder: Path) -> Iterator[Path]:
    for part in _LIGHT:
        yield from (path for path in sorted((folder / part).rglob("*")) if path.is_file())


def _examples(folder: Path) -> list[QueryExample]:
    """Read the examples, which an installed package has beside the pages and a checkout at its root."""
    installed = folder / "examples"
    documents = sorted((installed if installed.is_dir() else _ROOT / "examples").glob("*.graphql"))
    return [_example(path.stem, path.read_text(encoding="utf-8")) for path in documents]


def _example(stem: str, text: str) -> QueryExample:
    """Take the comment at the top of a document for its description."""
    comment, rest = [], text.splitlines()
    while rest and rest[0].startswith("#"):
        comment.append(rest.pop(0).removeprefix("#").strip())
    name = stem.replace("-", " ")
    return QueryExample(name=name[:1].upper() + name[1:], about=" ".join(comment), query="\n".join(rest).strip() + "\n")
