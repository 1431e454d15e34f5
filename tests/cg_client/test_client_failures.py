"""What each failure at HTTP's edge costs, and that the key shows in none of them."""

import logging

import httpx
import pytest
import respx

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.endpoints.account import SUBSCRIPTION
from cg_client.errors import (
    CoinglassError,
    PlanRequired,
    RateLimited,
    Unauthorized,
    UnknownPath,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from cg_client.secret import Secret
from tests.cg_client.conftest import ENDPOINT, KEY, answer, fails, failure

FAILURES: list[tuple[httpx.Response | Exception, type[CoinglassError], int]] = [
    (failure("401", "Upgrade plan"), PlanRequired, 1),
    (failure("400", "Invalid API key provided"), Unauthorized, 1),
    (failure("400", "Required String parameter 'range' is not present"), UpstreamRejected, 1),
    (httpx.Response(404, content=b'{"code":"404","msg":"Not Found"}'), UnknownPath, 1),
    (failure("500", "Server Error"), UpstreamUnavailable, 2),
    (httpx.Response(502, content=b"<html>"), UpstreamUnavailable, 3),
    (httpx.Response(200, content=b'{"code":"0","da'), UpstreamUnavailable, 3),
    (httpx.ReadTimeout("no answer"), UpstreamTimeout, 3),
    (httpx.ConnectTimeout("no answer"), UpstreamTimeout, 3),
    (httpx.PoolTimeout("no connection"), UpstreamTimeout, 3),
    (httpx.ReadError("reset"), UpstreamUnavailable, 3),
    (httpx.ConnectError("refused"), UpstreamUnavailable, 3),
    (httpx.RemoteProtocolError("gone"), UpstreamUnavailable, 3),
    (failure("408", "Request Timeout"), UpstreamTimeout, 3),
    (httpx.Response(429, headers={"retry-after": "2"}), RateLimited, 3),
    (httpx.Response(429), RateLimited, 1),
]
NEVER_SENT = (httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ConnectError)
each_failure = pytest.mark.parametrize(("failed", "error", "attempts"), FAILURES)


def failing(upstream: respx.MockRouter, failed: httpx.Response | Exception) -> respx.Route:
    route = upstream.get(ENDPOINT.path)
    return route.mock(side_effect=failed) if isinstance(failed, Exception) else route.mock(return_value=failed)


@each_failure
async def test_each_failure_names_its_endpoint_and_is_retried_only_if_useful(
    client: Client,
    upstream: respx.MockRouter,
    failed: httpx.Response | Exception,
    error: type[CoinglassError],
    attempts: int,
) -> None:
    route = failing(upstream, failed)
    account = upstream.get(SUBSCRIPTION.path).mock(return_value=answer({"level": "Hobbyist"}))
    raised = await fails(client)
    assert type(raised) is error
    assert raised.endpoint == ENDPOINT.path
    assert route.call_count == attempts
    assert client.quota.used - account.call_count == (0 if isinstance(failed, NEVER_SENT) else attempts)


@each_failure
async def test_the_key_shows_in_no_error_log_or_repr(
    client: Client,
    upstream: respx.MockRouter,
    caplog: pytest.LogCaptureFixture,
    failed: httpx.Response | Exception,
    error: type[CoinglassError],
    attempts: int,
) -> None:
    caplog.set_level(logging.DEBUG)
    route = failing(upstream, failed)
    raised: BaseException | None = await fails(client)
    shown = [repr(client), str(client), repr(client.config), repr(client.http), repr(client.gate), caplog.text]
    while raised is not None:
        shown += [str(raised), repr(raised), repr(vars(raised))]
        raised = raised.__cause__ or raised.__context__
    assert KEY not in "".join(shown)
    assert error.__name__ in "".join(shown)
    assert route.call_count == attempts


def test_a_secret_is_revealed_only_explicitly() -> None:
    secret = Secret(KEY)
    config = ClientConfig(api_key=secret)
    assert KEY not in f"{secret} {secret!r} {secret!s} {[secret]} {config} {config!r}"
    assert secret.reveal() == KEY
    assert (secret == Secret(KEY), secret == Secret("other"), secret == KEY, bool(Secret(""))) == (
        True,
        False,
        False,
        False,
    )
    assert hash(secret) == hash(Secret(KEY))
