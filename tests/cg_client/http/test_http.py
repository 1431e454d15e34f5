"""Requests over real sockets: their bytes, the reuse of connections, and the failures."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import pytest
import trustme

from cg_client.call import count_upstream_calls
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.errors import UpstreamFailed, UpstreamTimeout, UpstreamUnavailable
from cg_client.secret import Secret
from cg_client.transport import Transport, http_transport
from tests.cg_client.conftest import KEY, a_call
from tests.cg_client.scripted import Halt, Step, ok, resets, says, says_and_closes, scripted

BODY = b'{"code":"0"}'
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n" + BODY[:6]
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\n" + BODY[:6] + b"\r\n"
LONG = 1e9  # a deadline that is never reached

Connect: TypeAlias = Callable[..., Transport]


def config_of(base_url: str, **options: Any) -> ClientConfig:
    return ClientConfig(api_key=Secret(KEY), base_url=base_url, **options)


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Make transports to a port of this machine."""
    async with contextlib.AsyncExitStack() as created:

        def to(port: int, connections: int = 5, tls: ssl.SSLContext | None = None, **options: Any) -> Transport:
            url = f"{'https' if tls else 'http'}://localhost:{port}"
            http = http_transport(url, connections, tls=tls)
            created.push_async_callback(http.aclose)
            return Transport(http, config_of(url, **options), Clock())

        yield to


async def get(transport: Transport, symbol: str = "BTC") -> bytes:
    return (await transport(a_call(symbol), LONG)).body


async def fails(request: Awaitable[object]) -> UpstreamFailed:
    """Return the failure; nothing in its chain contains the key or the address."""
    with count_upstream_calls() as counter, pytest.raises(UpstreamFailed) as error:
        await request
    shown = "".join(traceback.format_exception(error.value)) + repr(error.value.__cause__)
    assert KEY not in shown
    assert "localhost:" not in shown
    assert counter.sent == error.value.sent
    return error.value


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_request_has_its_target_and_the_client_s_headers(connect: Connect) -> None:
    async with scripted(says(ok(BODY, b"set-cookie: a=b"))) as server:
        transport = connect(server.port)
        assert [await get(transport), await get(transport)] == [BODY, BODY]
    line, *fields = server.requests[1].split(b"\r\n")[:-2]
    assert line == b"GET /api/test?symbol=BTC HTTP/1.1"
    assert {name.lower() for name, _, _ in (field.partition(b":") for field in fields)} == {
        b"host",
        b"accept",
        b"accept-encoding",
        b"user-agent",
        b"cg-api-key",
    }


async def test_unusual_parameters_arrive_unchanged(connect: Connect) -> None:
    symbols = ["BTC/USDT:USDT", "a+b c&d=e%20", "é中😀", "#?;,~*'\"<>"]
    async with scripted(says(ok(BODY))) as server:
        transport = connect(server.port)
        for symbol in symbols:
            await get(transport, symbol)
    assert [dict(parse_qsl(urlsplit(target).query)) for target in server.targets] == [
        {"symbol": symbol} for symbol in symbols
    ]


