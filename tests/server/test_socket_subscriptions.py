"""Subscriptions over WebSocket, by graphql-transport-ws, on real sockets."""

import asyncio
import contextlib
import itertools
import json
import socket as sockets
from asyncio.transports import BaseTransport
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from server.socket_connection import SocketConnection
from tests.conftest import Graph, StartGraph
from tests.running import LIMIT, watching
from tests.server.fake_feed import REFUSED, SUBSCRIPTION, FakeFeed, body, served
from tests.test_websocket import PROTOCOL, address, send
from tests.test_websocket_limits import HANDSHAKE

LARGE = 100_000


@pytest.fixture
def feed() -> Iterator[FakeFeed]:
    feed = FakeFeed()
    with served(feed):
        yield feed


@contextlib.asynccontextmanager
async def opened(graph: Graph, **options: Any) -> AsyncIterator[ClientConnection]:
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None, **options) as client:
        await send(client, {"type": "connection_init"})
        await client.recv()
        yield client


async def receive(client: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(client.recv(), LIMIT))
    return message


async def subscribe(client: ClientConnection, feed: FakeFeed, id_: str = "1") -> None:
    """Subscribe, and return once the feed has the subscription."""
    before = len(feed.subscriptions)
    await send(client, {"type": "subscribe", "id": id_, "payload": {"query": SUBSCRIPTION}})
    await feed.has(before + 1)


def numbers(messages: list[dict[str, Any]]) -> list[int]:
    return [message["payload"]["data"]["tick"] for message in messages]


async def test_every_body_is_a_next_message_in_order(graph: Graph, feed: FakeFeed) -> None:
    async with opened(graph) as client:
        await subscribe(client, feed, 'quoted "id" é')
        await feed.send(*(body(number) for number in range(500)))
        await feed.send(*(body(number) for number in range(500, 1000)))
        received = [await receive(client) for _ in range(1000)]
    assert {(message["id"], message["type"]) for message in received} == {('quoted "id" é', "next")}
    assert numbers(received) == list(range(1000))


@pytest.mark.parametrize("size", [0, 60, 100, 4000, 65_400, 65_600, 1_000_000])
async def test_bodies_of_any_size_arrive_whole(graph: Graph, feed: FakeFeed, size: int) -> None:
    async with opened(graph, max_size=None) as client:
        await subscribe(client, feed)
        await feed.send(body(1, size), body(2, size), body(3))
        received = [await receive(client) for _ in range(3)]
    assert numbers(received) == [1, 2, 3]
    assert [len(message["payload"]["data"]["padding"]) for message in received] == [size, size, 0]


