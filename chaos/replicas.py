"""Replicas of the server, each in a process, that share a store, in front of one sandbox as their upstream."""

import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import httpx

from bench.processes import STARTS_WITHIN, Process, cores, started
from bench.servers import wait_until_ready
from chaos.connection import PATIENCE, CallerConnection
from chaos.outcomes import Answered, read
from chaos.partition import NETWORK
from chaos.parts import Part, document, on_pair, price
from chaos.rig import UNLIMITED, SandboxSwitches, entered, environment, free_port, sandbox

REPLICAS: Final = 3
_FIRST: Final = (on_pair("first", "Gate", "BTC", price("interval: H4, last: 1")),)


@dataclass(frozen=True, slots=True)
class StoreLink:
    """`store`: address and port at which a replica reaches it. `prefix`: of the command of the replica."""

    store: str
    host: str = "127.0.0.1"
    prefix: Sequence[str] = ()


class ReplicaProcess:
    """A replica that may be killed and started again, on the same port and under the same name."""

    def __init__(self, name: str, link: StoreLink, env: Mapping[str, str], core: int) -> None:
        self.name, self._core = name, core
        command = ["-m", "server.cli", "serve", "--host", link.host, "--port", str(free_port())]
        self._command = [*link.prefix, sys.executable, *command]
        self._env = {**env, "COINGLASS_REPLICA": name, "COINGLASS_SHARED_URL": f"valkey://{link.store}"}
        self._stack = contextlib.AsyncExitStack()
        self._process: Process | None = None
        self._died = -1.0
        self._ready = 0.0
        self._log = ""

    @property
    def is_up(self) -> bool:
        return self._process is not None

    @property
    def url(self) -> str:
        """Where it serves; raises RuntimeError while it does not."""
        if self._process is None:
            raise RuntimeError(f"The replica {self.name} is not up.")
        return self._process.url

    @property
    def has_ended(self) -> bool:
        """Whether it ended without being killed."""
        return self._process is not None and self._process.exit_code(0) is not None

    async def start(self) -> None:
        process = await self._stack.enter_async_context(entered(started(self._command, self._env, self._core)))
        await asyncio.to_thread(wait_until_ready, process)
        self._process, self._ready = process, time.monotonic()

    async def kill(self) -> None:
        process, self._process, self._died = self._process, None, time.monotonic()
        if process is not None:
            process.handle.kill()
            self._log += process.log_text()
            await self._stack.aclose()

    async def close(self) -> None:
        self._process = None
        await self._stack.aclose()

    async def metrics(self) -> str:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            return (await http.get(f"{self.url}/metrics")).text

    def was_killed_since(self, at: float) -> bool:
        return not self.is_up or self._died >= at

    def age(self, at: float) -> float:
        """Return for how many seconds it had been ready."""
        return at - self._ready

    def log_text(self) -> str:
        """Return the log of all its processes."""
        return self._log + ("" if self._process is None else self._process.log_text())


@dataclass(frozen=True, slots=True)
class Fleet:
    replicas: Sequence[ReplicaProcess]
    upstream: SandboxSwitches
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def caller(self, address: str = "") -> "SpreadCaller":
        """Return a caller whose first request goes to the replica after that of the caller before."""
        return SpreadCaller(self.replicas, address, next(self._numbers))

    def problems(self) -> list[str]:
        """Return a sentence for each replica that ended, or that has a traceback in its log."""
        ended = [f"replica {item.name} ended" for item in self.replicas if item.has_ended]
        return ended + [f"{item.name} logged a traceback" for item in self.replicas if "Traceback" in item.log_text()]


class SpreadCaller:
    """Sends each request to the next replica that is up, and again to another one if a kill cut the answer off.

    `repeats` counts the latter.
    """

    def __init__(self, replicas: Sequence[ReplicaProcess], address: str, first: int) -> None:
        self.repeats = 0
        self._replicas, self._address = replicas, address
        self._turn = first
        self._connections: dict[ReplicaProcess, CallerConnection] = {}

    async def ask(self, parts: Sequence[Part], patience: float = PATIENCE) -> Answered:
        body = document(parts)
        while True:
            replica = self._next()
            sent = time.monotonic()
            reply = await self.connection(replica).ask(body, patience)
            if reply.status or not replica.was_killed_since(sent):
                return replace(read(parts, reply), by=f"{replica.name} (up for {replica.age(sent):.1f} s)")
            self.repeats += 1

    def connection(self, replica: ReplicaProcess) -> CallerConnection:
        if replica not in self._connections:
            self._connections[replica] = CallerConnection(replica.url, self._address)
        return self._connections[replica]

    async def connect(self) -> None:
        """Connect to the replica that the next request goes to."""
        await self.connection(self._replicas[self._turn % len(self._replicas)]).connect()

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _next(self) -> ReplicaProcess:
        for _ in self._replicas:
            replica = self._replicas[self._turn % len(self._replicas)]
            self._turn += 1
            if replica.is_up:
                return replica
        raise RuntimeError("No replica is up.")


@contextlib.asynccontextmanager
async def fleet(
    links: Sequence[StoreLink], plan: str, quota: int = UNLIMITED, host: str = "127.0.0.1", /, **settings: object
) -> AsyncIterator[Fleet]:
    """Start a replica for each link, and their upstream on `host`."""
    async with sandbox(plan, quota, figures="market", host=host) as upstream, contextlib.AsyncExitStack() as stack:
        # Connections stay open for longer than any caller pauses: a closed one would look like a lost answer.
        settings = {"trusted_proxies": f"127.0.0.1,{NETWORK}", "keep_alive_seconds": 60, **settings}
        env = environment(upstream.process.url, plan, settings)
        replicas = [
            ReplicaProcess(f"{plan}-{number}", link, env, cores()[number % 2]) for number, link in enumerate(links, 1)
        ]
        for replica in replicas:
            stack.push_async_callback(replica.close)
        await asyncio.gather(*(replica.start() for replica in replicas))
        together = Fleet(replicas, upstream)
        await asyncio.gather(*(_has_answered(together.caller()) for _ in replicas))
        yield together


async def _has_answered(caller: SpreadCaller) -> None:
    """Wait until the replicas answer; those of a new store first wait for others that might know of more requests."""
    async with asyncio.timeout(STARTS_WITHIN):
        while not all(part.answered for part in (await caller.ask(_FIRST)).outcomes):  # noqa: ASYNC110  # of servers
            await asyncio.sleep(0.2)
    caller.close()
