"""What a request looks like on its way out, whichever transport carries it."""

import importlib.metadata
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.errors import UpstreamTimeout
from cg_client.secret import Secret
from cg_client.transport import Transport
from tests.cg_client.conftest import ENDPOINT, KEY, a_call, body
from tests.cg_client.scripted import ok, says, scripted
from tests.clock import FakeClock


class Echo(httpx.AsyncBaseTransport):
    """Keeps the requests that it is given."""

    def __init__(self, response: httpx.Response | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._response = response or httpx.Response(200, content=b"{}")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._response


async def sent(base_url: str = "https://upstream", symbol: str = "BTC") -> httpx.Request:
    echo = Echo()
    await Transport(echo, ClientConfig(api_key=Secret(KEY), base_url=base_url), Clock())(a_call(symbol), 1e9)
    return echo.requests[0]


@given(st.text())
@example("long " * 200)
@example("BTC/USDT, ETH USDT;a&b=c+d%20%zz?#[]'\"<>é中😀~*!()")
async def test_parameters_are_encoded_as_httpx_encodes_them(symbol: str) -> None:
    async with httpx.AsyncClient(base_url="https://upstream", transport=Echo()) as client:
        expected = client.build_request("GET", ENDPOINT.path, params={"symbol": symbol})
    assert (await sent(symbol=symbol)).url == expected.url


@pytest.mark.parametrize("base_url", ["https://upstream", "http://upstream:8001/", "https://gate/coin%20glass/v4/"])
async def test_paths_go_below_the_path_of_the_base_url(base_url: str) -> None:
    async with httpx.AsyncClient(base_url=base_url, transport=Echo()) as client:
        expected = client.build_request("GET", ENDPOINT.path, params={"symbol": "BTC"})
    request = await sent(base_url)
    assert (request.url, request.headers["host"]) == (expected.url, expected.headers["host"])


async def test_a_request_states_its_client_and_the_accepted_types() -> None:
    version = importlib.metadata.version("coinglass-graphql")
    assert dict((await sent()).headers) == {
        "host": "upstream",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": f"coinglass-graphql/{version}",
        "cg-api-key": KEY,
    }


async def test_a_name_and_password_in_the_base_url_are_sent_as_httpx_sends_them() -> None:
    request = await sent("https://us%20er:p%3Aw@upstream/v4")
    assert request.headers["authorization"] == "Basic dXMgZXI6cDp3"
    assert str(request.url) == "https://upstream/v4/api/test?symbol=BTC"


async def test_a_timeout_states_the_time_that_passed() -> None:
    clock = FakeClock()

    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            clock.advance(3.25)
            raise httpx.ReadTimeout("silence")

    transport = Transport(Silent(), ClientConfig(api_key=Secret(KEY), read_seconds=3.0), clock)
    with pytest.raises(UpstreamTimeout, match=r"did not answer within 3\.2 s\."):
        await transport(a_call(), 1e9)


async def test_an_incomplete_body_closes_its_response() -> None:
    class Breaking(httpx.AsyncByteStream):
        closed = False

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"{"
            raise httpx.ReadError("broke")

        async def aclose(self) -> None:
            self.closed = True

    stream = Breaking()
    echo = Echo(httpx.Response(200, stream=stream))
    with pytest.raises(Exception, match="ReadError"):
        await Transport(echo, ClientConfig(api_key=Secret(KEY)), Clock())(a_call(), 1e9)
    assert stream.closed


async def test_a_client_with_a_proxy_sends_through_it() -> None:
    async with scripted(says(ok(body("0", data=[1])))) as server:
        proxy = f"http://127.0.0.1:{server.port}"
        client = Client(ClientConfig(api_key=Secret(KEY), base_url="http://upstream", proxy=proxy))
        assert (await client._throttle._send(a_call(), 1e9)).status == 200
        await client.close()
    assert server.targets == ["http://upstream/api/test?symbol=BTC"]
