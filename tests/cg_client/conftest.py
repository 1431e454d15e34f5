"""A client over respx, on a clock that tests set, and calls for testing its layers."""

import json
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
import respx
from hypothesis import HealthCheck, settings

from cg_client.call import Answer, Call
from cg_client.client import Client
from cg_client.client_config import BASE_URL, ClientConfig
from cg_client.decoding.anomalies import AnomalyCollector
from cg_client.endpoint import Endpoint
from cg_client.errors import CoinglassError
from cg_client.params.core import CoinParams
from cg_client.plans.plan_table import Plan
from cg_client.resilience.retry import RetryPolicy
from cg_client.secret import Secret
from tests.clock import FakeClock

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

KEY = "0f3c-the-key-that-nobody-may-see"
ENDPOINT = Endpoint(path="/api/test", summary="Something to request.", params=CoinParams, refresh=timedelta(seconds=60))

# respx answers before a connection is made; loading the certificates is most of what a client costs.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def decode(data: msgspec.Raw, _: AnomalyCollector) -> Any:
    return msgspec.json.decode(data)


def a_call(symbol: str = "BTC") -> Call:
    return Call(ENDPOINT, CoinParams(symbol=symbol), decode)


def body(code: str | int, text: str = "", data: Any = None) -> bytes:
    return json.dumps({"code": code, "msg": text} | ({} if data is None else {"data": data})).encode()


def answer(data: Any, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=body("0", "success", data), headers=headers)


def failure(code: str, text: str) -> httpx.Response:
    """As CoinGlass fails: HTTP 200, and the code in the body."""
    return httpx.Response(200, content=body(code, text))


def client_with(plan: Plan | None, clock: FakeClock) -> Client:
    transport = httpx.AsyncHTTPTransport(verify=_NO_TLS)
    config = ClientConfig(api_key=Secret(KEY), plan=plan)
    return Client(config, clock=clock, transport=transport, policy=RetryPolicy(jitter=lambda: 1.0))


async def fetch(client: Client, symbol: str = "BTC") -> Answer[Any]:
    return await client.get(Call(ENDPOINT, CoinParams(symbol=symbol), decode))


async def fails(client: Client, symbol: str = "BTC") -> CoinglassError:
    with pytest.raises(CoinglassError) as error:
        await fetch(client, symbol)
    return error.value


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def upstream() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=BASE_URL, assert_all_called=False) as router:
        yield router


@pytest.fixture
async def client(clock: FakeClock) -> AsyncIterator[Client]:
    """Yield a client whose plan is configured."""
    client = client_with(Plan.HOBBYIST, clock)
    yield client
    await client.close()


@pytest.fixture
async def undeclared(clock: FakeClock) -> AsyncIterator[Client]:
    """Yield a client that requests its plan from the account endpoint."""
    client = client_with(None, clock)
    yield client
    await client.close()
