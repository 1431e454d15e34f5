"""The key, which is part of the socket's address, is in nothing that anybody can read, however CoinGlass repeats it."""

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias
from urllib.parse import quote

import httpx
import pytest

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.live.socket import UpstreamSocket
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from tests.cg_client.live.rig import TRADES, TRADES_NAME, Peer, StandIn, order, until
from tests.clock import SteppedClock

KEY = "key/with&signs-0f3c55"
PASSWORD = "password-of-the-socket-7d1a"  # noqa: S105  # of nothing
FORMS = (KEY, quote(KEY), quote(KEY, safe=""), PASSWORD)
FAULTS = (None, "answer", "text", "refusal", "close", "values", "names", "unknown channel", "drop", "bad frame")

Texts: TypeAlias = list[str]


class FailingListener:
    """A listener that writes down all that it is given, and fails itself."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self.calls = 0

    def _note(self, *values: object) -> None:
        self.calls += 1
        for value in values:
            self._texts += [str(value), repr(value)]
            if isinstance(value, BaseException):
                self._texts += chain(value)
        raise ZeroDivisionError(*values)

    received = interrupted = resumed = refused = connected = _note


def chain(error: BaseException | None) -> Texts:
    """Return all that an error refers to, even what a traceback does not show."""
    texts: Texts = []
    while error is not None:
        texts += [*traceback.format_exception(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    return texts


class Everything(logging.Handler):
    def __init__(self, texts: Texts) -> None:
        super().__init__(logging.NOTSET)
        self._texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "websockets.server":
            return  # CoinGlass itself
        self._texts += [record.getMessage(), repr(vars(record))]
        if record.exc_info:
            self._texts += chain(record.exc_info[1])


@pytest.fixture
async def texts() -> AsyncIterator[Texts]:
    """Collect all that is logged or reported, at every level of every library."""
    collected: Texts = []
    root, loop = logging.getLogger(), asyncio.get_running_loop()
    handler, level = Everything(collected), root.level
    root.addHandler(handler)
    names = ("websockets", "websockets.client", "asyncio")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in ("", *names):
        logging.getLogger(name).setLevel(logging.DEBUG)
    loop.set_debug(True)
    loop.set_exception_handler(lambda _, context: collected.extend([repr(context), *chain(context.get("exception"))]))
    yield collected
    root.removeHandler(handler)
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


async def inflict(fault: str, peer: Peer) -> None:
    quoted = f"{KEY} {quote(KEY, safe='')} {peer.socket.request and peer.socket.request.path}"
    acts: dict[str, Callable[[], Awaitable[Any]]] = {
        "text": lambda: peer.send(f"hello {quoted}"),
        "refusal": lambda: peer.send(f"Invalid API key {quoted}"),
        "close": lambda: peer.socket.close(1008, f"Invalid API key {quoted}"[:120]),
        "values": lambda: peer.send_rows(TRADES_NAME, order(price=quoted, base_asset=quoted)),
        "names": lambda: peer.send_rows(TRADES_NAME, order() | {quoted: quoted}),
        "unknown channel": lambda: peer.send_rows(f"x{quoted}", {}),
    }
    if fault == "drop":
        peer.drop()
    elif fault == "bad frame":
        peer.socket.transport.write(b"\x81\x03\xff\xff\xff")
    else:
        await acts[fault]()


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_key_is_in_no_log_error_or_event(texts: Texts, upstream: StandIn, fault: str | None) -> None:
    if fault == "answer":
        upstream.refusals = [(401, f'{{"code":"401","msg":"Invalid API key {KEY} {quote(KEY, safe="")}"}}')]
    address = upstream.url.replace("://", f"://user:{PASSWORD}@")
    async with reading(address, texts) as (socket, reader):
        if fault == "answer":
            await until(lambda: reader.calls == 1)
        else:
            peer = await upstream.peer()
            await until(lambda: reader.calls == 1)
            if fault is not None:
                await inflict(fault, peer)
            if fault not in ("text", "unknown channel", None):
                await until(lambda: reader.calls == 2)
        texts += [repr(vars(socket)), *map(repr, asyncio.all_tasks())]
    check(texts)


@pytest.mark.parametrize("url", ["ws://127.0.0.1:9/ws-api", "wss://127.0.0.1:{port}/ws-api", "ws://{long}/", "ws://"])
@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:9"])
async def test_no_failure_to_connect_shows_the_address(
    texts: Texts, upstream: StandIn, url: str, proxy: str | None
) -> None:
    port = upstream.url.rpartition(":")[2].partition("/")[0]
    address = url.replace("{port}", port).replace("{long}", "x" * 64).replace("://", f"://user:{PASSWORD}@")
    async with reading(address, texts, proxy=proxy) as (_, reader):
        await until(lambda: reader.calls == 1)
    assert upstream.peers == []
    check(texts)


class reading:  # noqa: N801  # used as a function
    """A socket whose listener writes down what it is told."""

    def __init__(self, url: str, texts: Texts, proxy: str | None = None) -> None:
        config = ClientConfig(api_key=Secret(KEY), socket_url=url, plan=Plan.STANDARD, proxy=proxy)
        texts += [repr(config), str(config)]
        self._client = Client(
            config, clock=SteppedClock(), transport=httpx.MockTransport(lambda _: httpx.Response(500))
        )
        self._socket, self._reader = UpstreamSocket(self._client), FailingListener(texts)

    async def __aenter__(self) -> tuple[UpstreamSocket, FailingListener]:
        self._socket.open(TRADES, self._reader)
        return self._socket, self._reader

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._client.close()


def check(texts: Texts) -> None:
    assert [text for text in texts if any(form in text for form in FORMS)] == []
    assert any("ZeroDivisionError" in text for text in texts)  # what is collected is what happens
