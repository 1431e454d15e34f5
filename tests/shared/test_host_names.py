"""Hosts with names: a resolver that hangs, and sentinels that name one primary differently."""

import socket
import threading
from typing import Any

import pytest

from cg_client.clock import Clock
from shared.store import session as session_module
from shared.store import store as store_module
from shared.store.address import HostPort, parse_address
from shared.store.session import StoreSession
from shared.store.store import LIMIT
from tests.shared.rig import StoreLog, connected

UNKNOWN = "store.invalid"


async def test_a_resolver_that_hangs_is_asked_once_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    lookups: list[str] = []
    has_answer = threading.Event()

    def hang(host: str, *_: object, **__: object) -> list[Any]:
        lookups.append(host)
        has_answer.wait(30)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    monkeypatch.setattr(store_module, "ATTEMPT_SECONDS", 0.05)
    log = StoreLog()
    try:
        async with connected(f"valkey://{UNKNOWN}:6379", observer=log):
            await log.until(lambda: len(log.unreachable) == 3)
            assert lookups == [UNKNOWN]
            has_answer.set()
            await log.until(lambda: UNKNOWN in log.unreachable[-1])
    finally:
        has_answer.set()
    assert log.unreachable[-1] == f"COINGLASS_SHARED_URL: no address of {UNKNOWN} is known: Name or service not known"


@pytest.mark.parametrize(
    ("named", "is_lost"),
    [
        (HostPort("127.0.0.1", 6379), False),
        (HostPort("localhost", 6379), False),
        (HostPort("127.0.0.1", 6380), True),
        (HostPort("localhost", 6380), True),
        (HostPort("127.0.0.2", 6379), True),
        (HostPort(UNKNOWN, 6379), False),  # nobody could connect to it: another sentinel may name it better
    ],
)
@pytest.mark.parametrize("primary", ["127.0.0.1", "localhost"])
async def test_a_session_is_lost_only_if_a_sentinel_names_another_server(
    named: HostPort, primary: str, monkeypatch: pytest.MonkeyPatch, *, is_lost: bool
) -> None:
    async def answer(*_: object) -> HostPort:
        return named

    monkeypatch.setattr(session_module, "ask_sentinel", answer)
    session = StoreSession(parse_address("redis+sentinel://127.0.0.1/main"), Clock(), LIMIT)
    session._primary = HostPort(primary, 6379)
    await session.check_primary()
    assert session.lost.done() is is_lost
    await session.close()
