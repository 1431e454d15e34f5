"""Subscriptions over HTTP on real sockets: graphql-sse in distinct connections, and the multipart protocol."""

import asyncio
import contextlib
import json
import socket as sockets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any, cast

import httpx
import pytest

from server.live.stream_formats import EventStream, Multipart
from tests.conftest import Graph, StartGraph
from tests.running import LIMIT
from tests.server.fake_feed import REFUSED, SUBSCRIPTION, FakeFeed, body, served

EVENTS = "text/event-stream"
PARTS = 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"'
ACCEPT_PARTS = f"{PARTS}, application/json"  # as Apollo Client sends it
BOTH = pytest.mark.parametrize("accept", [EVENTS, ACCEPT_PARTS])
LARGE = 300_000


@pytest.fixture
def feed() -> Iterator[FakeFeed]:
    feed = FakeFeed()
    with served(feed):
        yield feed


@contextlib.asynccontextmanager
async def streaming(
    graph: Graph, accept: str, query: str = SUBSCRIPTION, method: str = "POST", **headers: str
) -> AsyncIterator[httpx.Response]:
    where: dict[str, Any] = {"json": {"query": query}} if method == "POST" else {"params": {"query": query}}
    async with (
        httpx.AsyncClient(base_url=graph.http.base_url, timeout=LIMIT) as client,
        client.stream(method, "/graphql", headers={"accept": accept} | headers, **where) as response,
    ):
        yield response


def parsed(accept: str, text: str) -> list[Any]:
    """Return the results, `complete`, and other things as they are written, from a part of a stream or all of it."""
    if accept == EVENTS:
        blocks = [block for block in text.split("\r\n\r\n") if block]
        fields = [dict(line.split(": ", 1) for line in block.split("\r\n")) for block in blocks]
        return [
            each.get("") or ("complete" if each["event"] == "complete" else json.loads(each["data"])) for each in fields
        ]
    opening, *parts = text.split("--graphql")
    assert opening == ""
    messages: list[Any] = []
    for part in parts:
        if part == "--\r\n":
            messages.append("complete")
        elif part:
            head, _, content = part.partition("\r\n\r\n")
            assert head == "\r\ncontent-type: application/json"
            messages.append(json.loads(content))
    return [
        message["payload"] if message != "complete" and [*message] == ["payload"] else message for message in messages
    ]


@BOTH
async def test_every_body_is_a_message_in_order_until_the_end(graph: Graph, feed: FakeFeed, accept: str) -> None:
    feed.publish(body(0))
    async with streaming(graph, accept) as response:
        await feed.has(1)
        await feed.send(*(body(number) for number in range(1, 500)))
        await feed.send(*(body(number) for number in range(500, 1000)))
        await feed.finish()
        messages = parsed(accept, (await response.aread()).decode())
    assert response.headers["content-type"] == (EVENTS if accept == EVENTS else PARTS)
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-cache, no-transform")
    assert [message["data"]["tick"] for message in messages[:-1]] == list(range(1000))
    assert messages[-1] == "complete"
    await feed.has(0)


@BOTH
async def test_a_message_arrives_before_the_next_one_is_there(graph: Graph, feed: FakeFeed, accept: str) -> None:
    async with streaming(graph, accept, method="GET") as response:
        await feed.has(1)
        text = ""
        chunks = cast("AsyncGenerator[str, None]", response.aiter_text())
        for number in range(3):
            await feed.send(body(number))
            while f'"tick":{number}' not in text or not text.endswith(("\r\n\r\n", "\r\n--graphql")):
                text += await anext(chunks)
    assert [message["data"]["tick"] for message in parsed(accept, text)] == [0, 1, 2]
    await feed.has(0)


@BOTH
async def test_heartbeats_keep_a_quiet_stream_open(
    graph: Graph, feed: FakeFeed, accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for form in (EventStream, Multipart):
        monkeypatch.setattr(form, "heartbeat_seconds", 0.01)
    async with streaming(graph, accept) as response:
        await feed.has(1)
        text = ""
        async for chunk in response.aiter_text():
            text += chunk
            if text.count("ping" if accept == EVENTS else "{}") >= 3:
                break
    assert set(map(str, parsed(accept, text))) == {"ping" if accept == EVENTS else "{}"}
    await feed.has(0)


@BOTH
async def test_a_refusal_is_the_one_result(graph: Graph, feed: FakeFeed, accept: str) -> None:
    async with streaming(graph, accept, REFUSED) as response:
        messages = parsed(accept, (await response.aread()).decode())
    assert messages == [{"errors": [{"message": "No.", "extensions": {"code": "BAD_USER_INPUT"}}]}, "complete"]
    assert 'refused_total{code="BAD_USER_INPUT",status="200"} 1.0' in graph.http.get("/metrics").text
    assert not feed.all


@BOTH
async def test_a_query_is_answered_in_the_format_that_is_asked_for(graph: Graph, accept: str) -> None:
    async with streaming(graph, accept, "{ __typename }") as response:
        text = (await response.aread()).decode()
    answer = {"data": {"__typename": "Query"}}
    if accept == EVENTS:
        assert parsed(accept, text) == [answer, "complete"]
    else:
        assert (response.headers["content-type"], json.loads(text)) == ("application/json", answer)
    async with streaming(graph, PARTS, "{ __typename }") as response:
        assert parsed(PARTS, (await response.aread()).decode()) == [answer, "complete"]


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "application/graphql-response+json",
        "*/*",
        "multipart/mixed, application/json",
        "multipart/mixed;deferSpec=20220824, application/json",
        'multipart/mixed;boundary="graphql";subscriptionSpec="2.0", application/json',
    ],
)
async def test_a_client_that_takes_no_stream_is_told_the_three_ways(graph: Graph, feed: FakeFeed, accept: str) -> None:
    answer = graph.http.post("/graphql", json={"query": SUBSCRIPTION}, headers={"accept": accept})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (406, "BAD_USER_INPUT")
    for way in ("graphql-transport-ws", "text/event-stream", 'multipart/mixed;boundary="graphql";subscriptionSpec'):
        assert way in error["message"]
    assert not feed.all


