"""No secret is in anything that a process writes, however it is used and however CoinGlass fails.

A real server runs against an upstream that fails in each way and repeats the headers that it gets, its secrets among
them. To cover another secret, add it to `SECRETS` and send it in `HEADERS` or set it in `VARIABLES`.
"""

import asyncio
import base64
import contextlib
import json
import queue
import re
import signal
import subprocess
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from callers.key_commands import create_key, revoke_keys
from cg_client.client import Client
from cg_client.endpoints import account
from cg_client.errors import CoinglassError
from cg_client.secret import Secret
from sandbox import envelopes
from server.log_redaction import LogRedaction
from server.settings import Settings, SettingsError
from tests.callers.issuer import AUDIENCE, ISSUER, SigningKey
from tests.cg_client.http.test_http import PASSWORDS_ARE_DEPRECATED
from tests.running import running
from tests.test_cli import COMMAND, environment, run
from tests.test_websocket import PROTOCOL, send

pytestmark = PASSWORDS_ARE_DEPRECATED

SECRETS: Mapping[str, str] = {
    "the server's CoinGlass key": "coinglass-key-of-the-server-5e1f",
    "the beginning of a caller's CoinGlass key": "coinglass-key-of-a-caller-7a2b",
    "the password in COINGLASS_BASE_URL": "password-of-the-base-9c3d",
    "the password in COINGLASS_PROXY": "password-of-the-proxy-1e4f",
    "a token in the query of COINGLASS_BASE_URL": "token-of-the-base-6f2c",
    "a token in the query of COINGLASS_PROXY": "token-of-the-proxy-8d1e",
    "a caller's key": "key-of-a-caller-3b5a",
    "a caller's JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLW9mLWEtand0",
}
SERVER_KEY, CALLER_KEY, BASE_PASSWORD, PROXY_PASSWORD, BASE_TOKEN, PROXY_TOKEN, API_KEY, JWT = SECRETS.values()
FORMS = {
    **SECRETS,
    "credentials of the base": base64.b64encode(f"user:{BASE_PASSWORD}".encode()).decode(),
    "credentials of the proxy": base64.b64encode(f"user:{PROXY_PASSWORD}".encode()).decode(),
}
HEADERS = {"X-API-Key": API_KEY, "Authorization": f"Bearer {JWT}"}
VARIABLES = {
    "COINGLASS_API_KEY": SERVER_KEY,
    "COINGLASS_BASE_URL": f"http://user:{BASE_PASSWORD}@upstream.invalid?token={BASE_TOKEN}",
    "COINGLASS_KEY_HEADER": "on",
    "COINGLASS_LOG_LEVEL": "debug",
    "COINGLASS_DEADLINE_SECONDS": "2",
    "COINGLASS_TIMEOUT_SECONDS": "1",
}
QUERIES = (
    "{ coinglassAccount { ... on CoinglassAccount { plan } ... on Problem { code message } } }",
    """{ coin(symbol: "BTC") { currentFundingRates { ... on Problem { code message }
      ... on CurrentFundingRates { source { anomalies { field sample } } } } } }""",
    '{ pair(exchange: "Binance", symbol: "BTCUSDT") { market { ... on Problem { message } } } }',
    "{ coins(first: 5) { nodes { symbol } } }",
    "{ cryptoNews { articles { ... on CryptoArticleList { articles { title } } ... on Problem { message } } } }",
    "{ broken",
)
FAILURES = (
    "code_401",
    "key_refused",
    "plan_refused",
    "status_401",
    "status_500",
    "status_403_page",
    "code_500",
    "code_400",
    "not_json",
    "cut_json",
    "in_values",
    "in_names",
    "redirect",
    "long_text",
    "headers",
    "hang",
    "reset",
)


