"""Static files. Browsers keep those whose addresses contain a digest of their content for ever."""

import functools
import gzip
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from server.http import Header, Request, Response
from server.negotiation import acceptable_codings
from server.page_headers import SCRIPT_HEADERS

_TYPES: Final[Mapping[str, bytes]] = {
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".md": b"text/plain; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".ttf": b"font/ttf",
}
_GZIP: Final = "gzip"
_IMMUTABLE: Final[Header] = (b"cache-control", b"public, max-age=31536000, immutable")
_REVALIDATED: Final[Header] = (b"cache-control", b"no-cache")
_has_digest = re.compile(r"/[0-9a-f]{16}/|-[\w-]{8}\.\w+$").search
_VARY: Final[Header] = (b"vary", b"accept-encoding")


class StaticFile:
    """A file, read when it is first requested. The build leaves a compressed one beside each large file."""

    def __init__(self, path: Path) -> None:
        self._path, self._type = path, _TYPES[path.suffix]

    def respond(self, request: Request) -> Response:
        is_compressed = _GZIP in acceptable_codings(request.headers.get(b"accept-encoding"))
        response = Response.of(self._compressed if is_compressed else self._content, self._type)
        if is_compressed:
            response.headers.append((b"content-encoding", _GZIP.encode()))
        response.headers += (_IMMUTABLE if _has_digest(request.path) else _REVALIDATED, _VARY, *SCRIPT_HEADERS)
        return response

    @functools.cached_property
    def _content(self) -> bytes:
        return self._path.read_bytes()

    @functools.cached_property
    def _compressed(self) -> bytes:
        compressed = self._path.with_name(f"{self._path.name}.gz")
        return compressed.read_bytes() if compressed.is_file() else gzip.compress(self._content, mtime=0)


def static_files(folder: Path, address: str) -> Iterator[tuple[str, StaticFile]]:
    """Yield the files of a folder that browsers load, by their paths below the address."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in _TYPES and path.is_file():
            yield f"{address}/{path.relative_to(folder).as_posix()}", StaticFile(path)
