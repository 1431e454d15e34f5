"""The command in a process."""

import contextlib
import importlib.metadata
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

import native
from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox, create_sandbox
from server import serve
from server.cli import main
from server.sandbox_notice import SANDBOX_NOTICES
from server.settings import Settings, SettingsError
from tests.cases import SCHEMA
from tests.running import running

COMMAND = [sys.executable, "-c", "import sys; from server.cli import main; sys.exit(main())"]
ROOT = Path(__file__).parent.parent
KEY = "a-key-that-nobody-may-see"


def environment(**variables: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COINGLASS_")}
    return inherited | {"PYTHONPATH": str(ROOT)} | variables


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, since a new process takes seconds to import the schema."""
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(io.StringIO()) as printed,
        contextlib.redirect_stderr(io.StringIO()) as complaint,
    ):
        patch.setattr(os, "environ", environment(**variables))
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
    return subprocess.CompletedProcess(arguments, status, printed.getvalue(), complaint.getvalue())


@contextlib.contextmanager
def serving(
    *arguments: str, command: Sequence[str] = COMMAND, **variables: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Yield the address of a server that runs in a separate process."""
    with subprocess.Popen(  # noqa: S603  # our own command
        [*command, "serve", "--port", "0", *arguments], env=environment(**variables), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        try:
            matches = (re.search(r"serves .* at (http://[\d.:\[\]]+)/", line) for line in process.stderr)
            yield next(match.group(1) for match in matches if match), process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


@pytest.mark.parametrize(("compiled", "reader"), [(True, "the compiled reader"), (False, "no compiled reader")])
def test_the_first_log_line_names_the_row_reader(compiled: bool, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "COMPILED", compiled)
    assert f"with {reader}" in serve._announcement("127.0.0.1", 1, sandbox=True)


def test_the_key_of_the_sandbox_is_no_word_of_the_log() -> None:
    with serve.against_sandbox(Settings(), "samples") as settings, httpx.Client(base_url=settings.base_url) as http:
        key = settings.api_key.reveal()
        answer = http.get("/api/futures/supported-exchanges", headers={"CG-API-KEY": key})
    assert answer.json()["code"] == "0"
    assert key not in ("sandbox", "")
    assert len(key) == 32
    assert settings.socket_url == f"ws{settings.base_url.removeprefix('http')}/ws-api"


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_with_exit_code_0(end: signal.Signals) -> None:
    with serving("--sandbox") as (_, process):
        process.send_signal(end)
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "names"),
    [
        ((), {}, ["COINGLASS_API_KEY"]),
        (("--sandbox",), {"COINGLASS_PLAN": "gold"}, ["COINGLASS_PLAN"]),
        (("--sandbox",), {"COINGLASS_PORT": "eighty"}, ["COINGLASS_PORT"]),
        (("--sandbox", "--port", "99999"), {}, ["COINGLASS_PORT"]),
        ((), {"COINGLASS_API_KEY": KEY, "COINGLASS_BASE_URL": "ftp://x"}, ["COINGLASS_BASE_URL"]),
        ((), {"COINGLASS_API_KEY": KEY, "COINGLASS_BASE_URL": "http://[::1"}, ["COINGLASS_BASE_URL"]),
        ((), {"COINGLASS_API_KEY": KEY, "COINGLASS_WEBSOCKET_URL": "https://x/ws-api"}, ["COINGLASS_WEBSOCKET_URL"]),
        (("--sandbox",), {"COINGLASS_DEADLINE_SECONDS": "soon"}, ["COINGLASS_DEADLINE_SECONDS"]),
        (("--sandbox",), {"COINGLASS_DEADLINE_SECONDS": "nan"}, ["COINGLASS_DEADLINE_SECONDS"]),
        (("--sandbox",), {"COINGLASS_CACHE_MB": "-1"}, ["COINGLASS_CACHE_MB"]),
        (("--sandbox",), {"COINGLASS_LOG_LEVEL": "loud"}, ["COINGLASS_LOG_LEVEL"]),
        (("--sandbox",), {"COINGLASS_CLIENT_WEIGHTS": "dashboard=0"}, ["COINGLASS_CLIENT_WEIGHTS"]),
        ((), {"COINGLASS_API_KEY": f"{KEY} ", "COINGLASS_PLAN": "gold"}, ["COINGLASS_API_KEY", "COINGLASS_PLAN"]),
    ],
)
def test_an_invalid_setting_prints_one_line_with_its_variable(
    arguments: tuple[str, ...], variables: dict[str, str], names: list[str]
) -> None:
    done = run("serve", *arguments, **variables)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("coinglass-graphql:")]
    assert done.returncode == 2
    assert all(name in line for name in names)
    assert KEY not in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unusable_listen_address_is_reported_with_its_variables() -> None:
    with pytest.raises(SettingsError, match=r"^COINGLASS_HOST and COINGLASS_PORT: cannot listen on no\.such\.host"):
        serve._listen(Settings(host="no.such.host.invalid"))


def test_without_arguments_the_help_is_printed() -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    assert all(command in done.stdout for command in ("serve", "doctor", "--version"))


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").stdout == f"coinglass-graphql {importlib.metadata.version('coinglass-graphql')}\n"


