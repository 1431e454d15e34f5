"""Fixtures of the tests with a real store."""

from tests.store_server import store_server

__all__ = ["store_server"]
