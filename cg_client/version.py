"""The versions of installed packages."""

import functools
import importlib.metadata
from typing import Final

PROJECT: Final = "coinglass-graphql"


@functools.cache
def installed_version(project: str = PROJECT) -> str | None:
    """Return the version, or None for what runs from its source without being installed."""
    try:
        return importlib.metadata.version(project)
    except importlib.metadata.PackageNotFoundError:
        return None
