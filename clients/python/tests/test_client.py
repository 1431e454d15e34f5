"""The clients: answers, problems, retries, credentials."""

import asyncio
import json
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from coinglass_graphql_client import (
    AsyncClient,
    AuthenticationError,
    Client,
    Interval,
    InvalidInput,
    InvalidInputError,
    NotConnectedError,
    PlanGatedError,
    RateLimitedError,
    RequestError,
    ResponseError,
    SchemaMismatchError,
    UnavailableError,
    coin,
    coinglass_account,
    exchanges,
    pair,
    types,
    upstream_quota,
)
from coinglass_graphql_client._credentials import Credentials
from tests.conftest import ClientOf

SECRETS = {"api_key": "cgk_verysecretkey", "coinglass_key": "0123456789secret"}
FUNDING = pair("Binance", "BTC/USDT").funding_rate(Interval.H8, last=3)
QUOTA = {"limit": 300, "used": 1, "remaining": 299, "resetsAt": None}
FINE = httpx.Response(200, json={"data": {"r0": QUOTA}})

Respond = Callable[[httpx.Request], httpx.Response]


def answering(*answers: httpx.Response | Exception) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    """Return a transport that gives these answers in turn, and the requests that it gets."""
    requests: list[httpx.Request] = []
    pending = iter(answers)

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        answer = next(pending)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.MockTransport(respond), requests


def refusal(code: str, status: int = 200, headers: dict[str, str] | None = None, **extensions: Any) -> httpx.Response:
    errors = [{"message": "No.", "extensions": {"code": code, **extensions}}]
    return httpx.Response(status, json={"errors": errors}, headers=headers)


def problem(kind: str, **fields: Any) -> httpx.Response:
    value = {"__typename": kind, "message": "No.", "endpoint": "/api/x", **fields}
    return httpx.Response(200, json={"data": {"r0": {"fundingRate": value}}})


def test_a_payload_has_the_types_of_the_graph(client: Client) -> None:
    funding = client.fetch(FUNDING)
    assert isinstance(funding, types.FundingSeries)
    assert funding.interval is Interval.H8
    assert funding.count == len(funding.columns.close) == 3
    assert funding.latest is not None
    assert funding.latest.time.utcoffset() is not None
    assert funding.source.sandbox


def test_the_asynchronous_client_answers_alike(url: str, client: Client) -> None:
    async def fetch() -> types.FundingSeries:
        async with AsyncClient(url) as other:
            return await other.fetch(FUNDING)

    assert asyncio.run(fetch()).columns == client.fetch(FUNDING).columns


def test_fields_that_are_no_results_are_fetched_as_well(client: Client) -> None:
    assert client.fetch(upstream_quota()).limit == 1200
    assert "Binance" in {exchange.name for exchange in client.fetch(exchanges())}


def test_an_unknown_coin_is_a_problem_with_suggestions_and_costs_no_other_answer(client: Client) -> None:
    results = client.results({"typo": coin("BTCC").market(), "bitcoin": coin("BTC").market()})
    assert isinstance(results["typo"], InvalidInput)
    assert "BTC" in results["typo"].suggestions
    assert isinstance(results["bitcoin"], types.CoinMarket)


def test_a_problem_is_raised_as_its_kind(client_of: ClientOf) -> None:
    gated = {
        "code": "PLAN_REQUIRED",
        "reason": "ENDPOINT",
        "requiredPlan": "STANDARD",
        "currentPlan": None,
        "minInterval": None,
        "availableFrom": None,
        "alternatives": ["Pair.price"],
        "decidedBy": "CATALOGUE",
    }
    transport, _ = answering(
        problem("PlanGated", **gated),
        problem("Unavailable", code="TIMEOUT", retryable=True, retryAfter=2.5),
        problem("InvalidInput", code="BAD_USER_INPUT", argument="last", suggestions=[]),
    )
    client = client_of(transport)
    with pytest.raises(PlanGatedError, match="PLAN_REQUIRED: No") as plan:
        client.fetch(FUNDING)
    assert plan.value.problem.alternatives == ["Pair.price"]
    with pytest.raises(UnavailableError) as unavailable:
        client.fetch(FUNDING)
    assert unavailable.value.problem.retry_after == 2.5
    with pytest.raises(InvalidInputError):
        client.fetch(FUNDING)


def test_a_kind_of_problem_that_this_version_does_not_know_is_not_retryable(client_of: ClientOf) -> None:
    transport, _ = answering(problem("Embargoed", code="EMBARGO"))
    result = client_of(transport).result(FUNDING)
    assert isinstance(result, types.Unavailable)
    assert (result.code, result.retryable) == ("EMBARGO", False)