class EchoingUpstream:
    """Fails in the way that the end of the key states, and repeats the head of the request wherever it can."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        key = request.headers.get("cg-api-key", "")
        failure = next((name for name in FAILURES if key.endswith(name)), "code_401")
        if failure == "hang":
            await asyncio.sleep(3)
        if failure == "reset":
            raise ConnectionError
        quoted = " ".join([key, *request.headers.values(), str(request.url)])
        await self._failure(failure, quoted, key)(scope, receive, send)

    def _failure(self, name: str, quoted: str, key: str) -> Response:
        statuses = {"status_401": 401, "status_500": 500, "status_403_page": 403}
        bodies = {
            "key_refused": envelopes.failure("400", f"Invalid API key provided: {quoted}").body,
            "plan_refused": envelopes.failure("401", f"Upgrade plan {quoted}").body,
            "not_json": f"<html>{quoted}</html>".encode(),
            "status_403_page": f"<html>{quoted}</html>".encode(),
            "cut_json": f'{{"code": "0", "data": [{{"symbol": "{quoted}'.encode(),
            "in_values": envelopes.success([key, dict.fromkeys(("symbol", "title", "level", "time"), quoted)]).body,
            "in_names": envelopes.success([{quoted: 1, key: {key: key}, "symbol": "BTC"}]).body,
            "long_text": envelopes.failure("500", "x" * 190 + quoted).body,
            "code_500": envelopes.failure("500", quoted).body,
            "code_400": envelopes.failure("400", quoted).body,
        }
        if name == "redirect":
            return RedirectResponse(f"http://127.0.0.1:9/?key={key}")
        body = bodies.get(name, envelopes.failure("401", quoted).body)
        headers = {"retry-after": quoted, "location": quoted, "api-key-max-limit": key} if name == "headers" else {}
        return Response(body, statuses.get(name, 200), headers, "application/json")


@dataclass
class ServerRun:
    """A server in a process, and everything that it has written so far."""

    process: subprocess.Popen[str]
    written: list[str] = field(default_factory=list)
    address: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    def read(self) -> None:
        """Read the log until it ends, and find the address in it."""
        for line in self.process.stdout or ():
            self.written.append(line)
            match = re.search(r"serves .* at (http://[\d.:]+)/", line)
            if match:
                self.address.put(match.group(1))

    def add(self, response: httpx.Response) -> None:
        self.written += [response.text, str(response.headers.raw)]


@contextlib.contextmanager
def server_run(command: Sequence[str] = COMMAND, **variables: str) -> Iterator[ServerRun]:
    """Run a server; when it has ended, all that it has written is there."""
    with subprocess.Popen(  # noqa: S603  # our own command
        [*command, "serve", "--port", "0"],
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        server = ServerRun(process)
        reader = threading.Thread(target=server.read, daemon=True)
        reader.start()
        try:
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
            reader.join(30)


def leaks(texts: Iterable[str], **others: str) -> set[str]:
    """Return what is leaked, with a part of the text that leaks it."""
    return {
        f"{name}: {text[max(0, text.find(secret) - 150) :][:300]}"
        for text in texts
        for name, secret in (FORMS | others).items()
        if secret in text
    }


def keys() -> list[str | None]:
    """Return what is sent in `CG-API-KEY`: nothing, a key for each failure, and what is no key."""
    return [None, *(f"{CALLER_KEY}-{failure}" for failure in FAILURES), f"{CALLER_KEY} x", CALLER_KEY * 10]


async def ask_everything(server: ServerRun, address: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as http:
        tasks = [_ask(server, http, query, key) for key in keys() for query in QUERIES]
        await asyncio.gather(*tasks, *(_open_socket(server, address, key) for key in keys()))
        for path in ("/metrics", "/readyz", "/healthz", "/", "/schema.graphql", f"/{SERVER_KEY[:3]}"):
            server.add(await http.get(path))


async def _ask(
    server: ServerRun, http: httpx.AsyncClient, query: str, key: str | None, credential: Mapping[str, str] = HEADERS
) -> None:
    headers = dict(credential) | ({} if key is None else {"CG-API-KEY": key})
    for more in ({}, {"X-Dry-Run": "1"}, {"X-Dry-Run": "maybe"}):
        server.add(await http.post("/graphql", json={"query": query}, headers=headers | more))
    server.add(await http.get("/graphql", params={"query": query}, headers=headers))
    server.add(await http.post("/graphql", content=b"{", headers=headers))


async def _open_socket(server: ServerRun, address: str, key: str | None) -> None:
    """Send the key in the handshake, then in the first message."""
    url = address.replace("http", "ws", 1) + "/graphql"
    for headers, payload in (({"CG-API-KEY": key or ""}, {}), ({}, {"cgApiKey": key, "authorization": JWT})):
        try:
            async with connect(url, subprotocols=[PROTOCOL], additional_headers=headers, proxy=None) as socket:
                await send(socket, {"type": "connection_init", "payload": payload})
                for name, query in enumerate(QUERIES):
                    await send(socket, {"type": "subscribe", "id": str(name), "payload": {"query": query}})
                    server.written.append(str(await socket.recv()))
        except (ConnectionClosed, InvalidHandshake) as refused:
            server.written.append(f"{refused!r} {getattr(refused, 'response', '')}")


def with_secrets(proxy: str) -> str:
    return proxy.replace("//", f"//user:{PROXY_PASSWORD}@") + f"?token={PROXY_TOKEN}"


def test_a_failing_upstream_that_repeats_secrets_makes_the_server_write_none() -> None:
    with (
        running(EchoingUpstream()) as proxy,
        server_run(**VARIABLES, COINGLASS_PROXY=with_secrets(proxy)) as server,
    ):
        asyncio.run(ask_everything(server, server.address.get(timeout=30)))
    assert leaks(server.written) == set()
    text = "".join(server.written)
    assert "***" in text  # the upstream did repeat secrets
    for code in ("UNAUTHORIZED", "UPSTREAM_ERROR", "TIMEOUT", "PLAN_REQUIRED", "BAD_USER_INPUT", "BAD_PAYLOAD"):
        assert code in text, f"nothing failed with {code}"


@pytest.mark.parametrize("missing", ["upstream", "proxy"])
def test_an_unreachable_upstream_makes_the_server_write_no_secret(missing: str) -> None:
    unreachable = "127.0.0.1:9"
    variables = {"COINGLASS_BASE_URL": f"http://user:{BASE_PASSWORD}@{unreachable}"}
    if missing == "proxy":
        variables["COINGLASS_PROXY"] = f"http://user:{PROXY_PASSWORD}@{unreachable}"
    with server_run(**VARIABLES | variables) as server:
        address = server.address.get(timeout=30)
        for key in (None, f"{CALLER_KEY}-refused"):
            for query in QUERIES:
                headers = HEADERS | ({} if key is None else {"CG-API-KEY": key})
                server.add(httpx.post(f"{address}/graphql", json={"query": query}, headers=headers, timeout=30))
    done = run("doctor", **VARIABLES | variables)
    assert "UPSTREAM_ERROR" in "".join(server.written)
    assert "UPSTREAM_ERROR" in done.stdout
    assert leaks([*server.written, done.stdout, done.stderr]) == set()


@pytest.mark.parametrize("failure", FAILURES)
def test_the_doctor_prints_no_secret(failure: str) -> None:
    with running(EchoingUpstream()) as proxy:
        done = run(
            "doctor",
            **VARIABLES
            | {
                "COINGLASS_API_KEY": f"{SERVER_KEY}-{failure}",
                "COINGLASS_PROXY": with_secrets(proxy),
            },
        )
    assert done.stdout
    assert leaks([done.stdout, done.stderr]) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"COINGLASS_API_KEY": f"'{SERVER_KEY} '"},
        {"COINGLASS_BASE_URL": f"ftp://user:{BASE_PASSWORD}@upstream.invalid"},
        {"COINGLASS_BASE_URL": f"http://user:{BASE_PASSWORD}@upstream.invalid:port"},
        {"COINGLASS_BASE_URL": f"user:{BASE_PASSWORD}"},
        {"COINGLASS_WEBSOCKET_URL": f"https://user:{BASE_PASSWORD}@upstream.invalid"},
        {"COINGLASS_PROXY": f"socks5://user:{PROXY_PASSWORD}@127.0.0.1"},
        {"COINGLASS_PROXY": f"http://user:{PROXY_PASSWORD}@[::1"},
        {"COINGLASS_PROXY": PROXY_PASSWORD, "COINGLASS_BASE_URL": BASE_PASSWORD, "COINGLASS_PLAN": "gold"},
    ],
)
def test_wrong_settings_are_reported_without_secrets(wrong: dict[str, str]) -> None:
    for command in ("serve", "doctor"):
        done = run(command, **VARIABLES | wrong)
        assert done.returncode == 2
        assert all(name in done.stderr for name in wrong)
        assert leaks([done.stdout, done.stderr]) == set()


async def test_no_representation_shows_a_secret() -> None:
    settings = Settings.from_env(VARIABLES | {"COINGLASS_PROXY": f"http://user:{PROXY_PASSWORD}@127.0.0.1:9"})
    client = Client(settings.client_config())
    with pytest.raises(CoinglassError) as unreachable:
        await client.get(account.SUBSCRIPTION_CALL)
    texts = traceback.format_exception(unreachable.value)
    with pytest.raises(SettingsError) as wrong:
        Settings.from_env(VARIABLES | {"COINGLASS_PROXY": f"x://user:{PROXY_PASSWORD}@h"})
    for shown in (settings, settings.client_config(), client, vars(client), Secret(SERVER_KEY), wrong.value):
        texts += [repr(shown), str(shown)]
    await client.close()
    assert leaks(texts) == set()


SIGNING = SigningKey("first")


def token(**claims: Any) -> str:
    stated = {"iss": ISSUER, "aud": AUDIENCE, "sub": "dashboard", "exp": int(time.time()) + 600} | claims
    return SIGNING.sign(stated).decode()


@contextlib.contextmanager
def credentials(callers: str, folder: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Yield the settings of a server and credentials, of which the first alone is valid."""
    if callers == "keys":
        path, now = folder / "keys.json", datetime.now(UTC)
        valid, revoked = create_key(path, "dashboard", now, scopes=["metrics"]), create_key(path, "gone", now)
        revoke_keys(path, "gone", now)
        texts = {"valid": valid, "revoked": revoked, "unknown": valid[:-6] + "zzzzzz"}
        yield {"COINGLASS_CALLERS": "keys", "COINGLASS_KEY_FILE": str(path)}, texts
        return

    async def key_set(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps({"keys": [SIGNING.public]}).encode()})

    texts = {
        "valid": token(scope="metrics"),
        "expired": token(exp=1),
        "for another": token(aud="another"),
        "unsigned": token()[:-20] + "A" * 20,
    }
    with running(key_set) as issuer:
        settings = {"COINGLASS_JWT_ISSUER": ISSUER, "COINGLASS_JWT_AUDIENCE": AUDIENCE}
        yield settings | {"COINGLASS_CALLERS": "jwt", "COINGLASS_JWT_JWKS_URL": f"{issuer}/jwks.json"}, texts


