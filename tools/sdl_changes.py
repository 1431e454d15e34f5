"""Check that the CHANGELOG names each breaking change of the schema.

`python -m tools.sdl_changes OLD NEW CHANGELOG` exits with 1 and names each breaking change
that is not under `Unreleased`.
"""

import re
import sys
from pathlib import Path

from graphql import build_schema
from graphql.utilities import find_breaking_changes

_UNRELEASED = re.compile(r"^## \[?Unreleased\]?(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_SEVERAL = re.compile(r"\b([A-Za-z_]\w*)\.\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_FORMER_TYPE = re.compile(r"changed type from \W*(\w+)")


def unannounced(old: str, new: str, changelog: str) -> list[str]:
    """Return the breaking changes between two SDLs that the CHANGELOG does not name."""
    section = _UNRELEASED.search(changelog)
    announced = _announced(section.group(1)) if section else set()
    before, after = build_schema(old, assume_valid_sdl=True), build_schema(new, assume_valid_sdl=True)
    removed = announced & (before.type_map.keys() - after.type_map.keys())
    changes = [change.description for change in find_breaking_changes(before, after)]
    return [change for change in changes if not _names(change) & announced and not _follows(change, removed)]


def _follows(description: str, removed: set[str]) -> bool:
    """Whether a field only has another type because its former one is among the removed ones."""
    former = _FORMER_TYPE.search(description)
    return former is not None and former.group(1) in removed


def _announced(section: str) -> set[str]:
    """Return the names in the text; `Type.{one, two}` stands for `Type.one` and `Type.two`."""
    several = {f"{kind}.{name}" for kind, names in _SEVERAL.findall(section) for name in _NAME.findall(names)}
    return several | set(_NAME.findall(section))


def _names(description: str) -> set[str]:
    """Return the subject of a description: `Type.field` if it names a field, otherwise the type."""
    names = _NAME.findall(description)
    dotted = {name for name in names if "." in name}
    return dotted or {name for name in names if name.lstrip("_")[:1].isupper()}


def main() -> int:
    old, new, changelog = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:4])
    broken = unannounced(old, new, changelog)
    for description in broken:
        sys.stderr.write(f"breaks clients, and CHANGELOG.md (Unreleased) does not say so: {description}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
