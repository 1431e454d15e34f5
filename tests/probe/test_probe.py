"""The probe over real HTTP against the sandbox, with planted differences."""

import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from cg_client.catalogue import CATALOGUE
from cg_client.client_config import ClientConfig
from cg_client.intervals import Interval
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from probe.command import ProbeOptions, probe
from probe.findings import Status
from probe.recorder import Recorder
from probe.runner import Runner
from probe.targets import candidates
from sandbox.app import KEY as SANDBOX_KEY
from sandbox.app import Sandbox, create_sandbox
from sandbox.faults import Fault, FaultKind
from tests.cases import CASES
from tests.clock import FakeClock
from tests.probe.drifting_sandbox import DriftingSandbox, PlantedDrift
from tests.probe.plants import ACCOUNT, PLANTS, Plant, of_rows
from tests.running import running, watching
from tests.test_cli import COMMAND, environment, run
from tests.test_decoders import DECODERS
from tests.upstream import StubUpstream, field

KEY = "9f3d-the-key-that-nobody-may-see"
PRICES = "/api/futures/price/history"


@dataclass
class Probed:
    """A sandbox with an address, and how the command was answered."""

    sandbox: DriftingSandbox
    address: str
    folder: Path

    async def report(self, *groups: str, **options: Any) -> tuple[int, dict[str, Any]]:
        """Return the exit status and the report as JSON."""
        file = self.folder / "report.json"
        config = ClientConfig(api_key=Secret(KEY), base_url=self.address)
        status = await probe(config, ProbeOptions(groups=groups, json_file=file, **options))
        result: dict[str, Any] = json.loads(file.read_text())
        return status, result


@pytest.fixture
def probed(tmp_path: Path) -> Iterator[Probed]:
    sandbox = DriftingSandbox(Plan.PROFESSIONAL, key=KEY)
    with running(create_sandbox(sandbox)) as address:
        yield Probed(sandbox, address, tmp_path)


def endpoint(report: dict[str, Any], path: str) -> dict[str, Any]:
    (result,) = (entry for entry in report["endpoints"] if entry["path"] == path)
    return result  # type: ignore[no-any-return]  # JSON


async def test_every_endpoint_is_called_once_and_answers_as_documented(probed: Probed) -> None:
    status, report = await probed.report()
    assert status == 0
    assert {entry["path"]: entry["status"] for entry in report["endpoints"]} == dict.fromkeys(CATALOGUE, "ok")
    assert set(probed.sandbox.calls.values()) == {1}
    assert (report["plan"], report["planSource"]) == ("PROFESSIONAL", "account endpoint")


async def test_all_planted_differences_are_reported_and_no_others(
    probed: Probed, capsys: pytest.CaptureFixture[str]
) -> None:
    for plant in PLANTS.values():
        plant.plant(probed.sandbox)
    status, report = await probed.report()
    planted = {plant.path: plant for plant in PLANTS.values()}
    assert status == 1
    assert {entry["path"] for entry in report["endpoints"] if entry["status"] != "ok"} == set(planted)
    assert [path for path, plant in planted.items() if not plant.is_reported_in(endpoint(report, path))] == []
    table = capsys.readouterr().out
    for plant in PLANTS.values():
        (line,) = (line for line in table.splitlines() if f" {plant.path} " in line)
        assert line.startswith(plant.status)
        assert all(kind in table and (name or "") in table for kind, name in plant.findings)


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
async def test_a_single_planted_difference_is_reported_alone(probed: Probed, plant: Plant) -> None:
    plant.plant(probed.sandbox)
    status, report = await probed.report(plant.path.split("/")[2])
    assert status == 1
    assert [entry["path"] for entry in report["endpoints"] if entry["status"] != "ok"] == [plant.path]
    assert plant.is_reported_in(endpoint(report, plant.path)), endpoint(report, plant.path)


async def test_numbers_as_text_are_reported_as_harmless(probed: Probed) -> None:
    as_text = lambda row: row | {"open_basis": str(row["open_basis"])}  # noqa: E731  # a function for one line
    probed.sandbox.drifts.append(of_rows("/api/futures/basis/history", as_text))
    status, report = await probed.report("futures/basis")
    result = endpoint(report, "/api/futures/basis/history")
    assert (status, result["status"]) == (0, "ok")
    assert [(entry["kind"], entry["field"], entry["harmless"]) for entry in result["findings"]] == [
        ("TYPE_CHANGED", "open_basis", True)
    ]


