"""The layer that identifies callers, without a socket."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from callers.caller import Caller
from callers.key_commands import create_key, revoke_keys
from server.callers import IdentifyCaller, access
from server.http import Request, Response
from server.settings import Settings, SettingsError
from server.traffic import Traffic
from tests.clock import START, FakeClock
from tests.server.raw_asgi import dashed, http_scope

PUBLIC = ["/healthz", "/readyz"]


class RecordingApp:
    """Records the requests that get through."""

    def __init__(self) -> None:
        self.callers: list[Caller] = []

    async def __call__(self, request: Request) -> Response:
        self.callers.append(request.caller)
        return Response.of(b"{}")


class Layer:
    """The layer in front of a recording application, with the settings of the environment."""

    def __init__(self, **env: str) -> None:
        self.clock, self.inner = FakeClock(), RecordingApp()
        self.traffic = Traffic(self.clock.monotonic)
        self.layer = IdentifyCaller(self.inner, access(Settings.from_env(env), self.clock), self.traffic)

    async def send(
        self,
        path: str = "/graphql",
        *,
        query_string: bytes = b"query={a}",
        method: str = "GET",
        peer: str = "",
        **headers: str,
    ) -> Response:
        scope = http_scope(method, path, query_string, dashed(headers)) | {"client": (peer, 1)}
        return await self.layer(Request(scope))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def key(path: Path) -> str:
    return create_key(path, "dashboard", START)


@pytest.fixture
def layer(path: Path, key: str) -> Layer:
    assert key
    return Layer(COINGLASS_CALLERS="keys", COINGLASS_KEY_FILE=str(path))


def error(response: Response) -> dict[str, Any]:
    (only,) = orjson.loads(response.body)["errors"]
    assert isinstance(only, dict)
    return only


async def test_an_open_server_identifies_callers_by_address() -> None:
    layer = Layer()
    for peer in ("192.0.2.7", "2001:db8::1"):
        await layer.send(peer=peer, x_forwarded_for="198.51.100.1", authorization="Bearer x", x_client_id="ann")
    assert [caller.name for caller in layer.inner.callers] == ["192.0.2.7", "2001:db8::/64"]


async def test_behind_a_trusted_proxy_the_forwarded_address_counts() -> None:
    layer = Layer(COINGLASS_TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8")
    await layer.send(peer="127.0.0.1", x_forwarded_for="198.51.100.1, 192.0.2.7, 10.0.0.3")
    await layer.send(peer="192.0.2.8", x_forwarded_for="198.51.100.1")
    assert [caller.name for caller in layer.inner.callers] == ["192.0.2.7", "192.0.2.8"]


@pytest.mark.parametrize("header", ["authorization: Bearer {}", "authorization: bearer  {}", "x-api-key: {}"])
async def test_a_key_is_read_from_either_header(layer: Layer, key: str, header: str) -> None:
    name, value = header.split(": ")
    headers: dict[str, Any] = {name: value.format(key)}
    assert (await layer.send(**headers)).status == 200
    assert layer.inner.callers == [Caller("dashboard")]


async def test_another_scheme_leaves_the_api_key_to_be_read(layer: Layer, key: str) -> None:
    assert (await layer.send(authorization="Basic YTpi", x_api_key=key)).status == 200


@pytest.mark.parametrize("page", ["/graphql", "/", "/light", "/metrics", "/schema.graphql", "/unknown"])
async def test_without_a_key_a_request_is_refused(layer: Layer, page: str) -> None:
    response = await layer.send(page)
    assert response.status == 401
    assert error(response)["extensions"] == {"code": "UNAUTHENTICATED"}
    assert (b"www-authenticate", b'Bearer realm="coinglass-graphql"') in response.headers
    assert (b"cache-control", b"no-store") in response.headers
    assert response.upstream_calls == 0
    assert (layer.inner.callers, response.code) == ([], "UNAUTHENTICATED")


async def test_a_wrong_key_is_refused_without_repeating_it(layer: Layer, key: str) -> None:
    wrong = key[:-1] + ("A" if key[-1] != "A" else "B")
    response = await layer.send(method="POST", x_api_key=wrong)
    assert response.status == 401
    assert (b"www-authenticate", b'Bearer realm="coinglass-graphql", error="invalid_token"') in response.headers
    assert wrong not in f"{response}"


async def test_a_revoked_key_is_refused(layer: Layer, key: str, path: Path) -> None:
    assert (await layer.send(x_api_key=key)).status == 200
    revoke_keys(path, "dashboard", START)
    layer.clock.advance(1)
    assert (await layer.send(x_api_key=key)).status == 401


@pytest.mark.parametrize("page", [*PUBLIC, "/", "/graphql", "/light", "/explorer/index-1a2b3c4d.js"])
async def test_health_and_the_pages_of_the_explorer_need_no_key(layer: Layer, page: str) -> None:
    assert (await layer.send(page, query_string=b"")).status == 200


async def test_the_explorer_executes_nothing_without_a_key(layer: Layer) -> None:
    assert (await layer.send("/")).status == 401
    assert (await layer.send("/", method="POST", query_string=b"")).status == 401


async def test_metrics_need_their_scope(layer: Layer, key: str, path: Path) -> None:
    refused = await layer.send("/metrics", x_api_key=key)
    assert (refused.status, error(refused)["extensions"]) == (403, {"code": "FORBIDDEN"})
    with_scope = create_key(path, "prometheus", START, scopes=["metrics"])
    layer.clock.advance(1)
    assert (await layer.send("/metrics", x_api_key=with_scope)).status == 200
    assert layer.traffic.requests == {"dashboard": 1, "prometheus": 1}


async def test_an_open_server_counts_no_addresses() -> None:
    layer = Layer()
    await layer.send("/metrics", peer="192.0.2.7")
    assert (layer.traffic.requests, len(layer.inner.callers)) == ({}, 1)


JWT = {
    "COINGLASS_CALLERS": "jwt",
    "COINGLASS_JWT_ISSUER": "https://login.example.com/",
    "COINGLASS_JWT_AUDIENCE": "coinglass",
    "COINGLASS_JWT_JWKS_URL": "https://login.example.com/jwks.json",
}


@pytest.mark.parametrize(
    ("env", "fault"),
    [
        ({"COINGLASS_CALLERS": "keys"}, "COINGLASS_CALLERS is keys, which needs COINGLASS_KEY_FILE"),
        ({"COINGLASS_KEY_FILE": "keys.json"}, "COINGLASS_KEY_FILE is set, but COINGLASS_CALLERS is open, not keys"),
        (JWT | {"COINGLASS_JWT_AUDIENCE": ""}, "COINGLASS_CALLERS is jwt, which needs COINGLASS_JWT_AUDIENCE"),
        (JWT | {"COINGLASS_KEY_FILE": "a"}, "COINGLASS_KEY_FILE is set, but COINGLASS_CALLERS is jwt, not keys"),
        ({"COINGLASS_CALLERS": "everybody"}, "COINGLASS_CALLERS is one of open, keys, jwt, not 'everybody'"),
        (JWT | {"COINGLASS_JWT_JWKS_URL": "http://login.example.com/"}, "COINGLASS_JWT_JWKS_URL is an https address"),
        (JWT | {"COINGLASS_JWT_JWKS_URL": "https://a:b@example.com/"}, "COINGLASS_JWT_JWKS_URL is an https address"),
        ({"COINGLASS_TRUSTED_PROXIES": "10.0.0.1/8"}, "COINGLASS_TRUSTED_PROXIES is a list of networks such as"),
        ({"COINGLASS_TRUSTED_PROXIES": "nginx"}, "COINGLASS_TRUSTED_PROXIES is a list of networks such as"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(env: dict[str, str], fault: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(env)
    assert str(refused.value).startswith(fault)
    assert "\n" not in str(refused.value)
