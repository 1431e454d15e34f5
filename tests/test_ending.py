"""A server that is told to end finishes what is under way, or says that it cannot, and ends well."""

import asyncio
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from cg_client.plans import Plan
from sandbox.app import Sandbox, create_sandbox
from sandbox.faults import Fault, FaultKind
from server.ending import Ending
from tests.running import running
from tests.test_cli import KEY, serving

PRICE = "/api/futures/price/history"
INTERVALS = ("M1", "M5", "M30", "H4")
DEADLINE = 3  # seconds
GOING_AWAY = 1012  # "service restart", by the registry of WebSocket close codes
Serving = tuple[str, subprocess.Popen[str], Sandbox]


@pytest.fixture
def served() -> Iterator[Serving]:
    """Yield a live server whose prices take half a second."""
    sandbox = Sandbox(Plan.PROFESSIONAL, key=KEY)
    sandbox.faults.append(Fault(FaultKind.SLOW, PRICE, seconds=0.5))
    with (
        running(create_sandbox(sandbox)) as upstream,
        serving(
            COINGLASS_API_KEY=KEY,
            COINGLASS_BASE_URL=upstream,
            COINGLASS_PLAN="professional",
            COINGLASS_DEADLINE_SECONDS=str(DEADLINE),
        ) as (address, process),
    ):
        yield address, process, sandbox


def ask(address: str, interval: str) -> httpx.Response:
    query = f"""{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{
      price(interval: {interval}, last: 2) {{ __typename }} }} }}"""
    return httpx.post(f"{address}/graphql", json={"query": query}, timeout=30)


def until_asked(sandbox: Sandbox, times: int) -> None:
    latest = time.monotonic() + 20
    while sandbox.calls[PRICE] < times:
        assert time.monotonic() < latest
        time.sleep(0.01)


def said(process: subprocess.Popen[str]) -> str:
    """All that was logged until the end."""
    assert process.stderr
    return process.stderr.read()


def is_clean(log: str) -> bool:
    return not any(word in log for word in ("Traceback", "destroyed", "never retrieved", "ERROR", KEY))


def test_what_is_under_way_is_finished_and_the_process_ends_well(served: Serving) -> None:
    address, process, sandbox = served
    answers: list[httpx.Response] = []
    clients = [threading.Thread(target=lambda name=name: answers.append(ask(address, name))) for name in INTERVALS]
    for client in clients:
        client.start()
    until_asked(sandbox, len(INTERVALS))
    process.send_signal(signal.SIGTERM)
    for client in clients:
        client.join()
    assert process.wait(10) == 0
    kinds = [answer.json()["data"]["pair"]["price"]["__typename"] for answer in answers]
    assert kinds == ["PriceSeries"] * len(INTERVALS)
    assert {answer.headers.get("connection") for answer in answers} == {"close"}
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/healthz")
    assert is_clean(said(process))


def test_what_nobody_waits_for_any_more_ends_with_its_deadline(served: Serving) -> None:
    address, process, sandbox = served
    sandbox.faults[0].seconds = 30.0
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{address}/graphql",
            json={"query": '{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H4) { __typename } } }'},
            timeout=1,
        )
    until_asked(sandbox, 1)
    sandbox.faults.clear()
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE + 2) == 0
    assert is_clean(said(process))


def test_websockets_are_closed_with_a_code_that_says_to_come_back(served: Serving) -> None:
    address, process, _ = served
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
    assert is_clean(said(process))


@pytest.mark.parametrize("begun", [False, True])
async def test_a_request_that_cannot_be_finished_is_refused_unless_its_answer_has_begun(begun: bool) -> None:
    reached = asyncio.Event()
    sent: list[Message] = []

    async def never_done(_scope: Scope, _receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        reached.set()
        await asyncio.Event().wait()

    async def send(message: Message) -> None:
        if sent and message["type"] == "http.response.start":
            raise RuntimeError("as uvicorn does")
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    request = asyncio.create_task(Ending(never_done)({"type": "http"}, receive, send))
    await reached.wait()
    request.cancel()
    await request
    assert [message.get("status") for message in sent] == ([200] if begun else [503, None])
    if not begun:
        assert (b"retry-after", b"1") in sent[0]["headers"]
        assert json.loads(sent[1]["body"])["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
