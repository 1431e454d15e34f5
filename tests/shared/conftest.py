"""Fixtures of the tests with a real store."""

from tests.shared.quota_store import quota_store
from tests.store_server import store_server

__all__ = ["quota_store", "store_server"]
