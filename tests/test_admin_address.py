"""The address for operators: metrics and details of a process, which the public address does not have then."""

import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.addresses import has_ipv6
from tests.test_cli import run, serving

QUERY = '{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H1, last: 20) { __typename } } }'
ANNOUNCED = re.compile(r"operators have /metrics and /status at (http://\S+)/")
TIMEOUT = 60.0  # seconds


class Addresses:
    def __init__(self, public: str, admin: str) -> None:
        self._public, self._admin = public, admin

    def public(self, path: str) -> httpx.Response:
        return httpx.get(self._public + path, timeout=TIMEOUT)

    def admin(self, path: str, **options: Any) -> httpx.Response:
        return httpx.request(options.pop("method", "GET"), self._admin + path, timeout=TIMEOUT, **options)


@pytest.fixture(scope="module", params=[("1", "127.0.0.1"), ("2", "127.0.0.1"), ("1", "::1")], ids=str)
def addresses(request: pytest.FixtureRequest) -> Iterator[Addresses]:
    workers, host = request.param
    if host == "::1" and not has_ipv6():
        pytest.skip("this machine has no ::1")
    variables = {"COINGLASS_ADMIN_PORT": "0", "COINGLASS_ADMIN_HOST": host, "COINGLASS_WORKERS": workers}
    with serving("--sandbox", **variables) as (public, process):
        assert process.stderr
        match = ANNOUNCED.fullmatch(process.stderr.readline().strip())
        assert match
        yield Addresses(public, match.group(1))
    assert process.returncode == 0


def test_metrics_are_at_the_address_for_operators_alone(addresses: Addresses) -> None:
    page = addresses.admin("/metrics")
    assert (page.status_code, "coinglass_graphql_quota_limit" in page.text) == (200, True)
    assert addresses.public("/metrics").status_code == 404


def test_health_is_at_both_addresses(addresses: Addresses) -> None:
    for get in (addresses.public, addresses.admin):
        assert get("/healthz").json() == {"status": "ok"}
        assert get("/readyz").json()["sandbox"] is True


def test_the_status_page_has_the_state_of_a_process(addresses: Addresses) -> None:
    status = addresses.admin("/status").json()
    assert status.keys() == {
        "pid",
        "plan",
        "sandbox",
        "quota",
        "circuits",
        "upstreamConnections",
        "clientConnections",
        "cacheBytes",
        "callerKeys",
        "replica",
        "sharedStore",
    }
    assert status["clientConnections"]["http"] >= 1
    assert status["cacheBytes"].keys() == {"responses", "fragments", "answers"}
    assert addresses.public("/status").status_code == 404


def test_the_quota_has_the_same_names_everywhere_and_says_who_shares_it_only_with_a_store(addresses: Addresses) -> None:
    status = addresses.admin("/status").json()
    has_store = status["sharedStore"] is not None
    of_store = {"replicas", "isAlone"} if has_store else set()
    quota = status["quota"]
    assert quota.keys() == {"limit", "used", "resetsIn", "isPaused"} | of_store
    assert (status["replica"] is not None) is has_store
    assert quota["resetsIn"] is None or quota["resetsIn"] == round(quota["resetsIn"], 1)


@pytest.mark.parametrize("path", ["/graphql", "/", "/schema.graphql"])
def test_graphql_is_at_the_public_address_alone(addresses: Addresses, path: str) -> None:
    assert addresses.admin(path).status_code == 404
    assert addresses.admin(path, method="POST", json={"query": "{ __typename }"}).status_code in (404, 405)


def test_the_two_addresses_need_two_ports() -> None:
    done = run("serve", "--sandbox", "--port", "8123", COINGLASS_ADMIN_PORT="8123")
    assert done.returncode == 2
    assert done.stderr == (
        "coinglass-graphql: COINGLASS_ADMIN_PORT is 8123, as COINGLASS_PORT: each needs its own port\n"
    )


def test_the_host_alone_is_refused() -> None:
    done = run("serve", "--sandbox", COINGLASS_ADMIN_HOST="0.0.0.0")  # noqa: S104  # nothing listens
    assert done.returncode == 2
    assert "COINGLASS_ADMIN_HOST is set, but COINGLASS_ADMIN_PORT is not" in done.stderr


def test_a_port_in_use_is_reported_with_its_variables() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = run("serve", "--sandbox", "--port", "0", COINGLASS_ADMIN_PORT=port)
    assert done.returncode == 2
    assert "COINGLASS_ADMIN_HOST and COINGLASS_ADMIN_PORT: cannot listen on 127.0.0.1" in done.stderr


def test_operators_are_answered_beyond_the_limit_of_connections_and_without_credentials(tmp_path: Any) -> None:
    run("keys", "create", "somebody", COINGLASS_KEY_FILE=str(tmp_path / "keys"))
    variables = {
        "COINGLASS_ADMIN_PORT": "0",
        "COINGLASS_MAX_CONNECTIONS": "1",
        "COINGLASS_CALLERS": "keys",
        "COINGLASS_KEY_FILE": str(tmp_path / "keys"),
    }
    with serving("--sandbox", **variables) as (public, process), httpx.Client(base_url=public) as first:
        assert process.stderr
        match = ANNOUNCED.fullmatch(process.stderr.readline().strip())
        assert match
        assert first.get("/healthz").status_code == 200  # its connection stays open
        assert httpx.get(f"{public}/healthz").status_code == 503
        assert httpx.get(f"{match.group(1)}/metrics").status_code == 200
        status = json.loads(httpx.get(f"{match.group(1)}/status").text)
    assert status["clientConnections"]["limit"] == 1
