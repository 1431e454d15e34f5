"""Every endpoint that the graph knows, by path, collected from the modules of `endpoints`: the one place to add."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

from cg_client import endpoints
from cg_client.endpoint import Endpoint


def _collect() -> Iterator[Endpoint]:
    for info in pkgutil.walk_packages(endpoints.__path__, f"{endpoints.__name__}."):
        module = importlib.import_module(info.name)
        yield from (value for value in vars(module).values() if isinstance(value, Endpoint))


CATALOGUE: Mapping[str, Endpoint] = {entry.path: entry for entry in _collect()}
BY_PATH: Mapping[str, Endpoint] = {  # by former paths too
    path: entry for entry in CATALOGUE.values() for path in (entry.path, entry.former_path) if path is not None
}
