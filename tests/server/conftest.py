"""A response cache in front of an application that answers as told."""

from collections.abc import Callable
from typing import Any

import pytest

from server.response_cache import ResponseCache
from tests.clock import FakeClock
from tests.server.asgi import Origin, Served, Server, nothing

LIMIT = 1_000_000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def origin(clock: FakeClock) -> Origin:
    return Origin(clock)


@pytest.fixture
def server(clock: FakeClock) -> Server:
    return Server(clock)


@pytest.fixture
def cached(origin: Origin, clock: FakeClock, server: Server) -> Callable[..., Served]:
    """Make a cache; whatever is given replaces what it has by default."""

    def make(**given: Any) -> Served:
        told: dict[str, Any] = {"limit": LIMIT, "clock": clock, "revision": server.revision}
        others = given.pop("others", nothing)
        return Served(ResponseCache(given.pop("handle", origin), **(told | given)), server, others)

    return make


@pytest.fixture
def cache(cached: Callable[..., Served]) -> Served:
    return cached()
