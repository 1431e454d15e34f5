"""The doctor counts the answers that are there, and those that are gone make room first."""

from collections.abc import AsyncIterator

import pytest

from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.secret import Secret
from shared import inspection
from shared.answers.codec import AnswerCodec
from shared.inspection import inspect
from shared.store.commands import Argument
from shared.store.scope import Scope
from shared.store.script import LuaScript
from shared.store.store import Store
from tests.shared.rig import StoreLog, connected
from tests.store_server import StoreServer

CONFIG = ClientConfig(api_key=Secret("key-of-the-test"), base_url="http://upstream")
FINISH, EVICT = LuaScript("answers_finish"), LuaScript("answers_evict")
LIMIT = 100_000
LONG, SHORT = 60_000, 1  # milliseconds for which an answer is usable
SCOPE = Scope.of(CONFIG.api_key, CONFIG.base_url)
VERSION = AnswerCodec(CONFIG.api_key, CONFIG.base_url).version
INDEX, SIZES = SCOPE.name("index", VERSION), SCOPE.name("sizes", VERSION)
BYTES = 500  # of an answer with a value of 100, as the script counts them


@pytest.fixture
async def store(store_server: StoreServer) -> AsyncIterator[Store]:
    async with connected(store_server.url, observer=StoreLog()) as this:
        yield this


async def put(store: Store, member: str, usable: int) -> None:
    names = SCOPE.name("answer", member), SCOPE.name("lease", member), INDEX, SIZES
    args: list[Argument] = ["", "0", member, "notices", "v" * 100, 0, usable, usable, usable, LIMIT, 0]
    assert await store.run(FINISH, names, args)


async def gone(store: Store, *members: str) -> None:
    """Wait until answers have ended."""
    names = [SCOPE.name("answer", member) for member in members]
    while await store.execute("EXISTS", *names):
        pass


async def test_answers_that_have_ended_are_not_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "_PAGE", 2)
    ended = [f"ended-{number}" for number in range(5)]
    for member in ended:
        await put(store, member, SHORT)
    for member in ("first", "second"):
        await put(store, member, LONG)
    await gone(store, *ended)
    report = await inspect(store, CONFIG, Clock())
    assert (report.answers, report.answer_bytes) == (2, 2 * BYTES)


async def test_a_store_without_answers_has_none(store: Store) -> None:
    report = await inspect(store, CONFIG, Clock())
    assert (report.answers, report.answer_bytes) == (0, 0)


async def test_sizes_that_are_no_numbers_count_as_none(store: Store) -> None:
    await put(store, "there", LONG)
    await store.execute("HSET", SIZES, "total", "garbage")
    report = await inspect(store, CONFIG, Clock())
    assert (report.answers, report.answer_bytes) == (1, 0)


async def test_answers_that_have_ended_make_room_before_those_that_are_there(store: Store) -> None:
    await put(store, "there", LONG)
    await put(store, "ended", SHORT)
    await gone(store, "ended")
    assert await store.run(EVICT, [INDEX, SIZES], [BYTES, 0]) == [b"ended"]
    report = await inspect(store, CONFIG, Clock())
    assert (report.answers, report.answer_bytes) == (1, BYTES)
