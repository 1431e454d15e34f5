"""Whether a change of the schema would break clients without a word in the CHANGELOG.

`python -m tools.sdl_changes OLD NEW CHANGELOG` ends with 1 and names what is broken and stands not under `Unreleased`.
"""

import re
import sys
from pathlib import Path

from graphql import build_schema
from graphql.utilities import find_breaking_changes

_UNRELEASED = re.compile(r"^## \[?Unreleased\]?(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_SEVERAL = re.compile(r"\b([A-Za-z_]\w*)\.\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")


def unannounced(old: str, new: str, changelog: str) -> list[str]:
    """Descriptions of the breaking changes between two SDLs that the CHANGELOG does not name."""
    section = _UNRELEASED.search(changelog)
    announced = _announced(section.group(1)) if section else set()
    changes = find_breaking_changes(build_schema(old, assume_valid_sdl=True), build_schema(new, assume_valid_sdl=True))
    return [change.description for change in changes if not _names(change.description) & announced]


def _announced(section: str) -> set[str]:
    """Return the names in the text; `Type.{one, two}` stands for `Type.one` and `Type.two`."""
    several = {f"{kind}.{name}" for kind, names in _SEVERAL.findall(section) for name in _NAME.findall(names)}
    return several | set(_NAME.findall(section))


def _names(description: str) -> set[str]:
    """Return what a description is about: `Type.field` if it names one, otherwise the type."""
    names = _NAME.findall(description)
    dotted = {name for name in names if "." in name}
    return dotted or {name for name in names if name[0].isupper()}


def main() -> int:
    old, new, changelog = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:4])
    broken = unannounced(old, new, changelog)
    for description in broken:
        sys.stderr.write(f"breaks clients, and CHANGELOG.md (Unreleased) does not say so: {description}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
