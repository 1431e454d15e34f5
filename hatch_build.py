"""Compiles `native/rows.pyx` where it lies, for wheels and editable installs; goes on where there is no C compiler."""

import tempfile
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

_WITHOUT = "native/rows.pyx is not compiled: everything works, and rows are read more slowly ({})"


class CompiledReader(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version  # standard or editable: both need it
        try:
            library = _compiled(Path(self.root))
        except (BaseError, CCompilerError) as error:
            self.app.display_warning(_WITHOUT.format(error))
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"].append(f"/{library.relative_to(self.root).as_posix()}")  # which git ignores


def _compiled(root: Path) -> Path:
    """Build the shared object for this Python; raises what setuptools raises without a compiler."""
    with tempfile.TemporaryDirectory() as folder:
        source = Extension("native.rows", ["native/rows.pyx"])
        command = build_ext(Distribution({"ext_modules": cythonize([source], build_dir=folder, quiet=True)}))
        command.build_lib, command.build_temp, command.force = str(root), folder, True
        command.ensure_finalized()
        library = Path(command.get_ext_fullpath(source.name))
        library.unlink(missing_ok=True)  # of an older source, which must not be taken for what was compiled now
        command.run()
    return library