def test_faults_of_settings_are_reported_without_importing_the_schema() -> None:
    script = """import sys; from server.cli import main; main(["serve", "--port", "x"])
print([name for name in ("schema", "execution", "sandbox.app", "pyarrow") if name in sys.modules])"""
    done = subprocess.run(  # noqa: S603  # our own module
        [sys.executable, "-c", script], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert done.stderr.count("COINGLASS_") >= 2  # port and key


@pytest.mark.parametrize("arguments", [("nonsense",), ("serve", "--nonsense")])
def test_an_invalid_command_prints_one_line(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_the_schema_is_printed() -> None:
    assert run("schema").stdout == SCHEMA.sdl
    assert run("schema", "--subgraph").stdout == SCHEMA.subgraph_sdl


@pytest.mark.parametrize(
    ("option", "figures", "notice"),
    [
        ("--sandbox", "market", "Modelled figures, not a market."),
        ("--sandbox=samples", "samples", "Documented sample figures, not a market."),
    ],
)
def test_serving_the_sandbox_prints_what_its_figures_are_and_answers(option: str, figures: str, notice: str) -> None:
    # A proxy of the environment is not for us: settings alone decide.
    with serving(option, COINGLASS_PLAN="standard", HTTP_PROXY="http://127.0.0.1:9") as (address, _):
        first = httpx.get(address, headers={"accept": "text/html"}, follow_redirects=True)
        query = "{ coinglassAccount { ... on CoinglassAccount { plan source { sandbox } } } }"
        answer = httpx.post(f"{address}/graphql", json={"query": query})
        assert answer.json() == {"data": {"coinglassAccount": {"plan": "STANDARD", "source": {"sandbox": True}}}}
        assert notice in first.text
        for response in (first, answer):
            assert response.headers["x-coinglass-source"] == "sandbox"
            assert response.headers["x-coinglass-figures"] == figures


def test_the_banner_says_what_the_figures_are() -> None:
    banners = {name: serve._BANNER.format(notice) for name, notice in SANDBOX_NOTICES.items()}
    assert all(notice in banners[name] for name, notice in SANDBOX_NOTICES.items())
    assert {len({len(line) for line in banner.split("\n") if line}) for banner in banners.values()} == {1}


def test_no_other_figures_can_be_served() -> None:
    done = run("serve", "--sandbox=live")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_workers_check_the_documents_of_the_option_with_all_settings(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"1": "{ __typename }"}')
    options = ("--sandbox", "--workers", "2", "--trusted-documents", str(manifest))
    with serving(*options, COINGLASS_TRUSTED_ONLY="on") as (address, _):
        answer = httpx.post(f"{address}/graphql", json={"documentId": "1"}, timeout=30)
        assert answer.json() == {"data": {"__typename": "Query"}}


def test_a_reader_that_leaves_ends_a_command_without_a_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(  # noqa: S603  # our own command
        [*COMMAND, "--version"], env=environment(), stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_the_sandbox_ends_with_its_server() -> None:
    with serving("--sandbox") as (_, process):
        child = int(subprocess.check_output(["pgrep", "-P", str(process.pid)], text=True))  # noqa: S603, S607  # a Debian tool
        assert Path(f"/proc/{child}").exists()
    assert not Path(f"/proc/{child}").exists()


def test_the_key_is_in_no_log_and_no_answer() -> None:
    sandbox = Sandbox(Plan.HOBBYIST, key="another")
    with (
        running(create_sandbox(sandbox)) as upstream,
        serving(COINGLASS_API_KEY=KEY, COINGLASS_BASE_URL=upstream, COINGLASS_LOG_LEVEL="debug") as (address, process),
    ):
        query = '{ pair(exchange: "Binance", symbol: "BTCUSDT") { market { ... on Problem { code message } } } }'
        answer = httpx.post(f"{address}/graphql", json={"query": query})
        process.send_signal(signal.SIGINT)
        assert process.stderr
        log = process.stderr.read()
    assert answer.json()["data"]["pair"]["market"]["code"] == "UNAUTHORIZED"
    assert KEY not in answer.text
    assert KEY not in log
    assert '"event":"request"' in log
    assert sandbox.calls.total() > 0


def test_the_doctor_finds_key_plan_quota_and_fields() -> None:
    sandbox = Sandbox(Plan.STANDARD, key=KEY)
    with running(create_sandbox(sandbox)) as upstream:
        done = run("doctor", COINGLASS_API_KEY=KEY, COINGLASS_BASE_URL=upstream)
    assert done.returncode == 0
    assert "plan     Standard (by CoinGlass' account endpoint)\n" in done.stdout
    assert "1 of 300 requests a minute used" in done.stdout
    counts = re.search(r"^fields   (\d+) of (\d+) are in the plan$", done.stdout, re.MULTILINE)
    assert counts is not None
    missing = int(counts[2]) - int(counts[1])
    assert done.stdout.count(" needs PROFESSIONAL\n") + done.stdout.count(" needs ENTERPRISE\n") == missing > 0
    assert "  Pair.liquidationHeatmap needs PROFESSIONAL\n" in done.stdout
    assert "Pair.fundingRate" not in done.stdout
    assert KEY not in done.stdout + done.stderr


def test_the_doctor_reports_problems() -> None:
    assert run("doctor").returncode == 2
    with running(create_sandbox(Sandbox(key="another"))) as upstream:
        done = run("doctor", COINGLASS_API_KEY=KEY, COINGLASS_BASE_URL=upstream)
    assert (done.returncode, "UNAUTHORIZED" in done.stdout) == (1, True)
    done = run("doctor", COINGLASS_API_KEY=KEY, COINGLASS_BASE_URL="http://127.0.0.1:9")
    assert (done.returncode, "UPSTREAM_ERROR" in done.stdout) == (1, True)