async def test_the_refusal_of_one_client_is_not_shared_with_one_that_takes_parts(graph: Graph, feed: FakeFeed) -> None:
    feed.end()
    options = {"json": {"query": SUBSCRIPTION}, "headers": {"accept": "application/json"}}
    async with httpx.AsyncClient(base_url=graph.http.base_url, timeout=LIMIT) as client:
        for accept, status in [("application/json", 406), (ACCEPT_PARTS, 200)] * 3:
            options["headers"] = {"accept": accept}
            assert (await client.post("/graphql", **options)).status_code == status  # type: ignore[arg-type]  # as above


async def test_a_dry_run_or_a_head_begins_nothing(graph: Graph, feed: FakeFeed) -> None:
    headers = {"accept": EVENTS}
    dry = graph.http.post("/graphql", json={"query": SUBSCRIPTION}, headers=headers | {"x-dry-run": "1"})
    head = graph.http.head("/graphql", params={"query": SUBSCRIPTION}, headers=headers)
    assert (dry.status_code, head.status_code) == (400, 405)
    assert not feed.all


@BOTH
async def test_more_subscriptions_of_a_caller_than_the_limit_are_refused(
    start_graph: StartGraph, feed: FakeFeed, accept: str
) -> None:
    graph = start_graph(max_subscriptions=1)
    async with streaming(graph, accept):
        await feed.has(1)
        async with streaming(graph, accept) as response:
            (refused, end) = parsed(accept, (await response.aread()).decode())
    assert (refused["errors"][0]["extensions"]["code"], end) == ("TOO_MANY_SUBSCRIPTIONS", "complete")
    await feed.has(0)
    async with streaming(graph, accept):
        await feed.has(1)


@BOTH
async def test_nothing_is_taken_for_a_client_that_does_not_read(graph: Graph, feed: FakeFeed, accept: str) -> None:
    feed.size, last = 10, 99  # 30 MB, more than the system buffers
    async with streaming(graph, accept) as response:
        await feed.has(1)
        (subscription,) = feed.all
        for number in range(last + 1):
            await feed.send(body(number, LARGE))
        await feed.finish()
        messages = parsed(accept, (await response.aread()).decode())
    ticks = [message["data"]["tick"] for message in messages[:-1]]
    assert ticks == sorted(set(ticks))
    assert ticks[-feed.size :] == list(range(last + 1 - feed.size, last + 1))
    assert subscription.lost == last + 1 - len(ticks) > 0
    assert subscription.takes < last


@pytest.mark.parametrize("reads", [False, True])
async def test_a_client_that_leaves_in_the_middle_of_a_part_leaves_nothing(
    graph: Graph, feed: FakeFeed, *, reads: bool
) -> None:
    content = json.dumps({"query": SUBSCRIPTION}).encode()
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\naccept: {ACCEPT_PARTS}\r\ncontent-type: application/json\r\n"
    url = graph.http.base_url
    with sockets.create_connection((url.host, url.port or 0), timeout=LIMIT) as client:
        client.sendall(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        await feed.has(1)
        await feed.send(*[body(1, LARGE)] * 50)
        if reads:
            assert len(client.recv(1000)) > 0
    await feed.has(0)
    assert graph.data("{ __typename }")


@BOTH
async def test_a_stream_of_hours_is_no_slow_request(graph: Graph, feed: FakeFeed, accept: str) -> None:
    feed.end()
    async with streaming(graph, accept) as response:
        await response.aread()
    await asyncio.sleep(0)
    metrics = graph.http.get("/metrics").text
    assert 'requests_total{answered_by="execution",operation="Ticks",status="200"} 1.0' in metrics
    assert 'request_duration_seconds_count{operation="Ticks"} 0.0' in metrics