def test_a_document_is_answered_with_data_and_errors(client: Client) -> None:
    answer = client.execute('{ coin(symbol: "NOPE") { symbol } exchange(name: "okx") { name } }')
    assert answer.data == {"coin": None, "exchange": {"name": "OKX"}}
    assert [error.code for error in answer.errors] == ["BAD_USER_INPUT"]
    with pytest.raises(RequestError, match="GRAPHQL_VALIDATION_FAILED"):
        client.execute("{ nothing }")


def test_the_client_counts_calls_and_knows_the_quota(client: Client) -> None:
    client.fetch(pair("OKX", "BTC/USDT").price(Interval.H4, last=7))
    assert client.usage.calls == 1
    assert client.usage.quota_remaining is not None


def test_a_dry_run_says_what_requests_cost_and_sends_nothing(client: Client) -> None:
    request = pair("Bybit", "BTC/USDT").price(Interval.H4, last=7)
    assert client.cost(request).calls == client.cost({"a": request, "b": request}).calls == 1
    assert client.usage.calls == 0


def test_a_request_that_never_reached_the_server_is_repeated(client_of: ClientOf, waits: list[float]) -> None:
    transport, requests = answering(httpx.ConnectError("refused"), httpx.ConnectError("refused"), FINE)
    assert client_of(transport).fetch(upstream_quota()).limit == 300
    assert len(requests) == 3
    assert 0.5 <= waits[0] <= 1 <= waits[1] <= 2


def test_a_query_is_repeated_after_a_broken_connection_and_a_document_is_not(client_of: ClientOf) -> None:
    transport, _ = answering(httpx.ReadError("broken"), FINE)
    assert client_of(transport).fetch(upstream_quota()).limit == 300
    transport, requests = answering(httpx.ReadTimeout("slow"))
    with pytest.raises(NotConnectedError, match="no answer within the timeout"):
        client_of(transport).execute("mutation { x }")
    assert len(requests) == 1


def test_retry_after_of_a_server_that_shuts_down_is_obeyed(client_of: ClientOf, waits: list[float]) -> None:
    transport, _ = answering(refusal("SERVICE_UNAVAILABLE", 503, {"retry-after": "7"}), FINE)
    client_of(transport).fetch(upstream_quota())
    assert waits == [7]


@pytest.mark.parametrize("code", ["QUERY_TOO_COMPLEX", "GRAPHQL_VALIDATION_FAILED"])
def test_what_would_fail_again_is_not_repeated(client_of: ClientOf, code: str) -> None:
    transport, requests = answering(refusal(code))
    with pytest.raises(RequestError, match=code):
        client_of(transport).fetch(upstream_quota())
    assert len(requests) == 1


