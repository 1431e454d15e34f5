"""The wire over real sockets: what is sent, which connections are used again, and what each failure is called."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import httpx
import pytest
import trustme

from cg_client.wire import WireTransport, dial, pool
from cg_client.wire.answer import Limits
from tests.cg_client.wire.scripted import Halt, ScriptedServer, Step, ok, resets, says, says_and_closes, scripted

BODY = b'{"code":"0"}'
HEADERS = {"Host": "upstream", "CG-API-KEY": "the key"}
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n" + BODY[:6]

Connect: TypeAlias = Callable[..., WireTransport]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes transports to a scripted server."""
    async with contextlib.AsyncExitStack() as made:

        def to(server: ScriptedServer, connections: int = 5, **options: Any) -> WireTransport:
            scheme = "https" if "tls" in options else "http"
            wire = WireTransport(f"{scheme}://localhost:{server.port}", connections=connections, **options)
            made.push_async_callback(wire.aclose)
            return wire

        yield to


def request_to(
    server: ScriptedServer, target: str = "/", method: str = "GET", *, tls: bool = False, **timeouts: float
) -> httpx.Request:
    url = f"{'https' if tls else 'http'}://localhost:{server.port}{target}"
    return httpx.Request(method, url, headers=HEADERS, extensions={"timeout": timeouts})


async def get(
    wire: WireTransport, server: ScriptedServer, target: str = "/", *, tls: bool = False, **timeouts: float
) -> bytes:
    response = await wire.handle_async_request(request_to(server, target, "GET", tls=tls, **timeouts))
    assert response.status_code == 200
    return await response.aread()


async def fails(asked: Awaitable[object]) -> httpx.TransportError:
    with pytest.raises(httpx.TransportError) as error:
        await asked
    assert "localhost" not in str(error.value)
    assert "127.0.0.1" not in str(error.value)
    assert "key" not in str(error.value)
    return error.value


async def test_a_request_is_its_line_its_headers_and_nothing_else(connect: Connect) -> None:
    async with scripted(says(ok(BODY, b"X-Y: z"))) as server:
        response = await connect(server).handle_async_request(request_to(server, "/a%20b?c=d%2Ce+f"))
    assert server.requests == [b"GET /a%20b?c=d%2Ce+f HTTP/1.1\r\nHost: upstream\r\nCG-API-KEY: the key\r\n\r\n"]
    assert (response.status_code, response.headers["x-y"], await response.aread()) == (200, "z", BODY)


async def test_an_answer_that_comes_byte_by_byte_is_whole(connect: Connect) -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n" + BODY[:6] + b"\r\n6\r\n" + BODY[6:]
    pieces = [bytes([byte]) for byte in chunked + b"\r\n0\r\n\r\n"]
    async with scripted(says(*pieces)) as server:
        wire = connect(server)
        assert [await get(wire, server) for _ in range(2)] == [BODY, BODY]
    assert server.opened == 1


async def test_a_coded_body_is_decoded_and_no_header_speaks_of_its_coding_any_more(connect: Connect) -> None:
    async with scripted(says(ok(gzip.compress(BODY), b"Content-Encoding: gzip"))) as server:
        response = await connect(server).handle_async_request(request_to(server))
        small = connect(server, limits=Limits(body=11))
        assert type(await fails(get(small, server))) is httpx.RemoteProtocolError
    assert await response.aread() == BODY
    assert response.headers.raw == []


async def test_a_body_that_is_too_large_when_decoded_is_refused(connect: Connect) -> None:
    async with scripted(says(ok(gzip.compress(bytes(10_000)), b"Content-Encoding: gzip"))) as server:
        with pytest.raises(httpx.DecodingError):
            await get(connect(server, limits=Limits(body=9_999)), server)


async def test_one_connection_serves_requests_that_follow_each_other(connect: Connect) -> None:
    async with scripted(says(ok(BODY))) as server:
        wire = connect(server)
        for number in range(10):
            assert await get(wire, server, f"/{number}") == BODY
    assert (server.opened, server.targets) == (1, [f"/{number}" for number in range(10)])


