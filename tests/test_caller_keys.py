"""A caller's CoinGlass key in `CG-API-KEY`, over real sockets: plan, quota and cached answers of its own."""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from sandbox.app import Sandbox, create_sandbox, sandboxes_by_plan
from sandbox.faults import Fault, FaultKind
from server.app import create_app
from server.settings import Settings
from tests.conftest import NO_AUTHORITIES, Graph, StartGraph
from tests.running import running
from tests.schemas import checked_once
from tests.test_cli import run, serving
from tests.test_docs import curl
from tests.test_imports import ROOT
from tests.test_websocket import PROTOCOL, address, send

KEY = "0123456789abcdef-of-a-caller"
OTHER = "fedcba9876543210-of-another"
ACCOUNT = "{ coinglassAccount { ... on CoinglassAccount { plan } ... on Problem { code message } } }"
RATES = '{ coin(symbol: "BTC") { currentFundingRates { __typename } } }'
GATED = '{ coin(symbol: "BTC") { market { __typename } } }'  # from Standard on


@pytest.fixture
def caller() -> Sandbox:
    return Sandbox(Plan.HOBBYIST, key=KEY)


@contextlib.contextmanager
def serving_keys(*sandboxes: Sandbox, **settings: Any) -> Iterator[httpx.Client]:
    """Serve in front of the sandboxes, of which the first has the server's key."""
    with running(create_sandbox(*sandboxes)) as upstream:
        chosen: dict[str, Any] = {"api_key": Secret(sandboxes[0].key), "base_url": upstream, "key_header": True}
        with checked_once():
            app = create_app(Settings(**chosen | settings), warm=False)
        with (
            running(app, lifespan="on") as served,
            httpx.Client(base_url=served, timeout=60, verify=NO_AUTHORITIES) as http,
        ):
            yield http


def post(http: httpx.Client, query: str, key: str | None = None) -> httpx.Response:
    return http.post("/graphql", json={"query": query}, headers={} if key is None else {"CG-API-KEY": key})


def test_each_key_has_its_plan(caller: Sandbox) -> None:
    with serving_keys(Sandbox(Plan.PROFESSIONAL), caller) as http:
        plans = [post(http, ACCOUNT, key).json()["data"]["coinglassAccount"]["plan"] for key in (None, KEY, None, KEY)]
        types = [post(http, GATED, key).json()["data"]["coin"]["market"]["__typename"] for key in (KEY, None, KEY)]
    assert plans == ["PROFESSIONAL", "HOBBYIST"] * 2
    assert types == ["PlanGated", "CoinMarket", "PlanGated"]


def test_a_request_with_a_key_spends_the_quota_of_that_key_alone(caller: Sandbox) -> None:
    server = Sandbox(Plan.PROFESSIONAL)
    with serving_keys(server, caller, plan=Plan.PROFESSIONAL) as http:
        before = server.calls.total()
        first, again = post(http, RATES, KEY), post(http, RATES, KEY)
    assert server.calls.total() == before
    assert first.headers["x-upstream-calls"] == "3"  # plan, listing and rates
    assert first.headers["x-quota-remaining"] == "27"
    assert (again.headers["x-upstream-calls"], again.headers["x-quota-remaining"]) == ("0", "27")


def test_a_request_with_a_key_spends_values_of_the_budget_and_no_calls(caller: Sandbox) -> None:
    with serving_keys(Sandbox(), caller, calls_per_minute=20, values_per_minute=1000) as http:
        response = post(http, RATES, KEY)
    calls, values = response.headers["ratelimit"].split(", ")
    assert int(response.headers["x-upstream-calls"]) > 0
    assert calls.startswith('"calls-per-minute";r=20;')
    assert not values.startswith('"values-per-minute";r=1000;')


def test_a_cached_response_is_for_its_key_alone(caller: Sandbox) -> None:
    with serving_keys(Sandbox(), caller) as http:
        for query, key in ((GATED, KEY), (RATES, None), (RATES, None)):
            post(http, query, key)
        first, again = post(http, RATES, KEY), post(http, RATES, KEY)
    assert "age" not in first.headers
    assert "age" in again.headers
    assert first.headers["cache-control"].startswith("private")
    assert "cg-api-key" in first.headers["vary"]


def test_without_the_setting_a_request_with_a_key_is_refused_without_a_call(graph: Graph) -> None:
    graph.forget()
    response = post(graph.http, RATES, KEY)
    assert response.status_code == 403
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "leave out CG-API-KEY" in error["message"]
    assert "COINGLASS_KEY_HEADER=on" in error["message"]
    assert graph.sandbox.calls.total() == 0


@pytest.mark.parametrize("key", ["", "short", "two words here", '"quoted by mistake', "x" * 129, "k\u00e9y-of-latin-1"])
def test_a_malformed_key_is_refused_without_a_call(key: str, caller: Sandbox) -> None:
    with serving_keys(Sandbox(), caller) as http:
        response = http.post("/graphql", json={"query": RATES}, headers=[(b"CG-API-KEY", key.encode("latin-1"))])
    assert response.status_code == 400
    assert "8 to 128" in response.text
    assert len(key) < 8 or key not in response.text
    assert caller.calls.total() == 0


def test_pages_ignore_the_header(graph: Graph) -> None:
    assert graph.http.get("/healthz", headers={"CG-API-KEY": KEY}).status_code == 200


