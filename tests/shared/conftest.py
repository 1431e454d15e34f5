"""Fixtures of the tests with a real store."""

from tests.shared.cluster_rig import cluster
from tests.shared.desk import desk, desk_server
from tests.shared.quota_store import quota_store
from tests.store_server import each_store_server, store_server

__all__ = ["cluster", "desk", "desk_server", "each_store_server", "quota_store", "store_server"]