@pytest.mark.parametrize(
    "pieces",
    [
        [bytes([byte]) for byte in CHUNKED + b"6\r\n" + BODY[6:] + b"\r\n0\r\n\r\n"],
        [b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", ok(BODY)],
        [ok(gzip.compress(BODY), b"Content-Encoding: gzip")],
        [ok(gzip.compress(BODY[:5]) + gzip.compress(BODY[5:]), b"Content-Encoding: x-gzip")],
    ],
    ids=["byte by byte", "hints", "gzip", "two members"],
)
async def test_a_response_is_read_completely_and_its_connection_reused(connect: Connect, pieces: list[bytes]) -> None:
    async with scripted(says(*pieces)) as server:
        transport = connect(server.port)
        assert [await get(transport) for _ in range(3)] == [BODY] * 3
    assert server.opened == 1


@pytest.mark.parametrize("coded", [b"no gzip at all", gzip.compress(BODY)[:-9], b"\x00"], ids=["text", "cut", "byte"])
async def test_a_body_that_cannot_be_decompressed_is_a_failure(connect: Connect, coded: bytes) -> None:
    async with scripted(says(ok(coded, b"content-encoding: gzip"))) as server:
        failure = await fails(get(connect(server.port)))
    assert (type(failure), failure.sent) == (UpstreamUnavailable, True)


async def test_an_encoding_that_was_not_requested_is_a_failure(connect: Connect) -> None:
    async with scripted(says(ok(BODY, b"content-encoding: br"))) as server:
        await fails(get(connect(server.port)))


@pytest.mark.parametrize(
    "step",
    [
        says(ok(BODY, b"connection: close")),
        says(b"HTTP/1.0 200 OK\r\ncontent-length: 12\r\n\r\n" + BODY),
        says_and_closes(b"HTTP/1.1 200 OK\r\n\r\n" + BODY),
        says_and_closes(ok(BODY)),
    ],
    ids=["said to close", "HTTP/1.0", "body until close", "closed"],
)
async def test_a_connection_marked_for_closing_is_not_reused(connect: Connect, step: Step) -> None:
    async with scripted(step) as server:
        transport = connect(server.port, connections=1)
        for _ in range(3):
            assert await get(transport) == BODY
            await server.all_closed()
    assert server.opened == 3


@pytest.mark.parametrize(
    "step",
    [resets, says_and_closes(), says_and_closes(HALF[:9]), says_and_closes(HALF), says_and_closes(CHUNKED)],
    ids=["reset", "closed", "head cut", "body cut", "chunks cut"],
)
@pytest.mark.parametrize("rested", [False, True], ids=["new", "rested"])
async def test_a_request_that_coinglass_may_have_counted_is_not_resent(
    connect: Connect, step: Step, rested: bool
) -> None:
    async with scripted(*[says(ok(BODY))] * rested, step) as server:
        transport = connect(server.port)
        if rested:
            await get(transport)
        failure = await fails(get(transport))
    assert (type(failure), failure.sent) == (UpstreamUnavailable, True)
    assert len(server.requests) == 1 + rested


@pytest.mark.parametrize("reply", [b"no HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"])
async def test_a_response_that_is_not_http_is_a_failure(connect: Connect, reply: bytes) -> None:
    async with scripted(says(reply)) as server:
        failure = await fails(get(connect(server.port)))
    assert (type(failure), failure.sent) == (UpstreamUnavailable, True)
    assert len(server.requests) == 1


async def test_no_more_connections_are_open_than_allowed(connect: Connect) -> None:
    async with scripted(says(ok(BODY))) as server:
        transport = connect(server.port, connections=3)
        bodies = await asyncio.gather(*(get(transport, str(number)) for number in range(30)))
    assert bodies == [BODY] * 30
    assert (server.opened, server.most_open, len(server.requests)) == (3, 3, 30)


async def test_a_request_cancelled_in_mid_response_closes_its_connection(connect: Connect) -> None:
    halt = Halt(HALF, BODY[6:])
    async with scripted(halt, says(ok(BODY))) as server:
        transport = connect(server.port, connections=1)
        pending = asyncio.create_task(get(transport))
        await halt.reached.wait()
        await cancelled(pending)
        halt.go.set()
        await server.all_closed()
        assert await get(transport) == BODY
    assert (server.opened, server.most_open) == (2, 1)


async def test_cancelled_requests_never_exhaust_the_connections(connect: Connect) -> None:
    async with scripted(says(ok(BODY)), says(ok(BODY, b"connection: close")), says(ok(BODY))) as server:
        transport = connect(server.port, connections=2)
        for cycles in range(40):
            pending = [asyncio.create_task(get(transport)) for _ in range(4)]
            for _ in range(cycles):
                await asyncio.sleep(0)
            for task in pending[::2]:
                task.cancel()
            ended = await asyncio.gather(*pending, return_exceptions=True)
            assert ended[1::2] == [BODY, BODY]
        assert await asyncio.gather(*(get(transport) for _ in range(6))) == [BODY] * 6


@pytest.mark.parametrize("first", [b"", HALF], ids=["before the answer", "in the answer"])
async def test_silence_is_a_timeout_and_its_connection_is_closed(connect: Connect, first: bytes) -> None:
    halt = Halt(first, b"")
    async with scripted(halt, says(ok(BODY))) as server:
        transport = connect(server.port, connections=1, read_seconds=0.02)
        failure = await fails(get(transport))
        assert (type(failure), failure.sent) == (UpstreamTimeout, True)
        halt.go.set()
        await server.all_closed()
        assert await get(transport) == BODY


async def test_a_response_longer_than_one_attempt_is_a_timeout(connect: Connect) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.004)

    async with scripted(endless) as server:
        transport = connect(server.port, attempt_seconds=0.05, read_seconds=5.0)
        assert type(await fails(get(transport))) is UpstreamTimeout
        await server.all_closed()


