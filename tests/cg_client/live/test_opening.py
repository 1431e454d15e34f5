"""A WebSocket is opened with the key, over TLS or through a proxy, and what keeps it from opening is told."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable
from urllib.parse import parse_qsl, urlsplit

import pytest
import trustme

from cg_client.clock import Clock
from cg_client.errors import (
    CoinglassError,
    PlanRequired,
    RateLimited,
    Unauthorized,
    UnavailableReason,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.live import connection
from tests.cg_client.conftest import KEY
from tests.cg_client.live.conftest import MakeSocketRig, SocketRig, opened
from tests.cg_client.live.rig import (
    TICKER,
    TRADES,
    TRADES_NAME,
    RecordingListener,
    StandIn,
    order,
    soon,
    standing_in,
    subscribe,
    until,
)


async def test_the_key_goes_in_the_query_beside_what_the_address_has(
    make_rig: MakeSocketRig, upstream: StandIn
) -> None:
    await opened(make_rig(f"{upstream.url}?region=eu"), upstream)
    (path,) = upstream.paths
    assert dict(parse_qsl(urlsplit(path).query)) == {"region": "eu", "cg-api-key": KEY}
    assert urlsplit(path).path == "/ws-api"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, "", Unauthorized),
        (403, '{"code":"400","msg":"Invalid API key provided"}', Unauthorized),
        (401, '{"code":"401","msg":"Upgrade plan"}', PlanRequired),
    ],
)
async def test_a_refusal_before_the_connection_is_final(
    rig: SocketRig, upstream: StandIn, status: int, body: str, kind: type[Exception]
) -> None:
    upstream.refusals = [(status, body)]
    listener = RecordingListener()
    rig.socket.open(TRADES, listener)
    assert isinstance(await listener.next("refused"), kind)
    await rig.clock.elapse(300)
    assert len(upstream.paths) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, "busy", UpstreamUnavailable),
        (403, "<html>forbidden</html>", UpstreamUnavailable),
        (404, "", UpstreamUnavailable),
        (302, "", UpstreamUnavailable),
        (200, '{"code":"0","data":[]}', UpstreamUnavailable),
        (200, '{"code":"0","data":null}', UpstreamUnavailable),
        (429, "", RateLimited),
    ],
)
async def test_any_other_answer_than_a_websocket_is_tried_again(
    rig: SocketRig, upstream: StandIn, status: int, body: str, kind: type[CoinglassError]
) -> None:
    upstream.refusals = [(status, body)] * 2
    listener = RecordingListener()
    rig.socket.open(TRADES, listener)
    failure = await listener.next("interrupted")
    assert isinstance(failure, kind)
    assert failure.retryable
    assert failure.endpoint == "/ws-api"
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(0.5)
    await until(lambda: len(rig.counts.failures) == 2 and rig.clock.sleeping == 1)
    await rig.clock.elapse(0.9)
    assert len(upstream.paths) == 2
    await rig.clock.elapse(0.1)
    await listener.next("connected")
    assert await (await upstream.peer()).message() == subscribe(TRADES_NAME)
    assert "/elsewhere" not in upstream.paths
    assert listener.waiting == 0


async def test_a_retry_after_is_waited_for(rig: SocketRig, upstream: StandIn) -> None:
    upstream.refusals = [(429, '{"code":"429","msg":"Too Many Requests"}')]
    upstream.retry_after = "30"
    listener = RecordingListener()
    rig.socket.open(TRADES, listener)
    await listener.next("interrupted")
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(29.9)
    assert len(upstream.paths) == 1
    await rig.clock.elapse(0.1)
    await listener.next("connected")


async def test_waits_grow_while_nothing_can_be_reached(make_rig: MakeSocketRig) -> None:
    async with standing_in() as upstream:
        url = upstream.url
    rig = make_rig(url)
    listener = RecordingListener()
    rig.socket.open(TRADES, listener)
    failure = await listener.next("interrupted")
    assert failure.reason is UnavailableReason.CONNECT
    for seconds in (0.5, 1, 2, 4, 8, 16, 20, 20):
        attempts = len(rig.counts.failures)
        await until(lambda: rig.clock.sleeping == 1)
        await rig.clock.elapse(seconds - 0.01)
        assert len(rig.counts.failures) == attempts
        await rig.clock.elapse(0.01)
        await until(lambda attempts=attempts: len(rig.counts.failures) > attempts)  # type: ignore[misc]  # of this turn
    late = RecordingListener()
    rig.socket.open(TICKER, late)
    assert (await late.next("interrupted")).reason is UnavailableReason.CONNECT
    assert listener.waiting == 0


async def test_a_server_that_does_not_open_the_websocket_is_given_up(make_rig: MakeSocketRig) -> None:
    gone = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        rig = make_rig(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws-api")
        listener = RecordingListener()
        rig.socket.open(TRADES, listener)
        await until(lambda: rig.clock.sleeping == 1)
        await rig.clock.elapse(5)
        failure = await listener.next("interrupted")
        assert isinstance(failure, UpstreamTimeout)
        await soon(gone.wait())  # the half-open connection is closed
        await rig.socket.close()


async def test_tls_is_checked_and_used(make_rig: MakeSocketRig) -> None:
    authority = trustme.CA()
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server_side)
    async with standing_in(ssl=server_side) as upstream:
        stranger = RecordingListener()
        distrusting = make_rig(upstream.url)
        distrusting.socket.open(TRADES, stranger)
        assert (await stranger.next("interrupted")).reason is UnavailableReason.CONNECT
        await distrusting.close()
        authority.configure_trust(client_side)
        rig = make_rig(upstream.url, tls=client_side)
        listener, peer, _ = await opened(rig, upstream)
        await peer.send_rows(TRADES_NAME, order(1))
        assert await listener.numbers() == [1]
        await rig.close()


@contextlib.asynccontextmanager
async def tunnelling(heads: list[bytes]) -> AsyncIterator[str]:
    """Run a proxy that connects to whatever it is asked for, and yield its address."""

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        port = int(heads[-1].split()[1].rpartition(b":")[2])
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(passed_on(reader, inner_writer), passed_on(inner_reader, writer))

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async with await asyncio.start_server(tunnel, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_proxy_gets_its_credentials_and_is_used(make_rig: MakeSocketRig, upstream: StandIn) -> None:
    heads: list[bytes] = []
    async with tunnelling(heads) as address:
        rig = make_rig(upstream.url, proxy=f"http://me:word@{address}")
        listener, peer, _ = await opened(rig, upstream)
        await peer.send_rows(TRADES_NAME, order(1))
        assert await listener.numbers() == [1]
        await rig.close()
    (head,) = heads
    assert head.startswith(b"CONNECT localhost:")
    assert b"Proxy-Authorization: Basic bWU6d29yZA==" in head


async def test_the_environment_names_no_proxy(
    rig: SocketRig, upstream: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "ws_proxy", "wss_proxy", "socks_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    await opened(rig, upstream)


async def test_a_connection_that_opens_just_as_it_is_given_up_is_closed(
    rig: SocketRig, upstream: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_late(_: Clock, __: float, work: Awaitable[object]) -> None:
        await work
        raise asyncio.CancelledError

    monkeypatch.setattr(connection, "within", too_late)
    with pytest.raises(asyncio.CancelledError):
        await connection.connect(rig.client.config, rig.clock)
    peer = await upstream.peer()
    assert await peer.text() is None


async def test_a_peer_that_takes_nothing_is_given_up(rig: SocketRig, upstream: StandIn) -> None:
    opened = await connection.connect(rig.client.config, rig.clock)
    peer = await upstream.peer()
    peer.socket.transport.pause_reading()
    sending = asyncio.create_task(opened.send("x" * 50_000_000))
    await until(lambda: rig.clock.sleeping == 1)
    await rig.clock.elapse(connection.SEND_SECONDS)
    with pytest.raises(UpstreamTimeout):
        await sending
    with pytest.raises(UpstreamUnavailable):
        await opened.receive()
    await opened.close()
