"""Every endpoint that the graph knows, by path, collected from the modules of `endpoints`: the one place to add."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType

from cg_client import endpoints
from cg_client.endpoint import Endpoint


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(endpoints.__path__, f"{endpoints.__name__}."):
        yield importlib.import_module(module.name)


def _collect() -> dict[str, Endpoint]:
    values = [value for module in _modules() for value in vars(module).values()]
    return {value.path: value for value in values if isinstance(value, Endpoint)}


def _by_path() -> dict[str, Endpoint]:
    former = {entry.former_path: entry for entry in CATALOGUE.values() if entry.former_path is not None}
    return {**CATALOGUE, **former}


CATALOGUE: Mapping[str, Endpoint] = _collect()
BY_PATH: Mapping[str, Endpoint] = _by_path()  # by former paths too
