"""Generates `coinglass_graphql_client/generated` from the SDL, before a wheel or an sdist is packed."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
SDL = (ROOT / "schema.graphql", ROOT.parents[1] / "schema" / "schema.graphql")  # in an sdist, in the repository


class GenerateHook(BuildHookInterface[Any]):
    """Write the generated modules."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, str(ROOT))
        from codegen.generate import generate  # noqa: PLC0415  # found by the line above

        sdl = next(path for path in SDL if path.exists())
        generate(sdl.read_text(encoding="utf-8"), ROOT / "src/coinglass_graphql_client/generated")
