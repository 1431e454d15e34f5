"""Endpoints with two paths: which is called, how many requests a missing path takes, and what is remembered."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx

from cg_client.call import Answer, Call, count_upstream_calls
from cg_client.client import Client
from cg_client.endpoint import Endpoint
from cg_client.errors import (
    CoinglassError,
    NotFound,
    PlanRequired,
    ProblemCode,
    QuotaExhausted,
    RateLimited,
    UnknownPath,
    UpstreamRejected,
    UpstreamUnavailable,
)
from cg_client.params.core import CoinParams
from tests.cg_client.conftest import answer, decode, failure
from tests.clock import FakeClock

NEW, FORMER = "/api/test/v2/orders", "/api/test/orders"
ENDPOINT = Endpoint(path=NEW, former_path=FORMER, summary="Orders.", params=CoinParams, refresh=timedelta(seconds=60))
PAIR_UNKNOWN = "The requested pair does not exist on the exchange."
HOUR = 3600.0

unknown_path = pytest.mark.parametrize(
    "unknown",
    [
        httpx.Response(404),
        httpx.Response(404, content=b'{"status":404,"error":"Not Found","path":"/api/test/v2/orders"}'),
        failure("404", "Endpoint not found. Please refer to the API documentation"),
    ],
    ids=["status", "status and body", "code in the body"],
)
MISSING = failure("404", "Not Found")


class PathRoutes:
    def __init__(self, upstream: respx.MockRouter) -> None:
        self.new, self.former = upstream.get(NEW), upstream.get(FORMER)

    @property
    def calls(self) -> tuple[int, int]:
        return self.new.call_count, self.former.call_count


@pytest.fixture
def routes(upstream: respx.MockRouter) -> PathRoutes:
    return PathRoutes(upstream)


async def fetch(client: Client, symbol: str = "BTC") -> Answer[Any]:
    return await client.get(Call(ENDPOINT, CoinParams(symbol=symbol), decode))


async def fails(client: Client, symbol: str = "BTC") -> CoinglassError:
    with pytest.raises(CoinglassError) as error:
        await fetch(client, symbol)
    return error.value


async def test_the_newer_path_is_called_and_named(client: Client, routes: PathRoutes) -> None:
    routes.new.mock(return_value=answer([1]))
    result = await fetch(client)
    assert (result.value, result.path, routes.calls) == ([1], NEW, (1, 0))


@unknown_path
async def test_the_former_path_answers_if_the_newer_does_not_exist(
    client: Client, routes: PathRoutes, unknown: httpx.Response
) -> None:
    routes.new.mock(return_value=unknown)
    routes.former.mock(return_value=answer([1]))
    result = await fetch(client)
    assert (result.value, result.path, result.endpoint, routes.calls) == ([1], FORMER, ENDPOINT, (1, 1))
    assert routes.former.calls.last.request.url.query == b"symbol=BTC"


async def test_both_tries_count_against_the_quota_and_for_their_operation(client: Client, routes: PathRoutes) -> None:
    routes.new.mock(return_value=MISSING)
    routes.former.mock(return_value=answer([1]))
    with count_upstream_calls() as counter:
        await fetch(client)
    assert (client.quota.used, counter.sent) == (2, 2)


async def test_only_the_path_that_works_is_called_for_an_hour(
    client: Client, routes: PathRoutes, clock: FakeClock
) -> None:
    routes.new.mock(return_value=MISSING)
    routes.former.mock(return_value=answer([1]))
    await fetch(client)
    clock.advance(HOUR - 1)
    await fetch(client, "ETH")
    assert routes.calls == (1, 2)
    clock.advance(2)
    await fetch(client, "SOL")
    assert routes.calls == (2, 3)


async def test_a_removed_former_path_is_replaced_by_the_newer_at_once(client: Client, routes: PathRoutes) -> None:
    routes.new.mock(side_effect=[MISSING, answer([2]), answer([3])])
    routes.former.mock(side_effect=[answer([1]), MISSING])
    assert [(await fetch(client, coin)).value for coin in ("BTC", "ETH", "SOL")] == [[1], [2], [3]]
    assert routes.calls == (3, 2)


async def test_if_neither_path_exists_the_error_names_both(client: Client, routes: PathRoutes) -> None:
    routes.new.mock(return_value=MISSING)
    routes.former.mock(return_value=MISSING)
    error = await fails(client)
    assert (type(error), error.code, error.endpoint) == (UnknownPath, ProblemCode.NOT_FOUND, NEW)
    assert NEW in str(error)
    assert FORMER in str(error)
    assert (error.retryable, routes.calls) == (False, (1, 1))


async def test_an_answer_is_cached_under_the_same_key_by_either_path(client: Client, routes: PathRoutes) -> None:
    routes.new.mock(return_value=MISSING)
    routes.former.mock(return_value=answer([1]))
    first = await fetch(client)
    _, entry = client.peek(Call(ENDPOINT, CoinParams(symbol="BTC"), decode))
    assert entry is not None
    assert entry.answer == first
    assert entry.answer.path == FORMER


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (failure("400", PAIR_UNKNOWN), NotFound),
        (failure("404", PAIR_UNKNOWN), NotFound),
        (httpx.Response(404, content=b'{"code":"404","msg":"The symbol was not found"}'), NotFound),
        (failure("400", "Required String parameter 'state' is not present"), UpstreamRejected),
        (failure("401", "Upgrade plan"), PlanRequired),
    ],
)
async def test_a_failure_of_an_existing_path_is_not_retried_by_the_other(
    client: Client, routes: PathRoutes, refusal: httpx.Response, error: type[CoinglassError]
) -> None:
    routes.new.mock(return_value=refusal)
    assert type(await fails(client)) is error
    assert routes.calls == (1, 0)


@pytest.mark.parametrize("refusal", [failure("400", PAIR_UNKNOWN), failure("400", "No such state")])
async def test_a_refusal_by_the_former_path_shows_that_it_exists(
    client: Client, routes: PathRoutes, refusal: httpx.Response
) -> None:
    routes.new.mock(return_value=MISSING)
    routes.former.mock(return_value=refusal)
    await fails(client)
    await fails(client, "ETH")
    assert routes.calls == (1, 2)


async def test_a_refusal_by_plan_is_learnt_for_the_endpoint(client: Client, routes: PathRoutes) -> None:
    routes.new.mock(return_value=MISSING)
    routes.former.mock(return_value=failure("401", "Upgrade plan"))
    assert [type(await fails(client)) for _ in range(2)] == [PlanRequired, PlanRequired]
    assert routes.calls == (1, 1)


async def test_a_former_path_that_fails_is_not_remembered(client: Client, routes: PathRoutes, clock: FakeClock) -> None:
    routes.new.mock(side_effect=[MISSING, answer([1])])
    routes.former.mock(return_value=httpx.Response(429, headers={"retry-after": "299"}))
    assert type(await fails(client)) is RateLimited
    clock.advance(600.0)
    assert (await fetch(client)).path == NEW


async def test_a_path_that_fails_otherwise_is_not_replaced_by_the_other(client: Client, routes: PathRoutes) -> None:
    routes.new.mock(return_value=httpx.Response(502, content=b"<html>"))
    assert type(await fails(client)) is UpstreamUnavailable
    assert routes.former.call_count == 0


async def test_the_second_try_respects_the_quota(client: Client, routes: PathRoutes) -> None:
    routes.new.mock(return_value=httpx.Response(404, headers={"api-key-max-limit": "30", "api-key-use-limit": "30"}))
    routes.former.mock(return_value=answer([1]))
    assert type(await fails(client)) is QuotaExhausted
    assert routes.calls == (1, 0)