async def test_a_refused_connection_is_unavailable_and_uses_up_no_connection(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    transport = connect(port, connections=1)
    for _ in range(3):
        failure = await fails(get(transport))
        assert (type(failure), failure.sent) == (UpstreamUnavailable, False)
        assert "connection refused" in str(failure)
        assert "COINGLASS_BASE_URL" in str(failure)


async def test_an_unresolvable_host_is_unavailable() -> None:
    url = "http://no.such.host.invalid"
    http = http_transport(url, 1)
    failure = await fails(get(Transport(http, config_of(url), Clock())))
    await http.aclose()
    assert (type(failure), failure.sent) == (UpstreamUnavailable, False)
    assert "name was not found" in str(failure)


async def test_a_proxy_that_is_not_there_is_named_as_the_cause() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    http = http_transport("http://upstream", 1, f"http://127.0.0.1:{port}")
    failure = await fails(get(Transport(http, config_of("http://upstream"), Clock())))
    await http.aclose()
    assert (type(failure), failure.sent) == (UpstreamUnavailable, False)
    assert "through the proxy: connection refused" in str(failure)
    assert "COINGLASS_PROXY" in str(failure)


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


async def test_a_server_with_a_valid_certificate_is_called_over_tls(connect: Connect, authority: trustme.CA) -> None:
    async with scripted(says(ok(BODY)), tls=server_side(authority, "localhost")) as server:
        transport = connect(server.port, tls=client_side(authority))
        assert [await get(transport) for _ in range(2)] == [BODY, BODY]
    assert server.opened == 1


async def test_a_certificate_for_another_host_is_refused(connect: Connect, authority: trustme.CA) -> None:
    async with scripted(says(ok(BODY)), tls=server_side(authority, "another.example")) as server:
        failure = await fails(get(connect(server.port, tls=client_side(authority))))
    assert (type(failure), failure.sent, server.requests) == (UpstreamUnavailable, False, [])
    assert "certificate" in str(failure)


async def test_a_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    async with scripted(says(ok(BODY)), tls=server_side(authority, "localhost")) as server:
        url = f"https://localhost:{server.port}"
        http = http_transport(url, 1)
        failure = await fails(get(Transport(http, config_of(url), Clock())))
        await http.aclose()
    assert (type(failure), failure.sent, server.requests) == (UpstreamUnavailable, False, [])


async def test_a_server_without_tls_times_out_while_connecting(connect: Connect, authority: trustme.CA) -> None:
    async with scripted(says(ok(BODY))) as server:
        transport = connect(server.port, connections=1, tls=client_side(authority), connect_seconds=0.02)
        for _ in range(2):
            failure = await fails(get(transport))
            assert (type(failure), failure.sent) == (UpstreamTimeout, False)
        await server.all_closed()


async def test_closing_the_client_fails_requests_in_flight(connect: Connect) -> None:
    halt = Halt(HALF, b"")
    async with scripted(halt) as server:
        transport = connect(server.port, connections=1)
        pending = asyncio.create_task(fails(get(transport)))
        await halt.reached.wait()
        await transport._http.aclose()
        assert type(await pending) is UpstreamUnavailable
        halt.go.set()
        await server.all_closed()


PASSWORDS_ARE_DEPRECATED = [  # the way in which httpx-aiohttp gives a proxy's password to aiohttp
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'proxy_auth' parameter:DeprecationWarning"),
]


@pytest.mark.parametrize(
    "credentials", ["", pytest.param("me:word@", marks=PASSWORDS_ARE_DEPRECATED)], ids=["open", "with a password"]
)
async def test_a_proxy_receives_its_credentials_and_the_absolute_url(credentials: str) -> None:
    async with scripted(says(ok(BODY))) as server:
        http = http_transport("http://upstream", 1, f"http://{credentials}127.0.0.1:{server.port}")
        assert await get(Transport(http, config_of("http://upstream"), Clock())) == BODY
        await http.aclose()
    assert server.targets == ["http://upstream/api/test?symbol=BTC"]
    assert (b"Proxy-Authorization: Basic bWU6d29yZA==" in server.requests[0]) == bool(credentials)


async def test_a_proxy_tunnels_tls_and_never_sees_the_key(authority: trustme.CA) -> None:
    heads: list[bytes] = []

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        inner = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(passed_on(reader, inner[1]), passed_on(inner[0], writer))

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async with scripted(says(ok(BODY)), tls=server_side(authority, "localhost")) as server:
        proxy = await asyncio.start_server(tunnel, "127.0.0.1", 0)
        url = f"https://localhost:{server.port}"
        via = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        http = http_transport(url, 1, via, tls=client_side(authority))
        transport = Transport(http, config_of(url), Clock())
        assert [await get(transport) for _ in range(2)] == [BODY, BODY]
        await http.aclose()
        await server.all_closed()
        proxy.close()
    assert server.opened == len(heads) == 1
    assert heads[0].startswith(b"CONNECT localhost:")
    assert KEY.encode() not in heads[0]


@pytest.mark.parametrize("step", [says(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), resets])
async def test_a_proxy_that_refuses_the_tunnel_makes_upstream_unavailable(step: Step) -> None:
    async with scripted(step) as server:
        http = http_transport("https://upstream", 1, f"http://127.0.0.1:{server.port}")
        failure = await fails(get(Transport(http, config_of("https://upstream"), Clock())))
        await http.aclose()
    assert type(failure) is UpstreamUnavailable
    assert ("status 407" in str(failure)) is (step is not resets)
