"""Equal concurrent requests share one run of the application, and do not affect each other."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from typing import Any

import orjson
import pytest
from starlette.types import Message

from server.http import Request, Response
from tests.server.raw_asgi import (
    Origin,
    Reply,
    Served,
    Server,
    disconnected,
    http_scope,
    post,
    receiving,
    run_pending,
    sending,
)

JSON = [("content-type", "application/json")]
Waiting = Callable[..., "asyncio.Task[Reply]"]


@pytest.fixture
async def waiting(origin: Origin) -> AsyncGenerator[Waiting]:
    """Start requests that wait in the application until it is opened."""
    origin.open.clear()
    tasks: list[asyncio.Task[Reply]] = []

    def start(cache: Served, payload: object = None, **headers: str) -> asyncio.Task[Reply]:
        tasks.append(asyncio.create_task(post(cache, payload, **headers)))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()


@pytest.mark.parametrize("lasts", [60.0, None])
async def test_equal_concurrent_requests_share_one_run(
    cache: Served, origin: Origin, waiting: Waiting, lasts: float | None
) -> None:
    origin.lasts, origin.padding = lasts, 5000
    tasks = [waiting(cache, accept_encoding=("gzip", "zstd", "")[index % 3]) for index in range(32)]
    tasks.append(waiting(cache, b' { "query" : "{ a }" } '))
    await run_pending()
    origin.open.set()
    replies = await asyncio.gather(*tasks)
    assert ({reply.number for reply in replies}, origin.count) == ({1}, 1)
    assert (cache.misses, cache.shared, cache._in_flight) == (1, 32, {})
    assert len({reply.headers["x-request-id"] for reply in replies}) == 33
    assert (await post(cache)).number == (1 if lasts else 2)


async def test_requests_share_a_run_without_a_store(
    cache_of: Callable[..., Served], origin: Origin, waiting: Waiting
) -> None:
    cache = cache_of(limit=0)
    tasks = [waiting(cache) for _ in range(3)]
    await run_pending()
    origin.open.set()
    assert {reply.number for reply in await asyncio.gather(*tasks)} == {1}


async def test_different_requests_and_callers_share_no_run(
    cache_of: Callable[..., Served], origin: Origin, waiting: Waiting
) -> None:
    cache = cache_of()
    tasks = [waiting(cache), waiting(cache, {"query": "{ b }"}), waiting(cache, x_caller="ann")]
    await run_pending()
    origin.open.set()
    assert [reply.number for reply in await asyncio.gather(*tasks)] == [1, 2, 3]


async def test_client_and_priority_are_not_part_of_the_key(cache: Served, origin: Origin, waiting: Waiting) -> None:
    tasks = [
        waiting(cache, x_client_id="ann"),
        waiting(cache, x_client_id="bob"),
        waiting(cache, x_priority="backfill"),
    ]
    await run_pending()
    origin.open.set()
    assert {reply.number for reply in await asyncio.gather(*tasks)} == {1}


async def test_a_run_of_an_earlier_revision_is_not_shared(
    cache: Served, origin: Origin, server: Server, waiting: Waiting
) -> None:
    before = waiting(cache)
    await run_pending()
    server.revision.bump()
    after = waiting(cache)
    await run_pending()
    origin.open.set()
    assert ((await before).number, (await after).number) == (1, 2)
    assert (await post(cache)).number == 2


async def test_cancelling_the_first_caller_does_not_affect_the_others(
    cache: Served, origin: Origin, waiting: Waiting
) -> None:
    first, second = waiting(cache), waiting(cache)
    await run_pending()
    first.cancel()
    await run_pending()
    third = waiting(cache)
    await run_pending()
    origin.open.set()
    assert [(await second).number, (await third).number, origin.count] == [1, 1, 1]
    assert (await first).status == 503
    assert (await post(cache)).number == 1


async def test_cancelling_a_later_caller_does_not_affect_the_others(
    cache: Served, origin: Origin, waiting: Waiting
) -> None:
    tasks = [waiting(cache) for _ in range(3)]
    await run_pending()
    tasks[1].cancel()
    await run_pending()
    origin.open.set()
    assert [(await tasks[0]).number, (await tasks[2]).number, origin.count] == [1, 1, 1]


async def test_a_run_whose_callers_were_all_cancelled_ends_with_them(
    cache: Served, origin: Origin, waiting: Waiting
) -> None:
    tasks = [waiting(cache), waiting(cache)]
    for task in tasks:
        await run_pending()
        task.cancel()
    after = waiting(cache)  # begins a run of its own, though that of the others has not ended yet
    await run_pending()
    origin.open.set()
    assert ((await after).number, origin.count) == (2, 2)
    assert ((await post(cache)).number, origin.count) == (2, 2)


@pytest.mark.parametrize("query", ["{ a }", "mutation { a }"])
async def test_a_run_ends_when_its_only_client_leaves(cache: Served, origin: Origin, query: str) -> None:
    origin.open.clear()
    reply, left = Reply(), asyncio.Event()

    async def leave() -> Message:
        await left.wait()
        return await disconnected()

    headers = [("content-type", "application/json")]
    body = receiving(orjson.dumps({"query": query}), then=leave)
    client = asyncio.create_task(cache(http_scope(headers=headers), body, sending(reply)))
    await run_pending()
    left.set()
    await client
    assert (origin.count, origin.answered, reply.messages) == (1, 0, [])


async def test_an_exception_is_not_shared(cache: Served, origin: Origin, waiting: Waiting) -> None:
    origin.failure = RuntimeError("broken")
    tasks = [waiting(cache) for _ in range(3)]
    await run_pending()
    origin.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(result) for result in results] == ["broken"] * 3
    assert (origin.count, cache.shared) == (3, 0)


async def test_a_cancelled_run_is_not_shared(cache: Served, origin: Origin, waiting: Waiting) -> None:
    origin.failure = asyncio.CancelledError()
    tasks = [waiting(cache) for _ in range(3)]
    await run_pending()
    origin.open.set()
    assert [reply.status for reply in await asyncio.gather(*tasks)] == [503, 503, 503]
    assert (origin.count, cache.shared) == (3, 0)


async def test_after_a_failed_run_the_waiting_requests_run_themselves(
    cache_of: Callable[..., Served], origin: Origin, waiting: Waiting
) -> None:
    async def failing_once(request: Request) -> Response:
        first = origin.count == 0
        response = await origin(request)
        if first:
            raise RuntimeError("broken")
        return response

    cache = cache_of(handle=failing_once)
    tasks = [waiting(cache) for _ in range(3)]
    await run_pending()
    origin.open.set()
    first, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(first, RuntimeError)
    assert [reply.status for reply in others if isinstance(reply, Reply)] == [200, 200]
    assert (await post(cache)).status == 200


@pytest.mark.parametrize("change", [{"status": 500}, {"headers": [(b"set-cookie", b"a=b")]}])
async def test_a_private_response_is_not_shared(
    cache: Served, origin: Origin, waiting: Waiting, change: dict[str, Any]
) -> None:
    vars(origin).update(change)
    tasks = [waiting(cache) for _ in range(3)]
    await run_pending()
    origin.open.set()
    assert sorted(reply.number for reply in await asyncio.gather(*tasks)) == [1, 2, 3]


class Stream:
    """Sends a part whenever `go` is set, and records how it ends."""

    def __init__(self) -> None:
        self.count = 0
        self.parts: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.open = asyncio.Event()
        self.open.set()
        self.events: list[str] = []

    async def __call__(self, _: Request) -> Response:
        self.count += 1
        await self.open.wait()
        headers = [(b"content-type", b"multipart/mixed")]
        return Response(200, b"", headers, expires_at=math.inf, stream=self._stream())

    async def _stream(self) -> AsyncGenerator[bytes, None]:
        try:
            while part := await self.parts.get():
                yield part
        except asyncio.CancelledError:
            self.events.append("cancelled")
            raise
        else:
            self.events.append("done")


async def test_a_stream_is_passed_through_and_neither_stored_nor_shared(cache_of: Callable[..., Served]) -> None:
    stream = Stream()
    stream.open.clear()
    cache, replies = cache_of(handle=stream), [Reply(), Reply()]
    tasks = [
        asyncio.create_task(cache(http_scope(headers=JSON), receiving(b"{}"), sending(reply))) for reply in replies
    ]
    await run_pending()
    assert stream.count == 1
    stream.open.set()
    await run_pending()
    stream.parts.put_nowait(b"one")
    await run_pending()
    assert stream.count == 2
    for part in (b"two", b"three", None, None):
        stream.parts.put_nowait(part)
        await run_pending()
    await asyncio.gather(*tasks)
    assert sorted(part for reply in replies for part in reply.raw.split()) == [b"onethree", b"two"]
    assert all("cache-control" not in reply.headers for reply in replies)
    assert (len(cache.store), cache.shared) == (0, 0)


async def test_a_stream_ends_when_its_client_disconnects(cache_of: Callable[..., Served]) -> None:
    stream, reply, scalars = Stream(), Reply(), asyncio.Event()

    async def leaving() -> Any:
        await scalars.wait()
        return await disconnected()

    scope = http_scope(headers=JSON)
    task = asyncio.create_task(cache_of(handle=stream)(scope, receiving(b"{}", then=leaving), sending(reply)))
    stream.parts.put_nowait(b"one")
    await run_pending()
    assert (reply.raw, stream.events) == (b"one", [])
    scalars.set()
    await task
    assert stream.events == ["cancelled"]


async def test_nothing_is_streamed_to_a_disconnected_client(cache_of: Callable[..., Served]) -> None:
    stream, reply = Stream(), Reply()
    stream.open.clear()
    task = asyncio.create_task(cache_of(handle=stream)(http_scope(headers=JSON), receiving(b"{}"), sending(reply)))
    await run_pending()
    task.cancel()
    stream.open.set()
    await run_pending()
    assert stream.events == []
    assert b"one" not in reply.raw