async def present(server: ServerRun, address: str, credential: str) -> None:
    """Send the credential in each way, over HTTP and WebSocket, and read the metrics with it."""
    ways = ({"authorization": f"Bearer {credential}"}, {"x-api-key": credential}, {"authorization": credential})
    async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as http:
        for headers in ways:
            for key in (None, f"{CALLER_KEY}-code_500"):
                await _ask(server, http, QUERIES[1], key, headers)
            server.add(await http.get("/metrics", headers=headers))
    url = address.replace("http", "ws", 1) + "/graphql"
    for headers, payload in [*((way, {}) for way in ways), *(({}, way) for way in ways)]:
        with contextlib.suppress(InvalidHandshake):
            async with connect(url, subprotocols=[PROTOCOL], additional_headers=headers, proxy=None) as socket:
                with contextlib.suppress(ConnectionClosed):
                    await send(socket, {"type": "connection_init", "payload": payload})
                    await send(socket, {"type": "subscribe", "id": "1", "payload": {"query": QUERIES[1]}})
                    server.written += [str(await socket.recv()), str(await socket.recv())]
            server.written.append(socket.close_reason or "")


@pytest.mark.parametrize("callers", ["keys", "jwt"])
def test_credentials_of_callers_are_in_nothing_that_the_server_writes(callers: str, tmp_path: Path) -> None:
    with running(EchoingUpstream()) as proxy, credentials(callers, tmp_path) as (settings, texts):
        at = {"COINGLASS_PROXY": with_secrets(proxy)}
        with server_run(**VARIABLES | settings | at) as server:
            address = server.address.get(timeout=30)
            for credential in texts.values():
                asyncio.run(present(server, address, credential))
        done = run("doctor", **VARIABLES | settings | at)
    assert leaks([*server.written, done.stdout, done.stderr], **texts) == set()
    assert "UNAUTHENTICATED" in "".join(server.written)
    assert "coinglass_graphql_quota_limit" in "".join(server.written)  # /metrics was readable