def test_a_server_without_a_field_of_this_client_is_an_error_with_the_remedy(client_of: ClientOf) -> None:
    missing = {"message": "Cannot query field 'used' on type 'UpstreamQuota'."}
    older = httpx.Response(400, json={"errors": [missing | {"extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]})
    transport, _ = answering(older, older)
    client = client_of(transport)
    with pytest.raises(
        SchemaMismatchError, match=r"'used' on type 'UpstreamQuota'.*update the server, or install"
    ) as error:
        client.fetch(upstream_quota())
    assert (error.value.code, error.value.errors[0].message) == ("GRAPHQL_VALIDATION_FAILED", missing["message"])
    with pytest.raises(RequestError) as own:  # a mistake in a document of one's own
        client.execute("{ upstreamQuota { used } }")
    assert type(own.value) is RequestError


def test_what_is_no_request_is_refused_with_what_would_be_one(client_of: ClientOf) -> None:
    transport, requests = answering()
    client = client_of(transport)
    place: Any = coin("BTC")
    for call in (client.fetch, client.cost):
        with pytest.raises(
            TypeError, match=r"coin\(symbol: BTC\) is no request yet: call .* liquidation_heatmap, .*market"
        ):
            call(place)
    text: Any = "BTC"
    with pytest.raises(TypeError, match=r"a request is wanted, .* not str"):
        client.results({"a": text})
    assert requests == []


def test_a_server_that_is_not_there_is_named(client_of: ClientOf) -> None:
    transport, _ = answering(*[httpx.ConnectError("refused")] * 3)
    client = client_of(transport)
    with pytest.raises(NotConnectedError) as error:
        client.fetch(upstream_quota())
    assert str(error.value) == f"{client.url}: no connection (refused)"


def test_the_budget_of_the_caller_is_an_error_with_the_time_to_wait(client_of: ClientOf) -> None:
    transport, _ = answering(refusal("CLIENT_RATE_LIMITED", 429, retryAfter=12.5))
    with pytest.raises(RateLimitedError) as error:
        client_of(transport).fetch(upstream_quota())
    assert error.value.retry_after == 12.5


def test_operations_beyond_a_limit_are_split(client_of: ClientOf) -> None:
    halves = [httpx.Response(200, json={"data": {"r0": QUOTA, "r1": QUOTA}}) for _ in range(2)]
    transport, requests = answering(refusal("QUERY_TOO_COMPLEX"), *halves)
    results = client_of(transport).results({str(number): upstream_quota() for number in range(4)})
    assert list(results) == ["0", "1", "2", "3"]
    assert len(requests) == 3


def test_an_answer_that_is_not_graphql_says_so(client_of: ClientOf) -> None:
    transport, _ = answering(httpx.Response(404, html="<p>nothing here</p>"))
    with pytest.raises(ResponseError, match="404 with text/html"):
        client_of(transport).fetch(upstream_quota())


def test_missing_credentials_are_an_error_of_their_own(client_of: ClientOf) -> None:
    transport, _ = answering(refusal("UNAUTHENTICATED", 401))
    with pytest.raises(AuthenticationError, match="UNAUTHENTICATED"):
        client_of(transport).fetch(upstream_quota())


@pytest.mark.parametrize(
    ("options", "header", "value"),
    [
        ({"api_key": "cgk_1"}, "x-api-key", "cgk_1"),
        ({"token": "eyJ.a.b"}, "authorization", "Bearer eyJ.a.b"),
        ({"token": iter(["eyJ.a.b"]).__next__}, "authorization", "Bearer eyJ.a.b"),
        ({"coinglass_key": "0123456789\n"}, "cg-api-key", "0123456789"),
    ],
)
def test_credentials_go_into_the_header_of_their_mode(options: dict[str, Any], header: str, value: str) -> None:
    transport, requests = answering(FINE)
    with Client(transport=transport, **options) as client:
        client.fetch(upstream_quota())
    assert requests[0].headers[header] == value
    assert requests[0].headers["user-agent"].startswith("coinglass-graphql-client/")


def test_a_callers_own_coinglass_key_has_its_own_plan(url: str) -> None:
    with Client(url, coinglass_key="sandbox-hobbyist") as client:
        assert client.fetch(coinglass_account()).plan == "HOBBYIST"


def _shown() -> Iterator[str]:
    """Yield all that a user may see of a client with secrets, whose requests fail."""
    transport, _ = answering(httpx.ConnectError("refused"), refusal("UNAUTHENTICATED", 401), httpx.Response(500))
    client = Client(transport=transport, retries=0, **SECRETS)  # type: ignore[arg-type]  # texts
    yield repr(client) + str(vars(client)) + repr(client._http.headers)
    for _ in range(3):
        try:
            client.fetch(upstream_quota())
        except Exception as error:  # noqa: BLE001  # each of them
            yield "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))


def test_no_secret_is_in_a_repr_or_an_error() -> None:
    texts = list(_shown())
    assert len(texts) == 4
    for text in texts:
        assert not any(secret in text for secret in SECRETS.values())
    assert "api_key=***" in texts[0]


@pytest.mark.parametrize("secret", ["two\nlines", "", "with space", "ключ"])
def test_what_cannot_be_a_credential_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ValueError, match="`api_key` is empty, or has characters") as error:
        Credentials(api_key=secret)
    assert not secret or secret not in str(error.value)


@pytest.mark.parametrize("url", ["ftp://x/", "no address", "http://user:password@host/"])
def test_an_address_that_cannot_be_right_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="`url`") as error:
        Client(url)
    assert "password@" not in str(error.value)


def test_the_path_of_the_address_may_be_left_out() -> None:
    assert Client("http://host:1/").url == Client("http://host:1/graphql").url == "http://host:1/graphql"
    assert Client("https://host/coins").url == "https://host/coins/graphql"


def test_requests_can_be_sent_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(FUNDING)) == FUNDING  # noqa: S301  # written by this test


def test_variables_are_json(client_of: ClientOf) -> None:
    transport, requests = answering(FINE)
    client_of(transport).execute("query($a: Int) { x(a: $a) }", {"a": 1})
    assert json.loads(requests[0].content)["variables"] == {"a": 1}
