"""The build hook, for wheels and editable installs: goes on where there is no C compiler or no Node."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
from build_hooks.compiled_reader import COMPILE_ERRORS, compile_reader  # found by the line above
from build_hooks.explorer_page import ExplorerNotBuilt, build_page, required_packages

sys.path.pop(0)

_NOT_COMPILED = "native/rows.pyx is not compiled: everything works, and rows are read more slowly ({})"
_STANDARD = "standard"  # the build of a wheel; an editable install serves the files where they lie


class BuildHook(BuildHookInterface):
    def dependencies(self) -> list[str]:
        return required_packages(Path(self.root)) if self.target_name == "wheel" else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self._add_reader(build_data)
        self._build_page()
        if version == _STANDARD:
            self._add_explorer(build_data["force_include"])

    def _add_reader(self, build_data: dict[str, Any]) -> None:
        try:
            library = compile_reader(Path(self.root))
        except COMPILE_ERRORS as error:
            self.app.display_warning(_NOT_COMPILED.format(error))
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"].append(f"/{library.relative_to(self.root).as_posix()}")  # which git ignores

    def _build_page(self) -> None:
        try:
            build_page(Path(self.root))
        except ExplorerNotBuilt as error:
            self.app.display_warning(str(error))

    def _add_explorer(self, included: dict[str, str]) -> None:
        folder = Path(self.root, "explorer")
        for name in ("dist", "drawing", "light", "live"):
            if (folder / name).is_dir():
                included[str(folder / name)] = f"explorer/{name}"
        included[str(Path(self.root, "examples"))] = "explorer/examples"
