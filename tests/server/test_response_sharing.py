"""Equal requests at one time share one run of the application, and none suffers from another."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from server.responses import ResponseCache
from tests.server.asgi import Origin, Reply, gone, http_scope, post, receiving, sending, settle
from tests.server.conftest import Server

JSON = [("content-type", "application/json")]
Waiting = Callable[..., "asyncio.Task[Reply]"]


@pytest.fixture
async def waiting(origin: Origin) -> AsyncIterator[Waiting]:
    """Starts requests that wait in the application until it is opened."""
    origin.open.clear()
    tasks: list[asyncio.Task[Reply]] = []

    def start(cache: ResponseCache, payload: object = None, **headers: str) -> asyncio.Task[Reply]:
        tasks.append(asyncio.create_task(post(cache, payload, **headers)))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()


@pytest.mark.parametrize("lasts", [60.0, None])
async def test_equal_requests_at_one_time_share_one_run(
    cache: ResponseCache, origin: Origin, waiting: Waiting, lasts: float | None
) -> None:
    origin.lasts, origin.padding = lasts, 5000
    tasks = [waiting(cache, accept_encoding=("gzip", "zstd", "")[place % 3]) for place in range(32)]
    tasks.append(waiting(cache, b' { "query" : "{ a }" } '))
    await settle()
    origin.open.set()
    replies = await asyncio.gather(*tasks)
    assert ({reply.number for reply in replies}, origin.count) == ({1}, 1)
    assert (cache.misses, cache.shared, cache._flights) == (1, 32, {})
    assert len({reply.headers["x-request-id"] for reply in replies}) == 33
    assert (await post(cache)).number == (1 if lasts else 2)


async def test_without_a_store_they_share_as_well(
    cached: Callable[..., ResponseCache], origin: Origin, waiting: Waiting
) -> None:
    cache = cached(limit=0)
    tasks = [waiting(cache) for _ in range(3)]
    await settle()
    origin.open.set()
    assert {reply.number for reply in await asyncio.gather(*tasks)} == {1}


async def test_who_asks_when_the_answer_is_made_does_not_share_it(
    cached: Callable[..., ResponseCache], origin: Origin
) -> None:
    later: list[int] = []

    async def asking_again(*asgi: Any) -> None:
        await origin(*asgi)
        if origin.count == 1:
            later.append((await post(cache)).number)

    origin.lasts = None
    cache = cached(app=asking_again)
    assert ((await post(cache)).number, later) == (1, [2])


async def test_different_requests_and_callers_do_not(
    cached: Callable[..., ResponseCache], origin: Origin, waiting: Waiting
) -> None:
    cache = cached(scope_of=lambda scope: dict(scope["headers"]).get(b"x-caller", b"").decode())
    tasks = [waiting(cache), waiting(cache, {"query": "{ b }"}), waiting(cache, x_caller="ann")]
    await settle()
    origin.open.set()
    assert [reply.number for reply in await asyncio.gather(*tasks)] == [1, 2, 3]


async def test_whose_turn_at_the_quota_it_is_does_not_part_them(
    cache: ResponseCache, origin: Origin, waiting: Waiting
) -> None:
    tasks = [
        waiting(cache, x_client_id="ann"),
        waiting(cache, x_client_id="bob"),
        waiting(cache, x_priority="backfill"),
    ]
    await settle()
    origin.open.set()
    assert {reply.number for reply in await asyncio.gather(*tasks)} == {1}


async def test_nobody_joins_a_run_from_before_a_change(
    cache: ResponseCache, origin: Origin, server: Server, waiting: Waiting
) -> None:
    before = waiting(cache)
    await settle()
    server.version += 1
    after = waiting(cache)
    await settle()
    origin.open.set()
    assert ((await before).number, (await after).number) == (1, 2)
    assert (await post(cache)).number == 2


async def test_when_the_first_leaves_the_others_are_served(
    cache: ResponseCache, origin: Origin, waiting: Waiting
) -> None:
    first, second = waiting(cache), waiting(cache)
    await settle()
    first.cancel()
    await settle()
    third = waiting(cache)
    await settle()
    origin.open.set()
    assert [(await second).number, (await third).number, origin.count] == [1, 1, 1]
    assert first.cancelled()
    assert (await post(cache)).number == 1


async def test_when_one_that_joined_leaves_the_others_are_served(
    cache: ResponseCache, origin: Origin, waiting: Waiting
) -> None:
    tasks = [waiting(cache) for _ in range(3)]
    await settle()
    tasks[1].cancel()
    await settle()
    origin.open.set()
    assert [(await tasks[0]).number, (await tasks[2]).number, origin.count] == [1, 1, 1]


async def test_when_all_have_left_the_answer_is_kept_for_the_next(
    cache: ResponseCache, origin: Origin, waiting: Waiting
) -> None:
    first = waiting(cache)
    await settle()
    first.cancel()
    await settle()
    origin.open.set()
    await settle()
    assert ((await post(cache)).number, origin.count) == (1, 1)


async def test_the_application_does_not_see_the_first_client_leave(
    cached: Callable[..., ResponseCache], origin: Origin
) -> None:
    seen: list[str] = []

    async def watching(scope: Any, receive: Any, send: Any) -> None:
        await origin(scope, receive, send)
        seen.append((await asyncio.wait_for(receive(), 0.01))["type"])

    reply = Reply()
    with pytest.raises(TimeoutError):
        await cached(app=watching)(http_scope(headers=JSON), receiving(b"{}", then=gone), sending(reply))
    assert (reply.number, seen) == (1, [])


@pytest.mark.parametrize("failure", [RuntimeError("broken"), asyncio.CancelledError()])
async def test_an_exception_reaches_the_first_and_the_others_try_themselves(
    cache: ResponseCache, origin: Origin, waiting: Waiting, failure: BaseException
) -> None:
    origin.failure = failure
    tasks = [waiting(cache) for _ in range(3)]
    await settle()
    origin.open.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [type(failure)] * 3
    assert (origin.count, cache.shared) == (3, 0)


async def test_those_who_try_themselves_are_served_when_it_works(
    cached: Callable[..., ResponseCache], origin: Origin, waiting: Waiting
) -> None:
    async def failing_once(scope: Any, receive: Any, send: Any) -> None:
        first = origin.count == 0
        await origin(scope, receive, _nowhere if first else send)
        if first:
            raise RuntimeError("broken")

    cache = cached(app=failing_once)
    tasks = [waiting(cache) for _ in range(3)]
    await settle()
    origin.open.set()
    first, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(first, RuntimeError)
    assert [reply.status for reply in others if isinstance(reply, Reply)] == [200, 200]
    assert (await post(cache)).status == 200


async def _nowhere(_: object) -> None:
    pass


@pytest.mark.parametrize("change", [{"status": 500}, {"headers": [(b"set-cookie", b"a=b")]}])
async def test_what_is_for_one_caller_is_not_shared(
    cache: ResponseCache, origin: Origin, waiting: Waiting, change: dict[str, Any]
) -> None:
    vars(origin).update(change)
    tasks = [waiting(cache) for _ in range(3)]
    await settle()
    origin.open.set()
    assert sorted(reply.number for reply in await asyncio.gather(*tasks)) == [1, 2, 3]


async def test_an_answer_is_sent_before_the_application_has_tidied_up(
    cached: Callable[..., ResponseCache], origin: Origin
) -> None:
    tidied = asyncio.Event()

    async def tidying(*asgi: Any) -> None:
        await origin(*asgi)
        await tidied.wait()
        raise RuntimeError("while tidying")

    reply = Reply()
    task = asyncio.create_task(cached(app=tidying)(http_scope(headers=JSON), receiving(b"{}"), sending(reply)))
    await settle()
    assert (reply.number, task.done()) == (1, False)
    tidied.set()
    with pytest.raises(RuntimeError, match="while tidying"):
        await task


async def test_a_second_response_is_a_mistake_of_the_application(
    cached: Callable[..., ResponseCache], origin: Origin
) -> None:
    async def twice(scope: Any, receive: Any, send: Any) -> None:
        await origin(scope, receive, send)
        await send({"type": "http.response.body", "body": b"more"})

    with pytest.raises(RuntimeError, match="after the end"):
        await post(cached(app=twice))


async def test_an_application_that_says_nothing_leaves_the_caller_to_the_server(
    cached: Callable[..., ResponseCache],
) -> None:
    async def mute(*_: Any) -> None:
        pass

    assert (await post(cached(app=mute))).messages == []


class Stream:
    """Sends a part whenever it is told to, and notes whether its client leaves."""

    def __init__(self) -> None:
        self.count = 0
        self.parts: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.events: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.count += 1
        await receive()
        scope["state"]["holds_until"] = 1e9
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"multipart/mixed")]})
        watch = asyncio.create_task(self._watch(receive))
        try:
            while part := await self.parts.get():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body"})
        except asyncio.CancelledError:
            self.events.append("cancelled")
            raise
        finally:
            watch.cancel()

    async def _watch(self, receive: Any) -> None:
        self.events.append((await receive())["type"])


async def test_a_stream_passes_as_it_comes_and_is_neither_kept_nor_shared(
    cached: Callable[..., ResponseCache],
) -> None:
    stream = Stream()
    cache, replies = cached(app=stream), [Reply(), Reply()]
    tasks = [
        asyncio.create_task(cache(http_scope(headers=JSON), receiving(b"{}"), sending(reply))) for reply in replies
    ]
    await settle()
    assert stream.count == 1
    stream.parts.put_nowait(b"one")
    await settle()
    assert (replies[0].raw, stream.count) == (b"one", 2)
    for part in (b"two", b"three", None, None):
        stream.parts.put_nowait(part)
        await settle()
    await asyncio.gather(*tasks)
    assert [reply.raw for reply in replies] == [b"onetwo", b"three"]
    assert all("cache-control" not in reply.headers for reply in replies)
    assert (cache.stored_answers, cache.shared) == (0, 0)


async def test_a_streaming_application_learns_that_its_client_left(cached: Callable[..., ResponseCache]) -> None:
    stream, reply, leaves = Stream(), Reply(), asyncio.Event()

    async def leaving() -> Any:
        await leaves.wait()
        return await gone()

    app = cached(app=stream)(http_scope(headers=JSON), receiving(b"{}", then=leaving), sending(reply))
    task = asyncio.create_task(app)
    leaves.set()
    await settle()
    assert stream.events == []
    stream.parts.put_nowait(b"one")
    await settle()
    assert stream.events == ["http.disconnect"]
    task.cancel()
    await settle()
    assert stream.events == ["http.disconnect", "cancelled"]


async def test_nothing_is_streamed_to_a_client_that_left_before(cached: Callable[..., ResponseCache]) -> None:
    stream, reply = Stream(), Reply()
    task = asyncio.create_task(cached(app=stream)(http_scope(headers=JSON), receiving(b"{}"), sending(reply)))
    await settle()
    task.cancel()
    await settle()
    stream.parts.put_nowait(b"one")
    await settle()
    assert (reply.messages, stream.events) == ([], ["cancelled"])
