"""A name that CoinGlass answers with a server error is not found, and an outage is told apart from it."""

import asyncio

import httpx
import pytest
import respx

from cg_client.call import Call
from cg_client.client import Client
from cg_client.endpoints import etf
from cg_client.errors import CoinglassError, NotFound, UpstreamUnavailable
from cg_client.params.funds_and_chain import FundOrAll, FundParams
from tests.cg_client.conftest import ENDPOINT, answer, decode, fails, failure
from tests.clock import FakeClock

DETAIL = etf.FUND_DETAIL
BROKEN = failure("500", "Server Error")


def knows(*tickers: str, otherwise: httpx.Response = BROKEN) -> respx.types.SideEffectTypes:
    """CoinGlass, which fails for every other ticker."""

    def reply(request: httpx.Request) -> httpx.Response:
        return answer({"ticker": "X"}) if request.url.params["ticker"] in tickers else otherwise

    return reply


async def failing(client: Client, ticker: str) -> CoinglassError:
    with pytest.raises(CoinglassError) as error:
        await client.get(Call(DETAIL, FundParams(ticker=ticker), decode))
    return error.value


async def test_a_name_that_alone_causes_a_server_error_is_not_found(client: Client, upstream: respx.MockRouter) -> None:
    route = upstream.get(DETAIL.path).mock(side_effect=knows("GBTC"))
    error = await failing(client, "NOPE")
    assert (type(error), error.retryable, error.endpoint) == (NotFound, False, DETAIL.path)
    assert str(error) == "CoinGlass answers for ticker 'GBTC' here, but fails for ticker 'NOPE': no such name."
    assert [call.request.url.params["ticker"] for call in route.calls] == ["NOPE", "NOPE", "GBTC"]


async def test_the_listed_name_is_requested_once_a_minute(
    client: Client, upstream: respx.MockRouter, clock: FakeClock
) -> None:
    route = upstream.get(DETAIL.path).mock(side_effect=knows("GBTC"))
    for error in await asyncio.gather(failing(client, "NOPE"), failing(client, "NADA")):
        assert isinstance(error, NotFound)
    assert [call.request.url.params["ticker"] for call in route.calls].count("GBTC") == 1
    route.mock(return_value=BROKEN)
    clock.advance(6)
    assert isinstance(await failing(client, "NOPE"), NotFound)
    assert isinstance(await failing(client, "IBIT"), UpstreamUnavailable)


@pytest.mark.parametrize("reply", [BROKEN, httpx.Response(500, content=BROKEN.content), httpx.Response(502)])
async def test_an_outage_makes_no_name_unknown(
    client: Client, upstream: respx.MockRouter, reply: httpx.Response
) -> None:
    upstream.get(DETAIL.path).mock(return_value=reply)
    for ticker in ("NOPE", "GBTC"):
        error = await failing(client, ticker)
        assert (type(error), error.retryable) == (UpstreamUnavailable, True)


async def test_a_rate_limit_of_the_listed_name_proves_nothing(client: Client, upstream: respx.MockRouter) -> None:
    upstream.get(DETAIL.path).mock(
        side_effect=lambda request: (
            failure("400", "Too Many Requests") if request.url.params["ticker"] == "GBTC" else BROKEN
        )
    )
    await failing(client, "NOPE")
    assert DETAIL not in client._unknown_names._failing_until


async def test_a_failing_gateway_makes_no_name_unknown(client: Client, upstream: respx.MockRouter) -> None:
    route = upstream.get(DETAIL.path).mock(side_effect=knows("GBTC", otherwise=httpx.Response(502)))
    assert isinstance(await failing(client, "NOPE"), UpstreamUnavailable)
    assert "GBTC" not in [call.request.url.params["ticker"] for call in route.calls]


async def test_a_server_error_without_a_name_causes_no_other_call(client: Client, upstream: respx.MockRouter) -> None:
    route = upstream.get(ENDPOINT.path).mock(return_value=BROKEN)
    assert isinstance(await fails(client), UpstreamUnavailable)
    assert route.call_count == 2


def test_an_omitted_name_is_not_blamed() -> None:
    assert FundOrAll.existing_names == {"ticker": "GBTC"}
    assert Call(etf.FUND_ASSETS, FundOrAll(), decode).params.query() == {}
