"""Keys are created, verified, revoked and expire, while servers run and other processes write the same file."""

import asyncio
import multiprocessing
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from callers.authentication import Unauthenticated
from callers.caller import Budget, Caller
from callers.key_commands import InvalidKeyCommand, create_key, revoke_keys
from callers.key_file import KeyFile, KeyFileError, read_keys
from tests.clock import START, FakeClock

CHECK_SECONDS = 1.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def refusal(keys: KeyFile, key: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        asyncio.run(keys.verify(key.encode()))
    return str(refused.value)


def caller_of(keys: KeyFile, key: str) -> Caller:
    return asyncio.run(keys.verify(key.encode()))


def test_a_key_identifies_its_caller(path: Path, clock: FakeClock) -> None:
    budget = Budget(calls_per_minute=10)
    key = create_key(path, "dashboard", START, scopes=["metrics"], budget=budget)
    other = create_key(path, "reports", START)
    keys = KeyFile(path, clock)
    assert caller_of(keys, key) == Caller("dashboard", budget, frozenset({"metrics"}))
    assert caller_of(keys, other) == Caller("reports")


@pytest.mark.parametrize("key", ["", "cgk_", "cgk_" + "A" * 43, "ü"])
def test_an_unknown_key_is_refused(path: Path, clock: FakeClock, key: str) -> None:
    create_key(path, "dashboard", START)
    assert refusal(KeyFile(path, clock), key).startswith("This server has no such key.")


def test_the_digest_in_the_file_is_no_key(path: Path, clock: FakeClock) -> None:
    create_key(path, "dashboard", START)
    assert refusal(KeyFile(path, clock), read_keys(path).keys[0].sha256).startswith("This server has no such key.")


def test_the_file_has_no_key_and_belongs_to_its_owner_alone(path: Path) -> None:
    key = create_key(path, "dashboard", START)
    assert key.startswith("cgk_")
    assert len(key) >= 40
    assert key[12:] not in path.read_text()
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_a_key_expires(path: Path, clock: FakeClock) -> None:
    key = create_key(path, "dashboard", START, lifetime=timedelta(hours=1))
    keys = KeyFile(path, clock)
    clock.advance(3599)
    assert caller_of(keys, key).name == "dashboard"
    clock.advance(1)
    assert refusal(keys, key) == f"The key {key[:10]}… expired at 2026-07-01T13:00:00Z."


def test_a_running_server_notices_new_and_revoked_keys(path: Path, clock: FakeClock) -> None:
    first = create_key(path, "dashboard", START)
    keys = KeyFile(path, clock)
    second = create_key(path, "dashboard", START)
    clock.advance(CHECK_SECONDS)
    assert caller_of(keys, second) == caller_of(keys, first)
    assert [stored.prefix for stored in revoke_keys(path, first[:10], START)] == [first[:10]]
    clock.advance(CHECK_SECONDS)
    assert refusal(keys, first) == f"The key {first[:10]}… was revoked on 2026-07-01."
    assert caller_of(keys, second).name == "dashboard"


def test_revoking_a_name_revokes_all_its_keys(path: Path, clock: FakeClock) -> None:
    revoked = [create_key(path, "dashboard", START) for _ in range(2)]
    other = create_key(path, "reports", START)
    assert len(revoke_keys(path, "dashboard", START)) == 2
    keys = KeyFile(path, clock)
    assert all("was revoked" in refusal(keys, key) for key in revoked)
    assert caller_of(keys, other).name == "reports"
    with pytest.raises(InvalidKeyCommand, match="no valid key has the name or the prefix 'dashboard'"):
        revoke_keys(path, "dashboard", START)


@pytest.mark.parametrize("name", ["", "a b", "a\n", "x" * 129, "a,b", "a=b", "ü"])
def test_a_name_that_cannot_stand_in_a_setting_or_a_log_is_refused(path: Path, name: str) -> None:
    with pytest.raises(InvalidKeyCommand, match="a name has 1 to 128 letters"):
        create_key(path, name, START)


def test_an_unreadable_file_leaves_the_keys_that_were_read_last(path: Path, clock: FakeClock) -> None:
    key = create_key(path, "dashboard", START)
    keys = KeyFile(path, clock)
    for damage in (lambda: path.write_text("{"), path.unlink):
        damage()
        clock.advance(CHECK_SECONDS)
        with capture_logs() as logs:
            assert caller_of(keys, key).name == "dashboard"
        assert str(path) in logs[0]["error"]
        clock.advance(CHECK_SECONDS)
        with capture_logs() as logs:
            assert caller_of(keys, key).name == "dashboard"
        assert logs == []  # the fault is logged already


def test_a_reload_does_not_wait_for_the_next_look_at_the_file(path: Path, clock: FakeClock) -> None:
    create_key(path, "dashboard", START)
    keys = KeyFile(path, clock)
    key = create_key(path, "reports", START)
    keys.reload()
    assert caller_of(keys, key).name == "reports"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"keys": [{}]}', b'{"keys": 1}', b"\x00", b'{"keys": [{"name": "\xff"}]}']
)
def test_a_server_does_not_start_with_a_file_of_something_else(path: Path, clock: FakeClock, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match="is not a file of keys"):
        KeyFile(path, clock)


def test_a_server_does_not_start_without_the_file(path: Path, clock: FakeClock) -> None:
    with pytest.raises(KeyFileError, match=r"cannot read .*No such file"):
        KeyFile(path, clock)


def _create_ten(path: Path, name: str) -> None:
    for _ in range(10):
        create_key(path, name, START)


def test_no_key_is_lost_if_several_processes_create_keys(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_create_ten, args=(path, f"caller{number}")) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert len({stored.sha256 for stored in read_keys(path).keys}) == 40
