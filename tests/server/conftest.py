"""A response cache in front of a configurable application."""

from collections.abc import Callable
from typing import Any

import pytest

from server.response_cache import ResponseCache
from tests.clock import FakeClock
from tests.server.raw_asgi import Origin, Served, Server, ignore

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
def cache_of(origin: Origin, clock: FakeClock, server: Server) -> Callable[..., Served]:
    """Make a cache; the options replace its defaults."""

    def make(**options: Any) -> Served:
        defaults: dict[str, Any] = {"limit": LIMIT, "clock": clock, "revision": server.revision}
        others = options.pop("others", ignore)
        return Served(ResponseCache(options.pop("handle", origin), **(defaults | options)), server, others)

    return make


@pytest.fixture
def cache(cache_of: Callable[..., Served]) -> Served:
    return cache_of()
