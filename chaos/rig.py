"""The real server and the sandbox as its upstream, each in a separate process."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import httpx

from bench.processes import Process, cores, started
from bench.servers import wait_until_ready
from chaos.connection import PATIENCE, CallerConnection
from chaos.outcomes import Answered, Outcome, read
from chaos.parts import Part, document

UNLIMITED = 1_000_000  # requests a minute


@dataclass(frozen=True, slots=True)
class SandboxSwitches:
    """The sandbox's switches."""

    process: Process

    async def fail(self, kind: str, **options: object) -> None:
        await self._send("POST", "faults", {"kind": kind, **options})

    async def heal(self) -> None:
        await self._send("DELETE", "faults")

    async def change(self, name: str, **state: object) -> None:
        await self._send("PUT", name, state)

    async def calls(self) -> dict[str, Any]:
        counted: dict[str, Any] = await self._send("GET", "calls")
        return counted

    async def requests(self) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = await self._send("GET", "requests")
        return seen

    async def live(self) -> dict[str, Any]:
        """Return the state of the WebSocket."""
        state: dict[str, Any] = await self._send("GET", "live")
        return state

    async def break_stream(self, kind: str, **options: object) -> None:
        await self._send("POST", "live/faults", {"kind": kind, **options})

    async def heal_stream(self) -> None:
        await self._send("DELETE", "live/faults")

    async def _send(self, method: str, name: str, body: object = None) -> Any:  # noqa: ANN401  # JSON
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            answer = await http.request(method, f"{self.process.url}/_sandbox/{name}", json=body)
        return answer.raise_for_status().json() if method == "GET" else None


@dataclass(frozen=True, slots=True)
class Rig:
    server: Process
    upstream: SandboxSwitches

    def caller(self, address: str = "") -> CallerConnection:
        return CallerConnection(self.server.url, address)

    async def once(self, parts: list[Part]) -> Answered:
        """Send one request of a new caller."""
        return await answer_to(self.caller(), parts)

    async def values(self, parts: list[Part]) -> dict[str, object]:
        """Return the answers while nothing fails, by the names of the parts."""
        answer = await self.once(parts)
        missing = [item for item in answer.outcomes if not item.answered]
        if missing or not answer.outcomes:
            raise RuntimeError(f"Without faults some parts fail: {missing[:3]} {answer.reply.body[:500]!r}")
        return {item.part: item.value for item in answer.outcomes}


async def answer_to(caller: CallerConnection, parts: list[Part], patience: float = PATIENCE) -> Answered:
    return read(parts, await caller.ask(document(parts), patience))


def outcomes(answers: list[Answered]) -> list[Outcome]:
    return [outcome for item in answers for outcome in item.outcomes]


@contextlib.asynccontextmanager
async def rig(
    plan: str = "professional", quota: int = UNLIMITED, module: str = "server.cli", /, **settings: object
) -> AsyncIterator[Rig]:
    """Start both processes; `settings` are the server's, without their prefix: `deadline_seconds=2`."""
    async with (
        sandbox(plan, quota) as upstream,
        server(upstream.process.url, plan, module, **settings) as process,
    ):
        await asyncio.to_thread(wait_until_ready, process)
        yield Rig(process, upstream)


@contextlib.asynccontextmanager
async def sandbox(
    plan: str, quota: int = UNLIMITED, port: int = 0, *, figures: str = "samples", host: str = "127.0.0.1"
) -> AsyncIterator[SandboxSwitches]:
    command = [sys.executable, "-m", "sandbox", "--figures", figures, "--tied", "--host", host]
    command += ["--plan", plan, "--quota", str(quota), "--port", str(port)]
    _, core = cores()
    async with entered(started(command, {}, core)) as process:
        yield SandboxSwitches(process)


@contextlib.asynccontextmanager
async def server(upstream: str, plan: str, module: str = "server.cli", /, **settings: object) -> AsyncIterator[Process]:
    core, _ = cores()
    command = [sys.executable, "-m", module, "serve", "--port", "0"]
    async with entered(started(command, environment(upstream, plan, settings), core)) as process:
        yield process


def environment(upstream: str, plan: str, settings: Mapping[str, object]) -> dict[str, str]:
    complete: dict[str, object] = {
        "api_key": "sandbox",
        "base_url": upstream,
        "websocket_url": f"{upstream.replace('http', 'ws', 1)}/ws-api",
        "plan": plan,
        "log_level": "warning",
        "trusted_proxies": "127.0.0.1",
        **settings,
    }
    return {f"COINGLASS_{name.upper()}": str(value) for name, value in complete.items()}


@contextlib.asynccontextmanager
async def entered(context: AbstractContextManager[Process]) -> AsyncIterator[Process]:
    """Start and stop a process in a thread, so that the other scenarios go on meanwhile."""
    process = await asyncio.to_thread(context.__enter__)
    try:
        yield process
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
