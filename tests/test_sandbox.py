"""The controls of the sandbox: faults, plan, quota, key and clock."""

import socket
import zlib
from collections.abc import Iterator

import httpx
import pytest

from cg_client.plans.plan_table import Plan
from cg_client.transport import KEY_HEADER
from sandbox.app import KEY, MAX_REQUESTS, Sandbox, create_sandbox
from sandbox.faults import Fault, FaultKind, _bomb
from tests.running import running

PRICE = "/api/futures/price/history?exchange=Binance&symbol=BTCUSDT&interval=4h&limit=2"
START = 1_795_000_000.0


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(Plan.PROFESSIONAL, now=lambda: START)


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with (
        running(create_sandbox(sandbox)) as address,
        httpx.Client(base_url=address, headers={KEY_HEADER: KEY}) as client,
    ):
        yield client


def hit(fault: Fault, requests: int = 1000) -> list[bool]:
    return [fault.hits("/any") for _ in range(requests)]


def test_a_fault_affects_its_share_of_the_requests() -> None:
    assert 220 < sum(hit(Fault(FaultKind.RESET, share=0.25))) < 280
    assert not any(hit(Fault(FaultKind.RESET, share=0.0)))
    assert all(hit(Fault(FaultKind.RESET)))


def test_the_same_seed_affects_the_same_requests() -> None:
    first, again, other = (hit(Fault(FaultKind.RESET, share=0.5, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_only_affected_requests_count_down() -> None:
    assert sum(hit(Fault(FaultKind.RESET, share=0.5, times=3))) == 3


def test_a_revoked_key_is_refused_until_it_is_accepted_again(http: httpx.Client) -> None:
    def code(*, revoked: bool) -> str:
        http.put("/_sandbox/key", json={"revoked": revoked})
        answer: str = http.get(PRICE).json()["code"]
        return answer

    assert (code(revoked=True), code(revoked=False)) == ("401", "0")


def test_a_reduced_quota_is_stated_and_enforced(http: httpx.Client) -> None:
    assert [http.get(PRICE).status_code for _ in range(3)] == [200] * 3
    http.put("/_sandbox/quota", json={"limit": 3})
    refused = http.get(PRICE)
    assert (refused.status_code, refused.headers["API-KEY-MAX-LIMIT"]) == (429, "3")
    counted = http.get("/_sandbox/calls").json()
    assert (counted["rateLimited"], counted["mostInAMinute"]) == (1, 4)


def test_a_changed_clock_moves_the_data_and_not_the_quota(sandbox: Sandbox, http: httpx.Client) -> None:
    before = http.get(PRICE).json()["data"][-1]["time"]
    http.put("/_sandbox/clock", json={"ahead": 86_400})
    assert http.get(PRICE).json()["data"][-1]["time"] - before == 86_400_000
    assert sandbox.quota.most == 2


def test_a_changed_plan_is_enforced(http: httpx.Client) -> None:
    http.put("/_sandbox/plan", json={"plan": "hobbyist"})
    assert http.get(PRICE.replace("4h", "1m")).json()["code"] == "403"


def test_the_newest_requests_are_listed_in_order(sandbox: Sandbox, http: httpx.Client) -> None:
    sandbox.requests.extend([("/old", {})] * MAX_REQUESTS)
    sandbox.times.extend([0.0] * MAX_REQUESTS)
    http.get(PRICE)
    requests = http.get("/_sandbox/requests").json()
    assert len(requests) == MAX_REQUESTS
    assert requests[-1]["at"] == START
    assert (requests[-1]["path"], requests[-1]["query"]["limit"]) == ("/api/futures/price/history", "2")


def test_faults_are_switched_on_and_off(http: httpx.Client) -> None:
    http.post("/_sandbox/faults", json={"kind": "http_500", "share": 1.0, "seed": 3})
    assert http.get(PRICE).status_code == 500
    http.delete("/_sandbox/faults")
    assert http.get(PRICE).status_code == 200


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.TRUNCATED, FaultKind.LENGTH_TOO_LONG])
def test_a_planted_reset_breaks_the_connection(http: httpx.Client, kind: FaultKind) -> None:
    http.post("/_sandbox/faults", json={"kind": kind.value, "seconds": 0.01})
    with pytest.raises(httpx.TransportError):
        http.get(PRICE)


def test_a_gzip_bomb_decompresses_to_a_thousand_times_its_size(http: httpx.Client) -> None:
    http.post("/_sandbox/faults", json={"kind": "gzip_bomb"})
    with http.stream("GET", PRICE) as answer:
        sent = len(b"".join(answer.iter_raw()))
    assert sent < 200_000
    assert len(zlib.decompress(_bomb(), 16 + zlib.MAX_WBITS)) > 500 * sent


def test_bytes_beyond_the_stated_length_are_sent(http: httpx.Client) -> None:
    regular = http.get(PRICE).content
    http.post("/_sandbox/faults", json={"kind": "length_too_short"})
    at = http.base_url
    request = f"GET {PRICE} HTTP/1.1\r\nHost: {at.host}\r\n{KEY_HEADER}: {KEY}\r\n\r\n"
    with socket.create_connection((at.host, at.port or 80), timeout=5) as raw:
        raw.sendall(request.encode())
        head, body = receive(raw, len(regular)).split(b"\r\n\r\n")
    assert b"content-length: %d" % (len(regular) - 10) in head.lower()
    assert body == regular


def receive(raw: socket.socket, body: int) -> bytes:
    received = b""
    while len(received.split(b"\r\n\r\n")[-1]) < body or b"\r\n\r\n" not in received:
        received += raw.recv(65_536)
    return received
