"""Graceful shutdown: operations in progress are finished or answered with 503, and the exit code is 0."""

import asyncio
import json
import signal
import subprocess
import threading
from collections.abc import AsyncGenerator, Iterator

import httpx
import pytest
from starlette.types import Message, Receive
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox, create_sandbox
from sandbox.faults import Fault, FaultKind
from server.asgi import HTTPAdapter
from server.http import Handler, Request, Response
from tests.clock import FakeClock
from tests.running import Until, running, watching
from tests.server.raw_asgi import Reply, Server, http_scope, ignore, receiving, sending
from tests.test_cli import KEY, serving

PRICE = "/api/futures/price/history"
INTERVALS = ("M1", "M5", "M30", "H4")
DEADLINE = 3  # seconds
GOING_AWAY = 1012  # "service restart", by the registry of WebSocket close codes
Serving = tuple[str, subprocess.Popen[str], Sandbox, Until]


@pytest.fixture
def served() -> Iterator[Serving]:
    """Yield a live server whose prices take half a second."""
    sandbox = Sandbox(Plan.PROFESSIONAL, key=KEY)
    sandbox.faults.append(Fault(FaultKind.SLOW, PRICE, seconds=0.5))
    with (
        watching((Sandbox, "_answer")) as until,
        running(create_sandbox(sandbox)) as upstream,
        serving(
            COINGLASS_API_KEY=KEY,
            COINGLASS_BASE_URL=upstream,
            COINGLASS_PLAN="professional",
            COINGLASS_DEADLINE_SECONDS=str(DEADLINE),
            COINGLASS_DRAIN_SECONDS="0",
        ) as (address, process),
    ):
        yield address, process, sandbox, until


def ask(address: str, interval: str) -> httpx.Response:
    query = f"""{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{
      price(interval: {interval}, last: 2) {{ __typename }} }} }}"""
    return httpx.post(f"{address}/graphql", json={"query": query}, timeout=30)


def logged(process: subprocess.Popen[str]) -> str:
    """Return everything that was logged."""
    assert process.stderr
    return process.stderr.read()


def is_clean(log: str) -> bool:
    return not any(word in log for word in ("Traceback", "destroyed", "never retrieved", "ERROR", KEY))


def test_operations_in_progress_are_finished_and_the_exit_code_is_0(served: Serving) -> None:
    address, process, sandbox, until = served
    answers: list[httpx.Response] = []
    clients = [threading.Thread(target=lambda name=name: answers.append(ask(address, name))) for name in INTERVALS]
    for client in clients:
        client.start()
    until(lambda: sandbox.calls[PRICE] == len(INTERVALS))
    process.send_signal(signal.SIGTERM)
    for client in clients:
        client.join()
    assert process.wait(10) == 0
    kinds = [answer.json()["data"]["pair"]["price"]["__typename"] for answer in answers]
    assert kinds == ["PriceSeries"] * len(INTERVALS)
    assert {answer.headers.get("connection") for answer in answers} == {"close"}
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/healthz")
    assert is_clean(logged(process))


def test_an_abandoned_operation_ends_at_its_deadline(served: Serving) -> None:
    address, process, sandbox, until = served
    sandbox.faults[0].seconds = 30.0
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{address}/graphql",
            json={"query": '{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H4) { __typename } } }'},
            timeout=1,
        )
    until(lambda: sandbox.calls[PRICE] == 1)
    sandbox.faults.clear()
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE + 2) == 0
    assert is_clean(logged(process))


def test_websockets_are_closed_with_service_restart(served: Serving) -> None:
    address, process, _, _ = served
    with connect(
        f"{address.replace('http', 'ws')}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None
    ) as socket:
        socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(socket.recv(10))["type"] == "connection_ack"
        process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == GOING_AWAY
    assert process.wait(10) == 0
    assert is_clean(logged(process))


async def cancelled(app: HTTPAdapter, receive: Receive, reached: asyncio.Event) -> Reply:
    """Return what a request gets that is cancelled when it has reached the point."""
    reply = Reply()
    request = asyncio.create_task(app(http_scope(), receive, sending(reply)))
    await reached.wait()
    request.cancel()
    await request
    return reply


def is_refusal(reply: Reply) -> bool:
    code = json.loads(reply.body)["errors"][0]["extensions"]["code"]
    return (reply.status, reply.headers["retry-after"], code) == (503, "1", "SERVICE_UNAVAILABLE")


async def test_an_unfinished_request_is_answered_with_503() -> None:
    reached = asyncio.Event()

    async def never_done(_: Request) -> Response:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    assert is_refusal(await cancelled(adapted(never_done), receiving(b""), reached))


async def test_a_request_with_an_unfinished_body_is_answered_with_503() -> None:
    reached = asyncio.Event()

    async def unread(_: Request) -> Response:
        raise AssertionError

    async def receive() -> Message:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    assert is_refusal(await cancelled(adapted(unread), receive, reached))


async def test_a_stream_in_progress_is_cut_off() -> None:
    reached = asyncio.Event()

    async def parts() -> AsyncGenerator[bytes, None]:
        yield b"one"
        reached.set()
        await asyncio.Event().wait()

    async def streaming(_: Request) -> Response:
        return Response(200, b"", [], stream=parts())

    reply = await cancelled(adapted(streaming), receiving(b""), reached)
    assert (reply.status, reply.raw) == (200, b"one")
    assert reply.messages[-1]["more_body"]


def adapted(handle: Handler) -> HTTPAdapter:
    return HTTPAdapter(handle, ignore, Server(FakeClock()))