@pytest.mark.parametrize(
    "step",
    [
        says(ok(BODY, b"connection: close")),
        says(ok(BODY) + b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged"),
        says(b"HTTP/1.0 200 OK\r\ncontent-length: 12\r\n\r\n" + BODY),
        says_and_closes(b"HTTP/1.1 200 OK\r\n\r\n" + BODY),
        says_and_closes(ok(BODY)),
    ],
    ids=["said to close", "more than was asked for", "HTTP/1.0", "body until close", "closed"],
)
async def test_a_connection_that_is_not_to_be_used_again_is_not(connect: Connect, step: Step) -> None:
    async with scripted(step) as server:
        wire = connect(server, connections=1)
        for _ in range(3):
            assert await get(wire, server) == BODY
            await server.all_closed()
    assert server.opened == 3


async def test_a_connection_that_was_closed_before_the_event_loop_could_see_it_is_not_used_again() -> None:
    def serve_once(listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        with accepted:
            accepted.recv(1000)
            accepted.sendall(ok(BODY))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        wire = WireTransport(url, connections=1)
        for _ in range(3):
            serving = threading.Thread(target=serve_once, args=[listener])
            serving.start()
            response = await wire.handle_async_request(httpx.Request("GET", url))
            assert await response.aread() == BODY
            serving.join()  # and with it the loop stands still
        await wire.aclose()


async def test_head_has_no_body_and_its_connection_is_not_used_again(connect: Connect) -> None:
    async with scripted(says(b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n"), says(ok(BODY))) as server:
        wire = connect(server)
        response = await wire.handle_async_request(request_to(server, method="HEAD"))
        assert (response.status_code, await response.aread()) == (200, b"")
        assert await get(wire, server) == BODY
    assert server.opened == 2


async def test_what_comes_unasked_closes_a_resting_connection(connect: Connect) -> None:
    late = Halt(ok(BODY), ok(b"forged"))
    async with scripted(late, says(ok(BODY))) as server:
        wire = connect(server)
        assert await get(wire, server) == BODY
        late.go.set()
        await server.all_closed()
        assert await get(wire, server) == BODY
    assert server.opened == 2


async def test_a_connection_that_has_rested_too_long_is_not_used_again(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0.0)
    async with scripted(says(ok(BODY))) as server:
        wire = connect(server)
        assert [await get(wire, server) for _ in range(2)] == [BODY, BODY]
    assert server.opened == 2


async def test_a_request_that_met_a_closing_connection_is_sent_once_more_on_a_new_one(connect: Connect) -> None:
    async with scripted(says(ok(BODY)), says_and_closes(), says(ok(BODY))) as server:
        wire = connect(server)
        assert [await get(wire, server, target) for target in ("/1", "/2")] == [BODY, BODY]
    assert (server.targets, server.opened) == (["/1", "/2", "/2"], 2)


async def test_the_new_connection_is_not_another_that_rested(connect: Connect) -> None:
    first, second = Halt(b"", ok(BODY)), Halt(b"", ok(BODY))
    async with scripted(first, second, says_and_closes(), says(ok(BODY))) as server:
        wire = connect(server)
        both = [asyncio.create_task(get(wire, server)) for _ in range(2)]
        for halt in (first, second):
            await halt.reached.wait()
            halt.go.set()
        await asyncio.gather(*both)
        assert await get(wire, server) == BODY
    assert server.opened == 3


@pytest.mark.parametrize("step", [says_and_closes(), resets, says_and_closes(HALF)])
async def test_a_new_connection_that_breaks_is_a_failure_at_once(connect: Connect, step: Step) -> None:
    async with scripted(step) as server:
        await fails(get(connect(server), server))
    assert len(server.requests) == 1


async def test_the_second_connection_that_breaks_is_a_failure(connect: Connect) -> None:
    async with scripted(says(ok(BODY)), says_and_closes()) as server:
        wire = connect(server)
        await get(wire, server)
        assert type(await fails(get(wire, server))) is httpx.RemoteProtocolError
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("step", "error"),
    [(resets, httpx.ReadError), (says_and_closes(HALF[:9]), httpx.RemoteProtocolError)],
    ids=["reset", "cut"],
)
async def test_what_the_server_may_have_counted_is_not_sent_again(
    connect: Connect, step: Step, error: type[httpx.TransportError]
) -> None:
    async with scripted(says(ok(BODY)), step) as server:
        wire = connect(server)
        await get(wire, server)
        assert type(await fails(get(wire, server))) is error
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "said",
    [HALF, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n" + BODY[:6] + b"\r\n", b"HTTP/1.1 200 OK\r\n"],
    ids=["length", "chunks", "head"],
)
async def test_an_answer_that_is_cut_short_is_a_protocol_error(connect: Connect, said: bytes) -> None:
    async with scripted(says_and_closes(said)) as server:
        assert type(await fails(get(connect(server), server))) is httpx.RemoteProtocolError


async def test_no_more_connections_are_open_than_allowed_and_each_request_has_its_turn(connect: Connect) -> None:
    async with scripted(says(ok(BODY))) as server:
        wire = connect(server, connections=3)
        bodies = await asyncio.gather(*(get(wire, server, f"/{number}") for number in range(30)))
    assert bodies == [BODY] * 30
    assert (server.opened, server.most_open) == (3, 3)
    assert sorted(server.targets) == sorted(f"/{number}" for number in range(30))


@pytest.mark.parametrize("step", [says(ok(BODY)), says(ok(BODY, b"connection: close"))], ids=["kept", "closed"])
async def test_requests_that_wait_go_in_the_order_of_their_arrival(connect: Connect, step: Step) -> None:
    async with scripted(step) as server:
        wire = connect(server, connections=1)
        await asyncio.gather(*(get(wire, server, f"/{number}") for number in range(20)))
    assert server.targets == [f"/{number}" for number in range(20)]
    assert server.most_open == 1


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_connection_in_the_middle_of_an_answer_is_closed_when_its_request_is_given_up(connect: Connect) -> None:
    halt = Halt(HALF, BODY[6:])
    async with scripted(halt, says(ok(BODY))) as server:
        wire = connect(server, connections=1)
        asking = asyncio.create_task(get(wire, server))
        await halt.reached.wait()
        await cancelled(asking)
        halt.go.set()
        await server.all_closed()
        assert await get(wire, server) == BODY
    assert (server.opened, server.most_open) == (2, 1)


async def test_a_request_that_gives_up_its_turn_leaves_it_to_the_next(connect: Connect) -> None:
    halt = Halt(b"", ok(BODY))
    async with scripted(halt, says(ok(BODY))) as server:
        wire = connect(server, connections=1)
        asking, leaving, staying = (asyncio.create_task(get(wire, server, f"/{number}")) for number in range(3))
        await halt.reached.wait()
        await cancelled(leaving)
        halt.go.set()
        await asyncio.gather(asking, staying)
    assert (server.targets, server.opened) == (["/0", "/2"], 1)


@pytest.mark.parametrize("step", [says(ok(BODY)), says(ok(BODY, b"connection: close"))], ids=["kept", "closed"])
async def test_a_turn_that_comes_as_its_request_gives_up_is_not_lost(connect: Connect, step: Step) -> None:
    """The place is handed over and its taker cancelled before it can run."""
    async with scripted(step) as server:
        wire = connect(server, connections=1)
        leaving: list[asyncio.Task[bytes]] = []

        async def first() -> None:
            await get(wire, server, "/0")
            leaving[0].cancel()

        leading = asyncio.create_task(first())
        await asyncio.sleep(0)
        leaving.append(asyncio.create_task(get(wire, server, "/1")))
        await leading
        await asyncio.gather(*leaving, return_exceptions=True)
        assert leaving[0].cancelled()
        assert await get(wire, server, "/2", pool=5) == BODY
    assert server.targets == ["/0", "/2"]


async def test_the_turns_survive_any_number_of_requests_that_give_up(connect: Connect) -> None:
    async with scripted(says(ok(BODY)), says(ok(BODY, b"connection: close")), says(ok(BODY))) as server:
        wire = connect(server, connections=2)
        for cycles in range(40):
            asking = [asyncio.create_task(get(wire, server)) for _ in range(4)]
            for _ in range(cycles):
                await asyncio.sleep(0)
            for task in asking[::2]:
                task.cancel()
            ended = await asyncio.gather(*asking, return_exceptions=True)
            assert ended[1::2] == [BODY, BODY]
        assert await asyncio.gather(*(get(wire, server, pool=5) for _ in range(6))) == [BODY] * 6


async def test_silence_in_an_answer_is_a_read_timeout_and_its_connection_is_closed(connect: Connect) -> None:
    halt = Halt(HALF, b"")
    async with scripted(halt, says(ok(BODY))) as server:
        wire = connect(server, connections=1)
        assert type(await fails(get(wire, server, read=0.02))) is httpx.ReadTimeout
        halt.go.set()
        await server.all_closed()
        assert await get(wire, server) == BODY


async def test_a_shorter_time_than_that_of_the_request_before_is_kept(connect: Connect) -> None:
    halt = Halt(HALF, b"")
    async with scripted(says(ok(BODY)), halt) as server:
        wire = connect(server, connections=1)
        assert await get(wire, server, read=60) == BODY
        async with asyncio.timeout(5):
            assert type(await fails(get(wire, server, read=0.02))) is httpx.ReadTimeout
        halt.go.set()


async def test_the_time_of_a_request_ends_neither_the_rest_of_its_connection_nor_the_next_request(
    connect: Connect,
) -> None:
    halt, loop = Halt(HALF, BODY[6:]), asyncio.get_running_loop()
    async with scripted(says(ok(BODY)), halt, says(ok(BODY))) as server:
        wire = connect(server, connections=1)
        assert await get(wire, server, read=0.02) == BODY
        loop.call_later(0.05, halt.go.set)
        assert await get(wire, server, read=5) == BODY
        rested = asyncio.Event()
        assert await get(wire, server, read=0.02) == BODY
        loop.call_later(0.05, rested.set)
        await rested.wait()
        assert await get(wire, server) == BODY
    assert server.opened == 1


async def test_an_answer_that_goes_on_is_not_silent(connect: Connect) -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        for byte in ok(BODY):
            writer.write(bytes([byte]))
            await asyncio.sleep(0.004)

    async with scripted(slow) as server:
        assert await get(connect(server), server, read=0.1) == BODY


async def test_no_turn_in_time_is_a_pool_timeout(connect: Connect) -> None:
    halt = Halt(b"", ok(BODY))
    async with scripted(halt, says(ok(BODY))) as server:
        wire = connect(server, connections=1)
        asking = asyncio.create_task(get(wire, server))
        await halt.reached.wait()
        assert type(await fails(get(wire, server, pool=0.02))) is httpx.PoolTimeout
        halt.go.set()
        assert await asking == BODY
        assert await get(wire, server) == BODY


async def test_nobody_who_listens_is_a_connect_error_and_costs_no_place() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    wire = WireTransport(f"http://127.0.0.1:{port}", connections=1)
    for _ in range(3):
        asked = wire.handle_async_request(httpx.Request("GET", f"http://127.0.0.1:{port}/"))
        assert type(await fails(asked)) is httpx.ConnectError


async def test_a_name_that_does_not_exist_is_a_connect_error() -> None:
    for host in ("no.such.host.invalid", "a" * 70):
        wire = WireTransport(f"http://{host}", connections=1)
        assert (
            type(await fails(wire.handle_async_request(httpx.Request("GET", f"http://{host}/")))) is httpx.ConnectError
        )


async def test_an_address_that_is_dead_or_silent_does_not_keep_the_next_from_being_tried(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []

    async def opening(address: dial.Address) -> socket.socket:
        tried.append(address[4])
        if address[4] == "silent":
            await asyncio.Event().wait()
        if address[4] == "dead":
            raise ConnectionRefusedError
        return await really(address)

    async with scripted(says(ok(BODY))) as server:
        good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
        others = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", where) for where in ("silent", "dead", "dead")]
        really = dial._open
        monkeypatch.setattr(dial, "_open", opening)
        monkeypatch.setattr(dial, "_HEAD_START", 0.01)
        monkeypatch.setattr(dial, "_alternating", lambda _: [*others, good])
        assert await get(connect(server), server) == BODY
    assert tried == ["silent", "dead", "dead", ("127.0.0.1", server.port)]


def test_the_families_are_tried_in_turn() -> None:
    found = [(family, 0, 0, "", number) for number, family in enumerate((10, 10, 10, 2, 2))]
    assert [address[4] for address in dial._alternating(found)] == [0, 3, 1, 4, 2]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_side(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def client_side(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_a_server_whose_certificate_holds_is_answered_over_tls(connect: Connect, authority: trustme.CA) -> None:
    async with scripted(says(ok(BODY)), tls=server_side(authority, "localhost")) as server:
        wire = connect(server, tls=client_side(authority))
        assert [await get(wire, server, tls=True) for _ in range(2)] == [BODY, BODY]
    assert server.opened == 1


async def test_a_certificate_of_another_name_or_of_nobody_is_a_connect_error(
    connect: Connect, authority: trustme.CA
) -> None:
    async with scripted(says(ok(BODY)), tls=server_side(authority, "another.example")) as server:
        assert (
            type(await fails(get(connect(server, tls=client_side(authority)), server, tls=True))) is httpx.ConnectError
        )
        assert type(await fails(get(connect(server, tls=None), server, tls=True))) is httpx.ConnectError
    assert server.requests == []


async def test_a_server_that_does_not_speak_tls_is_a_connect_timeout(connect: Connect, authority: trustme.CA) -> None:
    async with scripted(says(ok(BODY))) as server:
        wire = connect(server, connections=1, tls=client_side(authority))
        for _ in range(2):
            assert type(await fails(get(wire, server, tls=True, connect=0.02))) is httpx.ConnectTimeout
        await server.all_closed()


async def test_only_requests_without_body_to_the_one_server_are_sent(connect: Connect) -> None:
    async with scripted(says(ok(BODY))) as server:
        wire = connect(server)
        url = f"http://localhost:{server.port}/"
        for request in (
            httpx.Request("POST", url),
            httpx.Request("GET", url, content=b"x"),
            httpx.Request("GET", "http://elsewhere/"),
            httpx.Request("GET", url.replace("http", "https")),
        ):
            assert type(await fails(wire.handle_async_request(request))) is httpx.UnsupportedProtocol
    assert server.requests == []


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb"])
async def test_a_line_break_in_a_header_is_not_sent(connect: Connect, value: str) -> None:
    async with scripted(says(ok(BODY))) as server:
        request = httpx.Request("GET", f"http://localhost:{server.port}/", headers={"CG-API-KEY": value})
        assert type(await fails(connect(server).handle_async_request(request))) is httpx.LocalProtocolError
    assert server.requests == []


async def test_closing_ends_what_is_under_way_and_what_waits_and_refuses_what_comes_later(connect: Connect) -> None:
    halt = Halt(HALF, b"")
    async with scripted(halt, halt) as server:
        wire = connect(server, connections=1)
        asking, waiting = (asyncio.create_task(get(wire, server)) for _ in range(2))
        await halt.reached.wait()
        await wire.aclose()
        halt.go.set()
        await server.all_closed()
        assert type(await fails(asking)) is httpx.ReadError
        assert type(await fails(waiting)) is httpx.ConnectError
        assert type(await fails(get(wire, server))) is httpx.ConnectError
    assert server.opened == 1


async def test_a_connection_that_comes_about_after_closing_is_closed(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialling, go = asyncio.Event(), asyncio.Event()

    async def slowly(host: str, port: int) -> socket.socket:
        dialling.set()
        await go.wait()
        return await dial.dial(host, port)

    monkeypatch.setattr(pool, "dial", slowly)
    async with scripted(says(ok(BODY))) as server:
        wire = connect(server)
        asking = asyncio.create_task(get(wire, server))
        await dialling.wait()
        await wire.aclose()
        go.set()
        assert type(await fails(asking)) is httpx.ConnectError
        await server.all_closed()
    assert server.requests == []


async def test_httpx_itself_can_use_the_wire(connect: Connect) -> None:
    async with scripted(says(ok(BODY))) as server, httpx.AsyncClient(transport=connect(server)) as client:
        response = await client.get(f"http://localhost:{server.port}/")
    assert response.json() == {"code": "0"}
