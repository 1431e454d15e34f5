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
    found = [value for module in _modules() for value in vars(module).values() if isinstance(value, Endpoint)]
    return {endpoint.path: endpoint for endpoint in found}


def _by_path() -> dict[str, Endpoint]:
    former = {one.former_path: one for one in CATALOGUE.values() if one.former_path is not None}
    return {**CATALOGUE, **former}


CATALOGUE: Mapping[str, Endpoint] = _collect()
BY_PATH: Mapping[str, Endpoint] = _by_path()  # by former paths too
