"""What another program has written in the place of answers, leases and their index is deleted when it is in the way."""

from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.shared.test_lease_scripts import (
    ANSWER,
    FENCE,
    INDEX,
    LEASE,
    LEASE_MS,
    RENEW,
    SIZE,
    SIZES,
    VALUE,
    AnswerScripts,
)
from tests.store_server import StoreServer

SOON = 9e15  # more than any token by the clock, and less than numbers of Lua that are not exact


@pytest.fixture
async def scripts(desk_server: StoreServer) -> AsyncIterator[AnswerScripts]:
    scripts = AnswerScripts(desk_server)
    yield scripts
    scripts.server.close()


async def share(scripts: AnswerScripts) -> None:
    """Fetch an answer, which everybody gets."""
    state, token = await scripts.begin("a")
    assert (state, 0 < token < SOON) == ("lease", True)
    assert (await scripts.finish("a", token))[0] == 1
    assert (await scripts.look("b"))[4] == VALUE


async def renew(scripts: AnswerScripts, token: int) -> object:
    """Return what the script of renewals returns for one lease."""
    return await scripts._store.run(RENEW, (LEASE, FENCE), (LEASE_MS, "a", str(token)))


@pytest.mark.parametrize("fence", ["1e309", "inf", "nan", "1e23", "abc", "", "-1"])
async def test_a_fence_that_is_no_token_counts_as_none(scripts: AnswerScripts, fence: str) -> None:
    scripts.server.client.set(FENCE, fence)
    await share(scripts)


@pytest.mark.parametrize("fence", ["inf", "nan", "abc"])
async def test_a_lease_without_a_token_gets_one_although_the_fence_is_none(scripts: AnswerScripts, fence: str) -> None:
    scripts.server.client.set(FENCE, fence)
    (token,) = cast("list[int]", await renew(scripts, 0))
    assert 0 < token < SOON


@pytest.mark.parametrize("name", [ANSWER, LEASE, FENCE, INDEX, SIZES])
async def test_an_entry_of_another_type_is_made_anew(scripts: AnswerScripts, name: str) -> None:
    if name in (FENCE, INDEX):
        scripts.server.client.hset(name, "field", "garbage")
    else:
        scripts.server.client.set(name, "garbage")
    await share(scripts)
    assert scripts.sizes() == {"call": SIZE, "total": SIZE}
    assert await scripts.evict(0) == [b"call"]


async def test_a_lease_of_another_type_is_renewed(scripts: AnswerScripts) -> None:
    _, token = await scripts.begin("a")
    scripts.server.client.set(LEASE, "garbage")
    assert await renew(scripts, token) == [token]
    assert await scripts.begin("b") == ("remote", token)


@pytest.mark.parametrize("field", ["token", "stored", "fresh", "grace", "usable"])
@pytest.mark.parametrize("value", ["abc", "", "1e309", "nan"])
async def test_an_answer_without_its_numbers_is_fetched_again(scripts: AnswerScripts, field: str, value: str) -> None:
    await share(scripts)
    scripts.server.client.hset(ANSWER, field, value)
    await share(scripts)


async def test_an_answer_without_all_its_fields_is_fetched_again(scripts: AnswerScripts) -> None:
    scripts.server.client.hset(ANSWER, "fresh", str(SOON))
    await share(scripts)


@pytest.mark.parametrize("field", ["token", "until"])
@pytest.mark.parametrize("value", ["abc", "1e309", "nan"])
async def test_a_lease_without_its_numbers_is_free(scripts: AnswerScripts, field: str, value: str) -> None:
    await scripts.begin("b")
    scripts.server.client.hset(LEASE, field, value)
    await share(scripts)


@pytest.mark.parametrize("total", ["abc", "-9000000000000000000", "1e3", "1000000000000000000", "999999999999999"])
async def test_a_total_that_cannot_be_is_counted_anew(scripts: AnswerScripts, total: str) -> None:
    await share(scripts)
    scripts.server.client.hset(SIZES, "total", total)
    await scripts.expire()
    scripts.server.client.delete(ANSWER)
    await share(scripts)
    await scripts.evict(SIZE)
    scripts.server.client.delete(ANSWER)
    await share(scripts)
    assert scripts.sizes() == {"call": SIZE, "total": SIZE}