def test_a_wrong_key_is_unauthorized_and_does_not_replace_accepted_ones(caller: Sandbox) -> None:
    with serving_keys(Sandbox(), caller, key_clients=4) as http:
        for query in (GATED, RATES):
            post(http, query, KEY)
        answers = [post(http, ACCOUNT, f"random-key-{number}").json() for number in range(8)]
        calls = caller.calls.total()
        again = post(http, RATES, KEY)
        metrics = http.get("/metrics").text
    assert {answer["data"]["coinglassAccount"]["code"] for answer in answers} == {"UNAUTHORIZED"}
    assert "check COINGLASS_API_KEY, or CG-API-KEY" in answers[0]["data"]["coinglassAccount"]["message"]
    assert "age" in again.headers
    assert caller.calls.total() == calls
    assert 'coinglass_graphql_key_clients{state="accepted"} 1.0' in metrics
    assert 'coinglass_graphql_key_clients{state="probation"} 1.0' in metrics
    assert "coinglass_graphql_key_clients_evicted_total 7.0" in metrics


def test_a_failing_key_opens_no_circuit_of_another(caller: Sandbox) -> None:
    caller.faults.append(Fault(FaultKind.HTTP_500))
    with serving_keys(Sandbox(), caller) as http:
        failed = [post(http, RATES, KEY).json() for _ in range(12)]
        served = post(http, RATES).json()
    assert failed[-1] != served
    assert served["data"]["coin"]["currentFundingRates"]["__typename"] == "CurrentFundingRates"


def test_a_server_without_a_key_serves_those_of_callers(caller: Sandbox) -> None:
    server = Sandbox(key="a-key-that-the-server-lacks")
    with serving_keys(server, caller, api_key=Secret("")) as http:
        without, served = post(http, ACCOUNT), post(http, ACCOUNT, KEY)
        ready = http.get("/readyz")
    assert without.json()["data"]["coinglassAccount"]["code"] == "UNAUTHORIZED"
    assert "send one in CG-API-KEY" in without.json()["data"]["coinglassAccount"]["message"]
    assert served.json()["data"]["coinglassAccount"] == {"plan": "HOBBYIST"}
    assert ready.status_code == 200
    assert server.calls.total() == 0


def test_without_any_key_the_server_starts_only_for_those_of_callers() -> None:
    done = run("serve")
    assert (done.returncode, "COINGLASS_KEY_HEADER=on" in done.stderr) == (2, True)


async def first_answer(socket: ClientConnection, query: str, **init: Any) -> dict[str, Any]:
    await send(socket, {"type": "connection_init"} | ({"payload": init} if init else {}))
    await socket.recv()
    await send(socket, {"type": "subscribe", "id": "1", "payload": {"query": query}})
    payload: dict[str, Any] = json.loads(await socket.recv())["payload"]
    return payload


def socket_address(http: httpx.Client) -> str:
    return address(Graph(http, Sandbox()))


@pytest.mark.parametrize(
    ("headers", "init"),
    [({"CG-API-KEY": KEY}, {}), ({}, {"cgApiKey": KEY}), ({}, {"CG-API-KEY": KEY}), ({}, {"cg-api-key": KEY})],
)
async def test_a_websocket_uses_the_key_of_the_handshake_or_of_its_first_message(
    headers: dict[str, str], init: dict[str, str], caller: Sandbox
) -> None:
    with serving_keys(Sandbox(), caller) as http:
        url = socket_address(http)
        async with connect(url, subprotocols=[PROTOCOL], additional_headers=headers, proxy=None) as socket:
            answer = await first_answer(socket, ACCOUNT, **init)
    assert answer["data"] == {"coinglassAccount": {"plan": "HOBBYIST"}}


async def test_without_the_setting_a_websocket_with_a_key_is_refused(start_graph: StartGraph) -> None:
    graph = start_graph()
    with pytest.raises(InvalidStatus, match="403"):
        await connect(address(graph), subprotocols=[PROTOCOL], additional_headers={"CG-API-KEY": KEY}, proxy=None)
    async with connect(address(graph), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, {"type": "connection_init", "payload": {"cgApiKey": KEY}})
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
    assert "does not accept CoinGlass keys" in closed.value.rcvd.reason


@pytest.mark.parametrize("key", [None, 5, "", "two words", ["a-key-in-a-list"]])
async def test_a_malformed_key_closes_the_websocket(key: object, caller: Sandbox) -> None:
    with serving_keys(Sandbox(), caller) as http:
        async with connect(socket_address(http), subprotocols=[PROTOCOL], proxy=None) as socket:
            await send(socket, {"type": "connection_init", "payload": {"cgApiKey": key}})
            with pytest.raises(ConnectionClosed, match="4403"):
                await socket.recv()


def test_the_sandbox_of_the_command_line_has_a_key_for_each_plan() -> None:
    with running(create_sandbox(Sandbox(), *sandboxes_by_plan())) as upstream:
        levels = [
            httpx.get(f"{upstream}/api/user/account/subscription", headers={"CG-API-KEY": key}).json()["data"]["level"]
            for key in ("sandbox", "sandbox-hobbyist", "sandbox-enterprise")
        ]
    assert levels == ["PROFESSIONAL", "HOBBYIST", "ENTERPRISE"]


def test_the_documented_commands_show_the_plan_of_the_callers_key() -> None:
    section = (ROOT / "docs" / "callers.md").read_text().split("## A caller's own CoinGlass key")[1]
    serve, request = re.findall(r"```bash\n(.*?) & server=.*?\n(curl .*?)kill ", section, re.DOTALL)[0]
    assert serve.split()[:4] == ["COINGLASS_KEY_HEADER=on", ".venv/bin/coinglass-graphql", "serve", "--sandbox"]
    with serving("--sandbox", COINGLASS_KEY_HEADER="on") as (at, _):
        answer = json.loads(curl(request.replace("\\\n", " ").replace("http://127.0.0.1:8001", at)))
    assert answer == {"data": {"coinglassAccount": {"plan": "HOBBYIST"}}}
