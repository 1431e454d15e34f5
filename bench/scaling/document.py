"""The parts that docs/scaling.md shows, each after a comment with its name: `<!-- make scaling: in-sum -->`."""

import re
from pathlib import Path
from typing import Final

from bench.scaling.tables import PARTS, costs

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "scaling.md"
_PART: Final = re.compile(r"(<!-- make scaling: ([\w-]+) -->\n)(?:\n((?:[|-].*\n)+))?")


def shown() -> dict[str, str]:
    """Return the parts as the document has them."""
    return {name: text.rstrip("\n") for _, name, text in _PART.findall(DOCUMENT.read_text(encoding="utf-8"))}


def rendered(name: str) -> str:
    return costs() if name == "costs" else PARTS[name]()


def write() -> None:
    """Render each part of the document again."""
    text = DOCUMENT.read_text(encoding="utf-8")
    text = _PART.sub(lambda part: f"{part[1]}\n{rendered(part[2])}\n", text)
    DOCUMENT.write_text(text, encoding="utf-8")
