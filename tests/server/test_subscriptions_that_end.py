"""Subscriptions that end with the server, or with the credentials of their callers."""

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_in_thread

from callers import key_file
from callers.key_commands import create_key, revoke_keys
from server.live import subscribers
from server.live.subscribers import Subscriber, Subscribers
from tests.conftest import Graph, StartGraph
from tests.server.fake_feed import SUBSCRIPTION, FakeFeed, body, served
from tests.server.test_http_subscriptions import ACCEPT_PARTS, BOTH, EVENTS, parsed, streaming
from tests.test_cli import serving
from tests.test_graceful_shutdown import is_clean, logged
from tests.test_websocket import PROTOCOL, address, send

LIVE = [sys.executable, "-m", "tests.live_server"]
GOING_AWAY, SERVICE_RESTART, UNAUTHORIZED = 1001, 1012, 4401
INIT = json.dumps({"type": "connection_init"})
SUBSCRIBE = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}})


@pytest.fixture
def feed() -> Iterator[FakeFeed]:
    feed = FakeFeed()
    with served(feed):
        yield feed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def start_with_keys(start_graph: StartGraph, path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Graph]:
    """Return a function that starts a server which looks at the file of keys at once."""
    monkeypatch.setattr(key_file, "_CHECK_SECONDS", 0.0)
    monkeypatch.setattr(subscribers, "REVIEW_SECONDS", 0.01)
    return lambda: start_graph(callers="keys", key_file=path)


def test_at_the_end_of_the_server_each_client_is_told_to_subscribe_elsewhere() -> None:
    with serving("--sandbox", command=LIVE, COINGLASS_DRAIN_SECONDS="0") as (http, process):
        endpoint = f"{http.replace('http', 'ws', 1)}/graphql"
        options = {"json": {"query": SUBSCRIPTION}}
        with (
            connect_in_thread(endpoint, subprotocols=[PROTOCOL], proxy=None) as idle,
            connect_in_thread(endpoint, subprotocols=[PROTOCOL], proxy=None) as subscribed,
            httpx.stream("POST", f"{http}/graphql", headers={"accept": EVENTS}, **options) as events,  # type: ignore[arg-type]  # as above
            httpx.stream("POST", f"{http}/graphql", headers={"accept": ACCEPT_PARTS}, **options) as parts,  # type: ignore[arg-type]  # as above
        ):
            for client in (idle, subscribed):
                client.send(INIT)
                client.recv(10)
            subscribed.send(SUBSCRIBE)
            assert json.loads(subscribed.recv(10))["payload"]["data"]["tick"] == 1
            streams = [(response, response.iter_text()) for response in (events, parts)]
            received = ["", ""]
            for index, (_, chunks) in enumerate(streams):
                while '"tick":1' not in received[index]:
                    received[index] += next(chunks)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            closed = []
            for client in (subscribed, idle):
                with pytest.raises(ConnectionClosed) as end:
                    client.recv(20)
                assert end.value.rcvd is not None
                closed.append((end.value.rcvd.code, end.value.rcvd.reason))
            for index, (_, chunks) in enumerate(streams):
                received[index] += "".join(chunks)  # to its proper end
        assert process.wait(10) == 0
        assert time.monotonic() - began < 15
        assert is_clean(logged(process))
    assert closed == [
        (GOING_AWAY, "The server is shutting down. Connect again, to another instance."),
        (SERVICE_RESTART, ""),
    ]
    assert parsed(EVENTS, received[0])[1:] == ["The server is shutting down. Subscribe again, at another instance."]
    message, failure, end_of_parts = parsed(ACCEPT_PARTS, received[1])
    assert message["data"]["tick"] == 1
    assert (failure["payload"], failure["errors"][0]["extensions"]["code"]) == (None, "SERVICE_UNAVAILABLE")
    assert end_of_parts == "complete"


async def test_a_server_that_ends_refuses_new_subscriptions(
    graph: Graph, feed: FakeFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    registries: list[Subscribers] = []
    add = Subscribers.add

    def noted(registry: Subscribers, subscriber: Subscriber) -> None:
        registries.append(registry)
        add(registry, subscriber)

    monkeypatch.setattr(Subscribers, "add", noted)
    async with streaming(graph, EVENTS):
        await feed.has(1)
        await feed.call(registries[0].interrupt_all)
        await feed.has(0)
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as client:
        await client.send(INIT)
        await client.recv()
        await client.send(SUBSCRIBE)
        refused = json.loads(await client.recv())
    assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "SERVICE_UNAVAILABLE")


async def test_a_revoked_key_ends_the_subscriptions_of_its_sockets_alone(
    start_with_keys: Callable[[], Graph], path: Path, feed: FakeFeed
) -> None:
    keys = {name: create_key(path, name, datetime.now(UTC)) for name in ("first", "second")}
    graph = start_with_keys()
    async with (
        connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as first,
        connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as second,
    ):
        for number, (client, name) in enumerate(((first, "first"), (second, "second"))):
            await send(client, {"type": "connection_init", "payload": {"apiKey": keys[name]}})
            await client.recv()
            await client.send(SUBSCRIBE)
            await feed.has(number + 1)
        revoke_keys(path, "first", datetime.now(UTC))
        with pytest.raises(ConnectionClosed) as closed:
            await first.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason[:8]) == (UNAUTHORIZED, "The key ")
        await feed.has(1)
        await feed.send(body(1))
        assert json.loads(await second.recv())["payload"]["data"]["tick"] == 1


@BOTH
async def test_a_revoked_key_ends_a_stream_with_the_reason(
    start_with_keys: Callable[[], Graph], path: Path, feed: FakeFeed, accept: str
) -> None:
    key = create_key(path, "first", datetime.now(UTC))
    graph = start_with_keys()
    async with streaming(graph, accept, **{"x-api-key": key}) as response:
        await feed.has(1)
        revoke_keys(path, "first", datetime.now(UTC))
        message, end = parsed(accept, (await response.aread()).decode())
    assert message["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert end == "complete"
    await feed.has(0)
