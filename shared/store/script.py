"""Scripts that the store runs atomically."""

import hashlib
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent.parent / "scripts"


class LuaScript:
    """A file of `scripts/`. All names that it uses are given as KEYS, so that a Cluster can run it."""

    def __init__(self, name: str, source: str | None = None) -> None:
        """Read the file of this name, unless the source is given."""
        self.name = name
        self.source = (FOLDER / f"{name}.lua").read_text() if source is None else source
        self.digest = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()

    def __repr__(self) -> str:
        return f"LuaScript({self.name!r})"
