"""One Valkey for many short tests, which empty it."""

from collections.abc import Iterator

import pytest
import redis

from tests.store_server import running_store


@pytest.fixture(scope="session")
def quota_store(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[redis.Redis]":
    """Valkey, of which each test uses an empty database."""
    with running_store(tmp_path_factory.mktemp("store")) as server, redis.Redis(port=server.port) as store:
        yield store