async def test_what_is_there_already_is_sent_at_once_and_the_end_is_complete(graph: Graph, feed: FakeFeed) -> None:
    feed.publish(body(1), body(2))
    feed.end()
    async with opened(graph) as client:
        for _ in range(2):  # the id is free again
            await send(client, {"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}})
            received = [await receive(client) for _ in range(3)]
            assert numbers(received[:2]) == [1, 2]
            assert received[2] == {"id": "1", "type": "complete"}
    assert not feed.subscriptions


async def test_a_feed_that_ends_completes_each_of_its_operations(graph: Graph, feed: FakeFeed) -> None:
    async with opened(graph) as client:
        await subscribe(client, feed, "1")
        await subscribe(client, feed, "2")
        await feed.finish()
        ended = [await receive(client) for _ in range(2)]
        await send(client, {"type": "subscribe", "id": "3", "payload": {"query": "{ __typename }"}})
        assert (await receive(client))["payload"] == {"data": {"__typename": "Query"}}
    assert sorted(message["id"] for message in ended) == ["1", "2"]
    assert {message["type"] for message in ended} == {"complete"}


async def test_a_client_that_completes_gets_nothing_more(graph: Graph, feed: FakeFeed) -> None:
    async with opened(graph) as client:
        await subscribe(client, feed, "1")
        await subscribe(client, feed, "2")
        await send(client, {"type": "complete", "id": "1"}, {"type": "complete", "id": "unknown"}, {"type": "ping"})
        assert await receive(client) == {"type": "pong"}
        await feed.send(body(1))
        assert (await receive(client))["id"] == "2"
        await subscribe(client, feed, "1")
        await feed.send(body(2))
        received = [await receive(client) for _ in range(3)]
    ticks = [(message["id"], message["payload"]["data"]["tick"]) for message in received]
    assert sorted(ticks) == [("1", 1), ("1", 2), ("2", 2)]


async def test_an_id_in_use_closes_the_connection_and_ends_its_subscriptions(graph: Graph, feed: FakeFeed) -> None:
    async with opened(graph) as client:
        await subscribe(client, feed)
        await send(client, {"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}})
        await asyncio.wait_for(client.wait_closed(), LIMIT)
        assert client.close_code == 4409
    await feed.has(0)


async def test_a_refused_subscription_is_an_error_with_its_code(graph: Graph, feed: FakeFeed) -> None:
    async with opened(graph) as client:
        await send(client, {"type": "subscribe", "id": "1", "payload": {"query": REFUSED}})
        refused = await receive(client)
        await subscribe(client, feed)
    assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")
    assert 'refused_total{code="BAD_USER_INPUT",status="error"} 1.0' in graph.http.get("/metrics").text
    assert len(feed.all) == 1


async def test_more_subscriptions_of_a_caller_than_the_limit_are_refused(
    start_graph: StartGraph, feed: FakeFeed
) -> None:
    graph = start_graph(max_subscriptions=2)
    async with opened(graph) as first, opened(graph) as second:
        await subscribe(first, feed, "1")
        await subscribe(second, feed, "1")
        await send(second, {"type": "subscribe", "id": "2", "payload": {"query": SUBSCRIPTION}})
        refused = await receive(second)
        await send(first, {"type": "complete", "id": "1"}, {"type": "ping"})
        await receive(first)
        await subscribe(second, feed, "2")
    error = refused["payload"][0]
    assert (refused["type"], error["extensions"]["code"]) == ("error", "TOO_MANY_SUBSCRIPTIONS")
    assert "COINGLASS_MAX_SUBSCRIPTIONS" in error["message"]
    assert len(feed.all) == 3


async def test_the_limit_holds_for_subscriptions_that_begin_at_the_same_time(
    start_graph: StartGraph, feed: FakeFeed
) -> None:
    graph = start_graph(max_subscriptions=2)
    async with opened(graph) as client:
        for number in range(10):
            await send(client, {"type": "subscribe", "id": str(number), "payload": {"query": SUBSCRIPTION}})
        refused = [await receive(client) for _ in range(8)]
        await feed.has(2)
        await send(client, *({"type": "complete", "id": str(number)} for number in range(10)))
        await feed.has(0)
        await subscribe(client, feed)
    assert {message["payload"][0]["extensions"]["code"] for message in refused} == {"TOO_MANY_SUBSCRIPTIONS"}
    assert len(feed.all) == 3


async def test_queries_and_subscriptions_count_together_on_a_connection(
    start_graph: StartGraph, feed: FakeFeed
) -> None:
    graph = start_graph(max_socket_operations=2)
    async with opened(graph) as client:
        await subscribe(client, feed, "1")
        await subscribe(client, feed, "2")
        await send(client, {"type": "subscribe", "id": "3", "payload": {"query": "{ __typename }"}})
        assert (await receive(client))["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
    assert len(feed.all) == 2


async def test_frames_do_not_tear_those_of_queries(graph: Graph, feed: FakeFeed) -> None:
    async with opened(graph) as client:
        await subscribe(client, feed, "live")
        for number in range(50):
            await send(client, {"type": "subscribe", "id": str(number), "payload": {"query": "{ __typename }"}})
            await feed.send(*[body(number, 50_000)] * 2)
        received = [await receive(client) for _ in range(200)]
    live = [message for message in received if message["id"] == "live"]
    assert numbers(live) == [number for number in range(50) for _ in range(2)]
    assert sum(message["type"] == "complete" for message in received) == 50


async def test_nothing_is_taken_for_a_client_that_does_not_read(
    graph: Graph, feed: FakeFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.size, feed.most, size, last = 10, 2, 300_000, 79  # 24 MB, more than the system buffers
    buffered: list[int] = []
    monkeypatch.setattr(SocketConnection, "write_frames", recording(buffered))
    async with opened(graph) as reader, opened(graph, max_queue=1) as sleeper:
        await subscribe(reader, feed)
        await subscribe(sleeper, feed)
        awake, asleep = feed.all
        for number in range(last + 1):
            await feed.send(body(number, size))
            assert numbers([await receive(reader)]) == [number]
        received = [await receive(sleeper)]
        while received[-1]["payload"]["data"]["tick"] != last:
            received.append(await receive(sleeper))
    assert awake.lost == 0
    assert asleep.lost == last + 1 - len(received) > 0
    assert numbers(received) == sorted(set(numbers(received)))
    assert numbers(received)[-feed.size :] == list(range(last + 1 - feed.size, last + 1))
    assert max(buffered) < (feed.most + 1) * (size + 1000)


def recording(buffered: list[int]) -> Callable[[SocketConnection, Sequence[bytes]], None]:
    """Return `write_frames` that notes how much each connection buffers."""
    write = SocketConnection.write_frames

    def write_frames(connection: SocketConnection, parts: Sequence[bytes]) -> None:
        write(connection, parts)
        buffered.append(connection.transport.get_write_buffer_size())

    return write_frames


async def test_a_client_that_does_not_read_is_cut_off_later_than_others(
    start_graph: StartGraph, feed: FakeFeed
) -> None:
    graph = start_graph(send_seconds=0.1)
    async with opened(graph, max_queue=1) as client:
        await subscribe(client, feed)
        await feed.send(*[body(1, LARGE)] * 200)
        await feed.has(0)
        with contextlib.suppress(ConnectionClosed):
            while True:
                await receive(client)
    assert client.close_code == 1006


@pytest.fixture
def frequent_pings(monkeypatch: pytest.MonkeyPatch) -> None:
    original = SocketConnection.connection_made

    def connection_made(connection: SocketConnection, transport: BaseTransport) -> None:
        original(connection, transport)
        connection.ping_interval, connection.ping_timeout = 0.02, 2.0

    monkeypatch.setattr(SocketConnection, "connection_made", connection_made)


@pytest.mark.usefixtures("frequent_pings")
async def test_a_client_that_does_not_read_need_not_answer_pings(graph: Graph, feed: FakeFeed) -> None:
    due = itertools.count()
    with watching((SocketConnection, "schedule_ping")) as until:
        async with opened(graph, max_queue=1) as client:
            await subscribe(client, feed)
            await feed.send(*(body(number, LARGE) for number in range(200)))
            await asyncio.to_thread(until, lambda: next(due) > 20)
            received = [await receive(client) for _ in range(200)]
    assert numbers(received) == list(range(200))


@pytest.mark.usefixtures("frequent_pings")
async def test_a_client_that_answers_no_pings_is_closed_with_its_subscriptions(graph: Graph, feed: FakeFeed) -> None:
    with raw_client(graph) as client:
        await feed.has(1)
        await feed.has(0)
        assert b"\x88" in b"".join(iter(lambda: client.recv(4096), b""))  # a close frame


async def test_a_client_that_does_not_answer_the_close_is_sent_nothing_after_it(
    graph: Graph, feed: FakeFeed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ended: list[SocketConnection] = []
    start = SocketConnection.start_keepalive

    def start_keepalive(connection: SocketConnection) -> None:
        connection.ping_interval, connection.ping_timeout, connection.close_timeout = 0.01, None, 0.1
        start(connection)
        ended.append(connection)

    monkeypatch.setattr(SocketConnection, "start_keepalive", start_keepalive)
    with raw_client(graph) as client:
        await feed.has(1)
        await feed.call(ended[0].end, 1001, "The reason.")
        await feed.call(feed.publish, body(1))
        received = b"".join(iter(lambda: client.recv(4096), b""))
    await feed.has(0)
    assert received.endswith(b"\x88\x0d\x03\xe9The reason.")
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


@contextlib.contextmanager
def raw_client(graph: Graph) -> Iterator[sockets.socket]:
    """Subscribe over a socket that answers nothing by itself."""
    url = graph.http.base_url
    with sockets.create_connection((url.host, url.port or 0), timeout=LIMIT) as client:
        client.sendall(HANDSHAKE + b"\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 101")
        subscribe = {"type": "subscribe", "id": "1", "payload": {"query": SUBSCRIPTION}}
        for message in ({"type": "connection_init"}, subscribe):
            client.sendall(Frame(Opcode.TEXT, json.dumps(message).encode()).serialize(mask=True))
        yield client


@pytest.mark.parametrize("reads", [False, True])
async def test_a_client_that_leaves_in_the_middle_of_a_frame_leaves_nothing(
    graph: Graph, feed: FakeFeed, *, reads: bool
) -> None:
    with raw_client(graph) as client:
        await feed.has(1)
        await feed.send(*[body(1, LARGE)] * 100)
        if reads:
            assert len(client.recv(1000)) > 0
        client.sendall(b"\x81\xfe\x10")  # the start of a frame
    await feed.has(0)
    assert graph.data("{ __typename }")


async def test_hundreds_of_subscriptions_leave_nothing_behind(graph: Graph, feed: FakeFeed) -> None:
    for _ in range(20):
        async with opened(graph, max_queue=None) as client:
            for number in range(20):
                await subscribe(client, feed, str(number))
            for number in range(0, 20, 2):
                await send(client, {"type": "complete", "id": str(number)})
            await feed.send(body(1))
        await feed.has(0)
    assert all(subscription.is_closed for subscription in feed.all)
    assert len(feed.all) == 400
