"""The way of a request that docs/request.md draws is the way that a request takes."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import httpx
import orjson
import pytest

from bench.in_process import post
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from sandbox.app import KEY, Sandbox, create_sandbox
from server.app import create_app
from server.settings import Settings
from tests.test_imports import ROOT

DIAGRAM = (ROOT / "docs" / "request.md").read_text().split("```mermaid")[1].split("```")[0]
BOXES = list(dict.fromkeys(re.findall(r"\[([\w/]+\.py): ", DIAGRAM)))
MAX_BOXES = 15
QUERY = """{ pair(exchange: "Binance", symbol: "BTCUSDT") {
  fundingRate(interval: H8, last: 2) { ... on FundingSeries { candles { time close } } } } }"""


@pytest.fixture
def body(monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    """Let the application reach a sandbox in this process."""
    transport = httpx.ASGITransport(create_sandbox(Sandbox(Plan.ENTERPRISE)))
    monkeypatch.setattr("cg_client.client.http_transport", lambda *_: transport)
    yield orjson.dumps({"query": QUERY})
    sys.setprofile(None)


def test_the_diagram_fits_on_one_page() -> None:
    assert 0 < len(BOXES) <= MAX_BOXES
    assert [box for box in BOXES if not (ROOT / box).exists()] == []


async def test_a_request_enters_the_modules_in_the_order_of_the_diagram(body: bytes) -> None:
    ahead = list(BOXES)

    def see(frame: FrameType, event: str, _: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and ahead and file == ROOT / ahead[0]:
            ahead.pop(0)

    settings = Settings(api_key=Secret(KEY), plan=Plan.ENTERPRISE, base_url="http://upstream")
    served = create_app(settings, warm=False)
    await post(served, orjson.dumps({"query": '{ pair(exchange: "Binance", symbol: "BTCUSDT") { base } }'}))
    sys.setprofile(see)
    answer = await post(served, body)
    sys.setprofile(None)
    assert b'"candles":[{' in answer
    assert ahead == []
