"""Compiles `native/rows.pyx` where it lies."""

import tempfile
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Distribution, Extension  # type: ignore[import-untyped]
from setuptools.command.build_ext import build_ext  # type: ignore[import-untyped]
from setuptools.errors import BaseError, CCompilerError  # type: ignore[import-untyped]

COMPILE_ERRORS = (BaseError, CCompilerError)


def compile_reader(root: Path) -> Path:
    """Build the shared object for this Python; raises COMPILE_ERRORS without a compiler."""
    with tempfile.TemporaryDirectory() as folder:
        source = Extension("native.rows", ["native/rows.pyx"])
        command = build_ext(Distribution({"ext_modules": cythonize([source], build_dir=folder, quiet=True)}))
        command.build_lib, command.build_temp, command.force = str(root), folder, True
        command.ensure_finalized()
        library = Path(command.get_ext_fullpath(source.name))
        library.unlink(missing_ok=True)  # of an older source, which must not be taken for what was compiled now
        command.run()
    return library
