"""Stores that refuse what replicas need: what the log says of it, and what `doctor --shared` does."""

import re

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from server.doctor_store import examine_store
from server.settings import Settings
from server.store_observer import CountingStoreObserver
from shared.store.address import parse_address
from shared.store.errors import CommandRefused
from shared.store.scope import Scope
from shared.store.script import FOLDER, LuaScript
from shared.store.stream_reader import StreamReader
from tests.shared.rig import StoreLog, connected
from tests.store_server import StoreServer

PASSWORD = "password-of-the-store"  # noqa: S105  # of a server that lives as long as its test
USER = "coinglass-replicas"
ALL_RIGHTS = "~cg:* &cg:* +@all -@admin -@dangerous +info"  # as in docs/replicas.md
KEY = "key-of-coinglass-1"
CALL = re.compile(r"""call\(["']([A-Z]+)""")
OPTIONAL = {"INFO"}  # without it, the store counts as young


def address_of(server: StoreServer, rights: str) -> str:
    """Create a user with the rights; return the address with it."""
    server.command("ACL", "SETUSER", USER, "on", f">{PASSWORD}", *rights.split())
    return f"valkey://{USER}:{PASSWORD}@127.0.0.1:{server.port}"


def settings_of(address: str) -> Settings:
    return Settings.from_env({"COINGLASS_API_KEY": KEY, "COINGLASS_SHARED_URL": address})


async def examine(address: str) -> int:
    return await examine_store(settings_of(address), parse_address(address))


async def test_the_doctor_finds_nothing_missing_with_the_rights_of_the_document(
    each_store_server: StoreServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await examine(address_of(each_store_server, ALL_RIGHTS)) == 0
    assert "rights   scripts run, and notices arrive" in capsys.readouterr().out
    assert each_store_server.command("DBSIZE") == b":0\r\n"


@pytest.mark.parametrize(
    ("lacking", "refused"),
    [
        ("-@scripting", ["scripts: ", "'evalsha'"]),
        ("-eval", ["scripts: ", "'eval'"]),
        ("-zadd", ["ZADD: ", "'zadd'"]),
        ("-publish", ["PUBLISH: ", "'publish'"]),
        ("-xread", ["XREAD: ", "'xread'"]),
        ("-subscribe", ["SUBSCRIBE: ", "'subscribe'"]),
        ("resetchannels &other:*", ["PUBLISH: ", "SUBSCRIBE: ", "channel"]),
        ("resetkeys ~other:*", ["key"]),
    ],
)
async def test_the_doctor_names_what_is_refused(
    store_server: StoreServer, capsys: pytest.CaptureFixture[str], lacking: str, refused: list[str]
) -> None:
    assert await examine(address_of(store_server, f"{ALL_RIGHTS} {lacking}")) == 1
    out = capsys.readouterr().out
    assert all(text in out for text in refused)
    assert [secret for secret in (USER, PASSWORD, KEY) if secret in out] == []


async def test_the_doctor_says_that_there_is_no_memory(
    store_server: StoreServer, capsys: pytest.CaptureFixture[str]
) -> None:
    store_server.fill_memory()
    assert await examine(store_server.url) == 1
    assert "maxmemory" in capsys.readouterr().out


@pytest.mark.parametrize("entry", ["garbage", "\x05", "{}"])
async def test_the_doctor_says_that_the_quota_cannot_be_read(
    store_server: StoreServer, capsys: pytest.CaptureFixture[str], entry: str
) -> None:
    config = settings_of(store_server.url).client_config()
    store_server.command("SET", Scope.of(config.api_key, config.base_url).name("quota"), entry)
    assert await examine(store_server.url) == 0
    assert "quota    what the store has as the quota cannot be read" in capsys.readouterr().out


def test_the_doctor_tries_every_command_that_scripts_run() -> None:
    tried = set(re.findall(r"try\('([A-Z]+)'", (FOLDER / "rights.lua").read_text()))
    used = {name for script in FOLDER.glob("*.lua") for name in CALL.findall(script.read_text())}
    assert used - OPTIONAL <= tried


async def test_the_log_says_once_why_each_operation_is_refused(store_server: StoreServer) -> None:
    script = LuaScript("increment", "return redis.call('INCR', KEYS[1])")
    observer = CountingStoreObserver(CollectorRegistry())
    address = address_of(store_server, f"{ALL_RIGHTS} -@scripting")
    with capture_logs() as logs:
        async with connected(address, observer=observer) as store:
            for _ in range(2):
                for operation in (store.run(script, ["cg:name"]), store.get("other")):
                    with pytest.raises(CommandRefused):
                        await operation
    refusals = [entry for entry in logs if entry["event"] == "the shared store refuses an operation"]
    assert [(entry["operation"], entry["code"]) for entry in refusals] == [("increment", "NOPERM"), ("GET", "NOPERM")]
    assert "'evalsha'" in refusals[0]["reason"]
    assert "key" in refusals[1]["reason"]


def test_a_refusal_is_logged_again_after_the_store_was_away() -> None:
    observer = CountingStoreObserver(CollectorRegistry())
    with capture_logs() as logs:
        for _ in range(2):
            observer.on_refusal("GET", "NOPERM", "no")
        observer.on_return(1)
        observer.on_refusal("GET", "NOPERM", "no")
    assert [entry["event"] for entry in logs].count("the shared store refuses an operation") == 2


async def test_a_refusal_is_reported_without_the_arguments(store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(store_server.url, observer=log) as store:
        with pytest.raises(CommandRefused):
            await store.execute("GETT", "a value")
    [(name, code, reason)] = log.refusals
    assert (name, code) == ("GETT", "ERR")
    assert "unknown command" in reason
    assert "a value" not in reason


async def test_a_blocking_read_that_is_refused_is_reported(store_server: StoreServer) -> None:
    log = StoreLog()
    async with connected(address_of(store_server, f"{ALL_RIGHTS} -xread"), observer=log) as store:
        reader = StreamReader(store)
        with pytest.raises(CommandRefused):
            await reader.read({"cg:stream": "0"}, 1, 1)
        await reader.close()
    assert [(name, code) for name, code, _ in log.refusals] == [("XREAD", "NOPERM")]
