"""The server on IPv6, on this machine's loopback address."""

import json
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.addresses import free_port, has_ipv6
from tests.test_cli import serving
from tests.test_deploy import NGINX, needs_nginx, written

CLIENT = "2001:db8::7"  # as another proxy in front of nginx states it


pytestmark = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


def callers(process: subprocess.Popen[str]) -> list[str]:
    """End the server, and return who called it."""
    process.send_signal(signal.SIGINT)
    assert process.stderr
    lines = [json.loads(line) for line in process.stderr if line.startswith("{")]
    return [line["caller"] for line in lines if line["event"] == "request"]


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_the_server_listens_on_an_address_of_ipv6_and_announces_it_as_a_url(host: str) -> None:
    with serving("--sandbox", "--host", host) as (address, process):
        assert address.startswith("http://[::1]:")
        assert httpx.get(f"{address}/healthz").status_code == 200
        assert callers(process) == ["::/64"]


def test_all_addresses_of_both_versions_are_served() -> None:
    with serving("--sandbox", "--host", "::") as (address, process):
        assert address.startswith("http://[::]:")
        for host in ("[::1]", "127.0.0.1"):
            assert httpx.get(f"{address.replace('[::]', host)}/healthz").status_code == 200
        assert callers(process) == ["::/64", "127.0.0.1"]


@needs_nginx
def test_nginx_forwards_a_client_of_ipv6_to_a_server_on_ipv6(tmp_path: Path) -> None:
    with serving("--sandbox", "--host", "::1", COINGLASS_TRUSTED_PROXIES="::1") as (address, process):
        port = free_port()
        path = written(tmp_path, address.removeprefix("http://"), port)
        listen = f"listen [::1]:{port}; set_real_ip_from ::1; real_ip_header X-Real-IP;"
        path.write_text(path.read_text().replace(f"listen 127.0.0.1:{port};", listen))
        with subprocess.Popen([str(NGINX), "-c", str(path)]) as nginx:  # noqa: S603  # Debian's nginx
            try:
                transport = httpx.HTTPTransport(retries=10)
                with httpx.Client(transport=transport, headers={"x-real-ip": CLIENT}) as http:
                    assert http.get(f"http://[::1]:{port}/healthz").status_code == 200
            finally:
                nginx.terminate()
        assert callers(process) == ["2001:db8::/64"]