@pytest.mark.parametrize(
    ("address", "scheme"),
    [("COINGLASS_BASE_URL", "https"), ("COINGLASS_WEBSOCKET_URL", "wss"), ("COINGLASS_PROXY", "https")],
)
def test_the_log_replaces_what_is_secret_in_an_address(address: str, scheme: str) -> None:
    """Whoever logs it: a library may quote the whole address, or a part of it in another form."""
    redact = LogRedaction()
    text = f"{scheme}://user:p%40ss-word@127.0.0.1:9/path?token=a%2Blong-token&page=2&flag=true"
    redact.configure(Settings.from_env({address: text}).secret_values())
    credentials = base64.b64encode(b"user:p@ss-word").decode()
    for quoted in (text, "p@ss-word", "p%40ss-word", "a+long-token", f"Basic {credentials}"):
        cleaned = redact.clean(f"cannot connect to {quoted}")
        assert not any(secret in cleaned for secret in ("ss-word", "long-token", credentials)), cleaned
    assert redact.clean("true for page 2 of user") == "true for page 2 of user"


def test_a_user_without_a_password_is_a_token() -> None:
    redact = LogRedaction()
    redact.configure(Settings.from_env({"COINGLASS_PROXY": "http://token-alone@127.0.0.1:9"}).secret_values())
    assert redact.clean("http://token-alone@127.0.0.1:9") == "http://***@127.0.0.1:9"
