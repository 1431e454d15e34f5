"""A primary that sentinels name, and another one after a failover."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.shared.rig import StoreLog, connected
from tests.store_server import StoreServer, binary_of, running_store

NAME = "main"


class SentinelServer(StoreServer):
    """A sentinel that watches one primary, alone."""

    def __init__(self, folder: Path, primary: StoreServer, *, password: str = "") -> None:
        super().__init__(folder, binary_of("valkey"))
        lines = [f"port {self.port}", "bind 127.0.0.1", f"dir {folder}"]
        lines += [f"sentinel monitor {NAME} 127.0.0.1 {primary.port} 1", f"sentinel down-after-milliseconds {NAME} 500"]
        lines += [f"requirepass {password}"] * bool(password)
        self.authority = f"127.0.0.1:{self.port}"
        (folder / "sentinel.conf").write_text("\n".join(lines) + "\n")

    def command_line(self) -> list[str]:
        return ["redis-server", str(self.folder / "sentinel.conf"), "--sentinel"]


@contextlib.contextmanager
def running_sentinel(folder: Path, primary: StoreServer, *, password: str = "") -> Iterator[SentinelServer]:
    """Yield a sentinel of the primary."""
    sentinel = SentinelServer(folder, primary, password=password)
    try:
        sentinel.start()
        sentinel.command("SENTINEL", "DEBUG", "INFO-PERIOD", "500")  # instead of ten seconds
        yield sentinel
    finally:
        sentinel.kill()


async def test_sentinels_name_the_primary_and_those_that_are_down_are_passed_over(
    store_server: StoreServer, tmp_path: Path
) -> None:
    with running_sentinel(tmp_path / "sentinel", store_server) as sentinel:
        async with connected(f"redis+sentinel://127.0.0.1:1,{sentinel.authority}/{NAME}/3") as store:
            await store.set("name", "value", 60)
            assert store_server.command("INFO", "keyspace").count(b"db3:") == 1


async def test_a_name_that_the_sentinels_lack_is_reported(store_server: StoreServer, tmp_path: Path) -> None:
    log = StoreLog()
    with running_sentinel(tmp_path / "sentinel", store_server) as sentinel:
        async with connected(f"redis+sentinel://{sentinel.authority}/other", observer=log) as store:
            assert store.is_away
    assert log.unreachable == ["COINGLASS_SHARED_URL: the sentinels know no primary with the name other"]


async def test_the_password_goes_to_sentinels_that_want_one(tmp_path: Path) -> None:
    with (
        running_store(tmp_path / "store", "--requirepass secret") as primary,
        running_sentinel(tmp_path / "sentinel", primary, password="secret") as sentinel,  # noqa: S106  # on loopback
    ):
        async with connected(f"redis+sentinel://default:secret@{sentinel.authority}/{NAME}") as store:
            assert await store.execute("PING") == b"PONG"


async def test_the_primary_after_a_failover_is_used(store_server: StoreServer, tmp_path: Path) -> None:
    log = StoreLog()
    store_server.command("CONFIG", "SET", "repl-diskless-sync-delay", "0")
    with running_store(tmp_path / "replica", f"--replicaof 127.0.0.1 {store_server.port}") as replica:
        with running_sentinel(tmp_path / "sentinel", store_server) as sentinel:
            async with connected(f"redis+sentinel://{sentinel.authority}/{NAME}", observer=log) as store:
                await store.set("name", "value", 60)
                sentinel.until(
                    ["SENTINEL", "REPLICAS", NAME], lambda answer: b"master-link-status\r\n$2\r\nok" in answer
                )
                sentinel.command("SENTINEL", "FAILOVER", NAME)
                await log.until(lambda: bool(log.away))  # although the old primary still takes writes
                await log.until(lambda: len(log.returns) == 2)
                assert await store.get("name") == b"value"
                await store.set("name", "other", 60)
        assert b"role:master" in replica.command("INFO", "replication")
