"""The reverse proxies' configurations in deploy/: checked, and nginx with real requests through it."""

import asyncio
import contextlib
import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.conftest import Graph
from tests.running import LIMIT
from tests.test_cli import ROOT
from tests.test_websocket import PROTOCOL, send

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
CADDY = shutil.which("caddy")
CONFIGURATION = (ROOT / "deploy" / "nginx.conf").read_text()
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: apt-get install nginx-light)")

AROUND = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {configuration}
}}
"""


def written(folder: Path, upstream: str, port: int) -> Path:
    """Write the configuration with other ports and, for a folder of the test, with what nginx needs around it."""
    text = CONFIGURATION.replace("127.0.0.1:8000", upstream).replace("listen 80;", f"listen 127.0.0.1:{port};")
    path = folder / "nginx.conf"
    path.write_text(AROUND.format(folder=folder, configuration=text))
    return path


@contextlib.contextmanager
def proxied(graph: Graph, folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = written(folder, urlsplit(str(graph.http.base_url)).netloc, port)
    with subprocess.Popen([str(NGINX), "-c", str(path)]) as process:  # noqa: S603  # Debian's nginx
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Try to connect until nginx listens."""
    while process.poll() is None:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
    raise AssertionError(f"nginx ended with {process.returncode}")


@needs_nginx
def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    path = written(tmp_path, "127.0.0.1:8000", 8080)
    result = subprocess.run([str(NGINX), "-t", "-c", str(path)], capture_output=True, text=True, check=False)  # noqa: S603  # as above
    assert (result.returncode, "[warn]" in result.stderr) == (0, False), result.stderr


@needs_nginx
def test_requests_through_nginx_are_answered_or_limited(shared_graph: Graph, tmp_path: Path) -> None:
    with proxied(shared_graph, tmp_path) as url, httpx.Client(base_url=url, timeout=LIMIT) as http:
        answer = http.post("/graphql", json={"query": "{ __typename }"})
        assert answer.json() == {"data": {"__typename": "Query"}}
        assert http.post("/graphql", content=b" " * 2**21).status_code == 413
        assert http.get("/", headers={"a": "x" * 20_000}).status_code in (400, 431)
        assert http.get("/metrics").status_code == 200
        answers = [http.get("/schema.graphql", headers={"accept-encoding": "identity"}) for _ in range(200)]
        assert {answer.status_code for answer in answers} == {200, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["errors"][0]["extensions"] == {"code": "CLIENT_RATE_LIMITED"}
        assert (refused.headers["content-type"], refused.headers["retry-after"]) == ("application/json", "1")
        for page in ("/healthz", "/readyz"):
            assert {http.get(page).status_code for _ in range(100)} == {200}


@needs_nginx
async def test_a_websocket_through_nginx_is_answered(shared_graph: Graph, tmp_path: Path) -> None:
    with proxied(shared_graph, tmp_path) as url:
        uri = url.replace("http", "ws", 1) + "/graphql"
        async with connect(uri, subprotocols=[PROTOCOL], proxy=None) as client:
            await send(client, {"type": "connection_init"})
            assert json.loads(await asyncio.wait_for(client.recv(), LIMIT)) == {"type": "connection_ack"}
            await send(client, {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}})
            message = json.loads(await asyncio.wait_for(client.recv(), LIMIT))
    assert message["payload"]["data"] == {"__typename": "Query"}


@pytest.mark.skipif(CADDY is None, reason="Caddy is not installed (Debian: apt-get install caddy)")
def test_caddy_accepts_its_configuration() -> None:
    command = [str(CADDY), "validate", "--adapter", "caddyfile", "--config", str(ROOT / "deploy" / "Caddyfile")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # Debian's Caddy
    assert result.returncode == 0, result.stderr


def test_caddys_configuration_has_balanced_blocks_and_the_limits() -> None:
    text = re.sub(r"#.*", "", (ROOT / "deploy" / "Caddyfile").read_text())
    blocks = re.sub(r"\{[a-z_.]+\}", "", text)
    assert blocks.count("{") == blocks.count("}")
    for directive in ("max_header_size", "read_header", "max_size", "header_up X-Forwarded-For", "flush_interval -1"):
        assert directive in blocks + text