async def test_a_header_that_every_answer_lacks_is_reported_once(probed: Probed) -> None:
    probed.sandbox.drifts.append(PlantedDrift("*", headers={"API-KEY-MAX-LIMIT": None}))
    status, report = await probed.report("option")
    assert status == 1
    assert [(entry["kind"], entry["field"]) for entry in report["everyAnswer"]] == [
        ("HEADER_MISSING", "API-KEY-MAX-LIMIT")
    ]
    assert {entry["status"] for entry in report["endpoints"]} == {"ok"}


@pytest.mark.parametrize("empty", [[], {}, None])
async def test_an_answer_without_rows_is_reported_as_harmless(
    probed: Probed, empty: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    probed.sandbox.faults.append(Fault(FaultKind.CUT_JSON, "/api/option/max-pain", times=1))  # and a retry that answers
    probed.sandbox.drifts.append(PlantedDrift("/api/option/max-pain", lambda answer: answer | {"data": empty}))
    status, report = await probed.report("option")
    assert status == 0
    assert [entry["kind"] for entry in endpoint(report, "/api/option/max-pain")["findings"]] == ["EMPTY"]
    assert "1 without rows to compare" in capsys.readouterr().out


async def test_without_the_account_the_plan_is_inferred_from_the_rate_limit(probed: Probed) -> None:
    probed.sandbox.plan, probed.sandbox.quota.limit = Plan.STANDARD, 300
    probed.sandbox.faults.append(Fault(FaultKind.NOT_FOUND, ACCOUNT))
    status, report = await probed.report("futures/liquidation")
    assert (report["plan"], report["planSource"]) == ("STANDARD", "API-KEY-MAX-LIMIT 300")
    assert "/api/futures/liquidation/order" in {entry["path"] for entry in report["endpoints"]}
    assert "/api/futures/liquidation/map" not in {entry["path"] for entry in report["endpoints"]}
    assert status == 1


async def test_the_all_option_calls_gated_endpoints_and_expects_a_refusal(probed: Probed) -> None:
    probed.sandbox.plan, probed.sandbox.quota.limit = Plan.STARTUP, 80
    status, report = await probed.report("futures/liquidation", with_gated=True)
    refused = endpoint(report, "/api/futures/liquidation/map")
    assert (status, refused["status"]) == (0, "ok")
    assert [(entry["kind"], entry["harmless"]) for entry in refused["findings"]] == [("PLAN_REFUSED", True)]


async def test_the_all_option_reports_gated_endpoints_that_answer(probed: Probed) -> None:
    below = PlantedDrift(ACCOUNT, lambda answer: answer | {"data": answer["data"] | {"level": "HOBBYIST"}})
    probed.sandbox.drifts += [below, PlantedDrift("*", headers={"API-KEY-MAX-LIMIT": "30"})]
    status, report = await probed.report("hyperliquid/whale-alert", with_gated=True)
    result = endpoint(report, "/api/hyperliquid/whale-alert")
    assert (status, result["status"]) == (1, "gated")
    assert [entry["kind"] for entry in result["findings"]] == ["PLAN_NOT_NEEDED"]


async def test_a_wallet_and_a_pair_are_taken_from_the_listings(probed: Probed) -> None:
    pairs = "/api/futures/supported-exchange-pairs"
    only_okx = lambda answer: answer | {"data": {"OKX": answer["data"]["OKX"]}}  # noqa: E731  # a function for one line
    probed.sandbox.drifts.append(PlantedDrift(pairs, only_okx))
    probed.sandbox.drifts.append(of_rows("/api/hyperliquid/whale-position", lambda row: row | {"user": f"0x{7:040}"}))
    _, report = await probed.report("futures", "hyperliquid")
    called = endpoint(report, PRICES)["params"]
    assert called["exchange"] == "OKX"
    assert called["symbol"].endswith("SWAP")
    assert endpoint(report, "/api/hyperliquid/user-position")["params"] == {"user_address": f"0x{7:040}"}


async def test_an_invalid_listed_name_is_not_used(probed: Probed) -> None:
    probed.sandbox.drifts.append(of_rows("/api/hyperliquid/whale-position", lambda row: row | {"user": "nobody"}))
    status, report = await probed.report("hyperliquid")
    address = endpoint(report, "/api/hyperliquid/user-position")["params"]["user_address"]
    assert (status, len(address)) == (0, 42)


async def test_only_the_account_and_the_group_are_called(probed: Probed) -> None:
    await probed.report("futures/liquidation", "option")
    called = {path for path in probed.sandbox.calls if path != ACCOUNT}
    assert called == {path for path in CATALOGUE if path.startswith(("/api/futures/liquidation/", "/api/option/"))}


async def test_the_former_path_counts_towards_the_limit_of_calls(probed: Probed) -> None:
    path = "/api/futures/orderbook/v2/large-limit-order-history"
    probed.sandbox.faults.append(Fault(FaultKind.NOT_FOUND, path))
    before = [entry.path for entry in candidates(("futures/orderbook",))].index(path)
    status, report = await probed.report("futures/orderbook", max_calls=before + 1)
    assert probed.sandbox.calls.total() == before + 1
    assert (status, path in {entry["path"] for entry in report["endpoints"]}) == (0, False)


@pytest.mark.parametrize("most", [1, 5])
async def test_the_calls_option_limits_all_requests_including_retries(probed: Probed, most: int) -> None:
    probed.sandbox.faults.append(Fault(FaultKind.HTTP_500, "/api/futures/supported-exchanges"))
    status, report = await probed.report(max_calls=most)
    assert probed.sandbox.calls.total() == most
    assert report["requests"] == most
    assert status == (0 if most == 1 else 1)


async def test_a_failing_endpoint_does_not_affect_the_others(probed: Probed) -> None:
    maps = [path for path in CATALOGUE if path.startswith("/api/futures/liquidation/")][:-1]
    probed.sandbox.faults += [Fault(FaultKind.SERVER_ERROR, path) for path in maps]
    _, report = await probed.report("futures/liquidation")
    failed = {
        entry["path"]: entry["findings"][0]["kind"] for entry in report["endpoints"] if entry["status"] == "failed"
    }
    assert failed == dict.fromkeys(maps, "UPSTREAM_ERROR")
    assert all(probed.sandbox.calls[path] for path in CATALOGUE if path.startswith("/api/futures/liquidation/"))


@pytest.mark.parametrize("plan", list(Plan))
async def test_the_endpoints_of_the_plan_are_called_within_its_quota(plan: Plan) -> None:
    clock = FakeClock()
    sandbox = Sandbox(plan, now=lambda: clock.now().timestamp())
    config = ClientConfig(api_key=Secret(SANDBOX_KEY), base_url="http://upstream")
    recorder = Recorder(httpx.ASGITransport(create_sandbox(sandbox)))
    runner = Runner.of(config, recorder, DECODERS, candidates(()), clock=clock)
    started = clock.monotonic()
    await runner.run()
    await runner.client.close()
    included = {path for path, endpoint in CATALOGUE.items() if endpoint.plan <= plan}
    assert {result.endpoint.path: result.status for result in runner.results} == dict.fromkeys(included, Status.OK)
    assert sandbox.quota.refused == 0
    assert clock.monotonic() - started >= 60 * ((len(included) - 1) // sandbox.quota.limit)
    (prices,) = (result for result in runner.results if result.endpoint.path == PRICES)
    floor = CATALOGUE[PRICES].interval_floors.get(plan, Interval.D1)
    assert prices.params["interval"] == floor.value


async def test_answers_are_saved_as_they_came_and_can_be_replayed(probed: Probed) -> None:
    folder = probed.folder / "records"
    await probed.report("futures/basis", record_folder=folder)
    assert {file.name for file in folder.iterdir()} == {
        "user.account.subscription.json",
        "futures.basis.history.json",
    }
    record = json.loads((folder / "futures.basis.history.json").read_text())
    assert (record["path"], record["exact"], record["rows_recorded"], record["rows_kept"]) == (
        "/api/futures/basis/history", True, 10, 10,
    )  # fmt: skip
    assert record["params"]["symbol"] == "BTCUSDT"
    replayed = await field(CASES[record["path"]].text(), StubUpstream({record["path"]: record["body"]}))
    assert [bar["openPercent"] for bar in replayed["bars"]] == [row["open_basis"] for row in record["body"]["data"]]


async def test_the_key_is_neither_saved_nor_printed(probed: Probed, capsys: pytest.CaptureFixture[str]) -> None:
    def echo(answer: Any) -> Any:
        return answer | {"msg": f"ok {KEY}", "data": [{KEY: KEY.upper(), **row} for row in answer["data"]]}

    folder = probed.folder / "records"
    probed.sandbox.drifts.append(PlantedDrift("/api/futures/basis/history", echo))
    refused = {"code": "400", "msg": f"not for {KEY}"}
    probed.sandbox.drifts.append(PlantedDrift("/api/futures/rsi/list", lambda _: refused))
    probed.sandbox.drifts.append(of_rows("/api/etf/bitcoin/list", lambda row: row | {"ticker": KEY}))
    await probed.report("futures/basis", "futures/rsi", "etf/bitcoin", record_folder=folder)
    record = json.loads((folder / "futures.basis.history.json").read_text())
    written = "".join(file.read_text() for file in [*folder.iterdir(), probed.folder / "report.json"])
    printed = capsys.readouterr()
    assert KEY not in (written + printed.out + printed.err).lower()
    assert "not for ***" in written
    assert '"ticker": "***"' in written
    assert (record["exact"], record["body"]["msg"]) == (False, "ok ***")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "CoinGlass cannot be used"),
        ({"groups": ("nothing",)}, "no group nothing"),
    ],
)
async def test_a_wrong_key_or_group_is_unusable(
    probed: Probed, options: dict[str, Any], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ClientConfig(api_key=Secret("another"), base_url=probed.address)
    assert await probe(config, ProbeOptions(**options)) == 2
    printed = capsys.readouterr()
    assert says in printed.out + printed.err
    assert probed.sandbox.calls.total() == (0 if options else 2)


async def test_an_unreachable_server_is_unusable(capsys: pytest.CaptureFixture[str]) -> None:
    config = ClientConfig(api_key=Secret(KEY), base_url="http://127.0.0.1:9")
    assert await probe(config, ProbeOptions()) == 2
    assert "UPSTREAM_ERROR" in capsys.readouterr().out


async def test_an_unwritable_file_is_reported_before_the_first_call(
    probed: Probed, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ClientConfig(api_key=Secret(KEY), base_url=probed.address)
    assert await probe(config, ProbeOptions(json_file=probed.folder / "no" / "report.json")) == 2
    assert "cannot write to" in capsys.readouterr().err
    assert probed.sandbox.calls.total() == 0


def test_without_a_key_the_command_reports_that() -> None:
    done = run("probe")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "COINGLASS_API_KEY" in done.stderr


def test_the_command_runs_against_a_sandbox() -> None:
    done = run("probe", "--sandbox", "--group", "futures/basis", "--calls", "9")
    assert done.returncode == 0, done.stderr
    assert "2 ok, 0 drift, 0 gated, 0 failed" in done.stdout
    assert done.stderr == ""


def test_an_interrupted_probe_reports_the_calls_so_far(probed: Probed) -> None:
    hanging = "/api/futures/supported-exchanges"
    probed.sandbox.faults.append(Fault(FaultKind.HANG, hanging, seconds=30))
    probed.sandbox.drifts.append(PlantedDrift("/api/futures/supported-coins", lambda answer: answer | {"code": 0}))
    variables = environment(COINGLASS_API_KEY=KEY, COINGLASS_BASE_URL=probed.address)
    with (
        watching((Sandbox, "_answer")) as until,
        subprocess.Popen(  # noqa: S603  # our own command
            [*COMMAND, "probe"], env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        until(lambda: probed.sandbox.calls[hanging] > 0)
        process.send_signal(signal.SIGINT)
        printed, complaint = process.communicate(timeout=30)
    assert (process.returncode, complaint) == (1, "")
    assert f"called    3 of {len(CATALOGUE)} endpoints, with 4 requests, until interrupted" in printed
    assert "2 ok, 1 drift, 0 gated, 0 failed" in printed
