"""Passwords, certificates, and servers that are no store: what is used, and what an operator reads otherwise."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import trustme

from cg_client.secret import Secret
from shared.store import discovery
from shared.store.address import HostPort, parse_address
from shared.store.discovery import check_server
from shared.store.errors import CommandRefused
from shared.store.failures import UnusableServer
from shared.store.scope import Scope
from tests.shared.rig import StoreLog, connected
from tests.store_server import StoreServer, running_store

PASSWORD = "pass/word:of@the-store"  # noqa: S105  # of a server on loopback
WRITTEN = "pass%2Fword%3Aof%40the-store"


@pytest.fixture
def closed_server(tmp_path: Path) -> Iterator[StoreServer]:
    """Yield a server that wants the password."""
    with running_store(tmp_path / "store", f"--requirepass {PASSWORD}") as server:
        yield server


@contextlib.asynccontextmanager
async def tls_in_front_of(port: int, authority: trustme.CA, name: str) -> AsyncIterator[int]:
    """Yield the port of a server with a certificate for the name, which passes on to the other port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", port)
        for source, target in ((reader, to_server), (from_server, writer)):
            tasks.add(asyncio.create_task(pass_on(source, target)))

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                target.write(data)
    finally:
        target.close()


@pytest.mark.parametrize("user", ["", "default"])
async def test_the_password_of_the_address_is_sent(closed_server: StoreServer, user: str) -> None:
    async with connected(f"valkey://{user}:{WRITTEN}@127.0.0.1:{closed_server.port}/2") as store:
        assert await store.execute("PING") == b"PONG"
        assert b"db=2" in str(await store.execute("CLIENT", "INFO")).encode()


async def test_a_user_who_may_do_nothing_but_what_replicas_need_is_enough(store_server: StoreServer) -> None:
    rights = ["on", ">secret", "~cg:*", "&cg:*", "+@all", "-@admin", "-@dangerous"]
    assert store_server.command("ACL", "SETUSER", "replica", *rights) == b"+OK\r\n"
    scope = Scope.of(Secret("key"), "https://h")
    async with connected(store_server.url.replace("//", "//replica:secret@")) as store:
        store.subscribe(scope.name("notices"), list[bytes]().append)
        await store.session.ping()
        await store.set(scope.name("name"), "value", 60)
        assert await store.execute("PUBLISH", scope.name("notices"), "") == 1
        with pytest.raises(CommandRefused) as refusal:
            await store.get("name")
        assert refusal.value.code == "NOPERM"
        assert not store.is_away


@pytest.mark.parametrize("credentials", ["", "default:another-secret@", "somebody:another-secret@"])
async def test_a_refused_password_is_reported_without_it(closed_server: StoreServer, credentials: str) -> None:
    log = StoreLog()
    async with connected(f"valkey://{credentials}127.0.0.1:{closed_server.port}", observer=log) as store:
        assert store.is_away
    (reason,) = log.unreachable
    assert reason.startswith("COINGLASS_SHARED_URL: ")
    remedy = "check its user and password" if credentials else "and none for a server that wants none"
    assert reason.endswith(remedy)
    assert "another-secret" not in reason


async def test_a_certificate_is_verified_with_the_file_of_authorities(
    store_server: StoreServer, tmp_path: Path
) -> None:
    authority, log = trustme.CA(), StoreLog()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with tls_in_front_of(store_server.port, authority, "localhost") as port:
        async with connected(f"rediss://localhost:{port}?ca_file={tmp_path}/ca.pem") as store:
            assert await store.execute("PING") == b"PONG"
        for url in (f"rediss://localhost:{port}", f"rediss://127.0.0.1:{port}?ca_file={tmp_path}/ca.pem"):
            async with connected(url, observer=log) as store:
                assert store.is_away
    assert len(log.unreachable) == 2
    assert all(reason.endswith("name the authority of its certificate in ?ca_file=") for reason in log.unreachable)


async def test_a_server_without_tls_is_no_server_with_it(store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(f"rediss://127.0.0.1:{store_server.port}", observer=log) as store:
        assert store.is_away
    assert log.unreachable[0].startswith("COINGLASS_SHARED_URL: ")


async def test_a_port_where_nothing_listens_is_named() -> None:
    log = StoreLog()
    async with connected("valkey://127.0.0.1:1", observer=log):
        assert "127.0.0.1:1" in log.unreachable[0]


async def test_a_node_of_a_cluster_is_no_single_server(tmp_path: Path) -> None:
    log = StoreLog()
    with running_store(tmp_path / "store", "--cluster-enabled yes") as server:
        async with connected(server.url, observer=log) as store:
            assert store.is_away
    assert log.unreachable == ["COINGLASS_SHARED_URL: the server is a node of a Cluster: write redis+cluster://"]


async def test_a_single_server_is_no_cluster(store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(store_server.url.replace("valkey:", "valkey+cluster:"), observer=log) as store:
        assert store.is_away
    assert "cluster support disabled" in log.unreachable[0]


async def test_a_database_that_the_server_lacks_is_reported(store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(f"{store_server.url}/99", observer=log):
        assert "DB index is out of range" in log.unreachable[0]


@pytest.mark.parametrize("version", [b"6.2.14", b"5.0"])
@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
def test_a_server_that_is_too_old_for_the_scripts_is_no_store(scheme: str, version: bytes) -> None:
    hello = {b"server": b"redis", b"version": version, b"mode": b"cluster" if "+" in scheme else b"standalone"}
    with pytest.raises(UnusableServer, match=f"has version {version.decode()}: .* Redis 7.0 or newer"):
        check_server(parse_address(f"{scheme}://store"), hello)


@pytest.mark.parametrize("version", [b"7.0.0", b"10.1", b"255.255.255", b"unstable", b"", None])
def test_a_server_that_is_new_enough_or_does_not_say_is_a_store(version: bytes | None) -> None:
    check_server(parse_address("redis://store"), {b"mode": b"standalone", b"version": version})


@pytest.mark.parametrize("reply", [[], [b"host"], [b"host", b"port"], b"OK", 1])
async def test_a_sentinel_whose_answer_is_no_address_is_unusable(
    reply: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(*_: object) -> object:
        return reply

    monkeypatch.setattr(discovery, "_primary", answer)
    with pytest.raises(UnusableServer, match="the sentinel host:1 does not answer with an address"):
        await discovery.ask_sentinel(parse_address("redis+sentinel://host:1/main"), HostPort("host", 1))
