"""A response cache in front of an application that answers as told."""

from collections.abc import Callable
from typing import Any

import pytest

from server.responses import ResponseCache
from tests.clock import FakeClock
from tests.server.asgi import Origin

LIMIT = 1_000_000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def origin(clock: FakeClock) -> Origin:
    return Origin(clock)


class Server:
    """What a cache is told about the server behind it."""

    def __init__(self) -> None:
        self.version = 0
        self.sandbox = False
        self.remaining = 30


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def cached(origin: Origin, clock: FakeClock, server: Server) -> Callable[..., ResponseCache]:
    """Makes a cache; whatever is given replaces what it has by default."""

    def make(**given: Any) -> ResponseCache:
        told: dict[str, Any] = {
            "limit": LIMIT,
            "clock": clock,
            "version": lambda: server.version,
            "is_sandbox": lambda: server.sandbox,
            "remaining": lambda _: server.remaining,
        }
        return ResponseCache(given.pop("app", origin), **(told | given))

    return make


@pytest.fixture
def cache(cached: Callable[..., ResponseCache]) -> ResponseCache:
    return cached()
