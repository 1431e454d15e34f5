"""Fixtures of the tests with a real store."""

from tests.store_server import each_store_server, store_server

__all__ = ["each_store_server", "store_server"]
