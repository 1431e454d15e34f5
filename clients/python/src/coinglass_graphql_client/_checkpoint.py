"""The checkpoint of a history: a folder with the request, and a file for each page that has arrived.

A file is written beside its name and then renamed, so that an interrupted process leaves whole files alone.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from coinglass_graphql_client._tables import Kind
from coinglass_graphql_client.errors import CheckpointError

_MANIFEST = "history.json"


class SavedSeries(msgspec.Struct):
    """The points of one series in one page, or why there are none."""

    timestamps: list[int]
    columns: dict[str, list[Any]]
    kinds: dict[str, Kind]
    truncated: str | None = None
    problem: str | None = None


class SavedPage(msgspec.Struct):
    """A page of a history."""

    sandbox: bool | None  # None if no series has a source
    series: dict[str, SavedSeries]


class Manifest(msgspec.Struct):
    """Which history the pages are of; `end` is where it ends, also if the request left that open."""

    version: Literal[1]
    request: dict[str, Any]
    end: datetime


class Checkpoint:
    """A folder of pages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, request: dict[str, Any], end: datetime) -> datetime:
        """Begin the checkpoint, or go on with it; returns the end of the history. Raises `CheckpointError`."""
        path = self.folder / _MANIFEST
        if not path.exists():
            if self.folder.is_dir() and any(self.folder.glob("*.page")):
                raise CheckpointError(f"{self.folder} has pages of a history, but not {_MANIFEST}: use another folder")
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(path, msgspec.json.encode(Manifest(1, request, end)))
            return end
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except msgspec.MsgspecError:
            raise CheckpointError(f"{path} is not the checkpoint of a history: use another folder") from None
        now = msgspec.json.decode(msgspec.json.encode(request))
        different = sorted(name for name in {*now, *manifest.request} if now.get(name) != manifest.request.get(name))
        if different:
            raise CheckpointError(
                f"{self.folder} is the checkpoint of another history: {', '.join(different)} changed. "
                "Use another folder, or delete this one"
            )
        return manifest.end.astimezone(UTC)

    def has(self, key: str) -> bool:
        return self._path(key).exists()

    def load(self, key: str) -> SavedPage:
        try:
            return msgspec.msgpack.decode(self._path(key).read_bytes(), type=SavedPage)
        except msgspec.MsgspecError:
            raise CheckpointError(f"{self._path(key)} cannot be read: delete it, and it is fetched again") from None

    def save(self, key: str, page: SavedPage) -> None:
        _write(self._path(key), msgspec.msgpack.encode(page))

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.page"


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
