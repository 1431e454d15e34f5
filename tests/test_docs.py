"""The documents are true: their commands run, their queries are answered, and the paths in them exist."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from cg_client.plans.plan_table import Plan
from server.settings import VARIABLES
from tests.conftest import Graph, StartGraph
from tests.test_imports import ROOT

README = (ROOT / "README.md").read_text()
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
MANUAL = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTS = [ROOT / "CONTRIBUTING.md", *MANUAL, *sorted((ROOT / "docs" / "adr").glob("*.md"))]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", "".join(path.read_text() for path in MANUAL), re.DOTALL)
COMMANDS = [text.strip().replace("\\\n", " ") for kind, text in BLOCKS if kind == "sh"]
QUERIES = [text for kind, text in BLOCKS if kind == "graphql"]
STARTS_WITHIN = 240  # seconds, the making of the virtual environment included


@contextmanager
def serving(command: str) -> Iterator[str]:
    """Run `make serve` on a free port and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("COINGLASS_", "PYTEST_"))}
    with subprocess.Popen(  # noqa: S603  # a shown command
        shlex.split(command),
        cwd=ROOT,
        env=inherited | {"COINGLASS_PORT": port},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr
        try:
            assert any(f"http://127.0.0.1:{port}/" in line for line in process.stderr)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(30)


def curl(command: str) -> str:
    """Return what the command prints; without curl, send the same request from Python."""
    if shutil.which("curl"):
        return subprocess.check_output(shlex.split(command), text=True, timeout=30)  # noqa: S603  # as above
    words = shlex.split(command)
    url = next(word for word in words if word.startswith("http"))
    body = words[words.index("-d") + 1]
    headers = [words[index + 1].split(": ", 1) for index, word in enumerate(words) if word == "-H"]
    return httpx.post(url, content=body, headers=dict(headers)).text


def test_the_documents_have_the_commands_for_a_first_try() -> None:
    assert [command.split()[0:2] for command in COMMANDS] == [
        ["make", "serve"],
        ["curl", "-s"],
        [".venv/bin/coinglass-graphql", "schema"],
        ["make", "test"],
        ["curl", "-s"],
    ]


def test_the_server_that_the_readme_starts_answers_the_request_that_it_shows() -> None:
    serve, ask, dry_run = COMMANDS[0], COMMANDS[1], COMMANDS[4]
    with serving(serve) as address:
        answer, report = (
            json.loads(curl(command.replace("http://127.0.0.1:8000", address))) for command in (ask, dry_run)
        )
    assert "errors" not in answer
    assert answer["data"]["coin"]["openInterest"]["source"] == {"sandbox": True}
    assert report["data"] is None
    assert report["extensions"]["plan"].keys() == shown_plan().keys()


def test_the_server_that_the_readme_starts_allows_pages_of_this_machine() -> None:
    with serving(COMMANDS[0]) as address:
        for origin in ("http://localhost:5173", "http://127.0.0.1:3000"):
            headers = httpx.get(f"{address}/healthz", headers={"origin": origin}).headers
            assert headers["access-control-allow-origin"] == origin
        foreign = httpx.get(f"{address}/healthz", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers


def shown_plan() -> dict[str, Any]:
    """Return the dry run's report that docs/behaviour.md shows."""
    (response,) = (json.loads(text) for kind, text in BLOCKS if kind == "json" and '"plan"' in text)
    plan: dict[str, Any] = response["extensions"]["plan"]
    return plan


def test_the_documented_dry_run_report_is_a_real_one(start_graph: StartGraph) -> None:
    body = json.loads(shlex.split(COMMANDS[4])[-1])
    graph = start_graph(Plan.STANDARD)
    graph.data('{ pair(exchange: "binance", symbol: "BTC/USDT") { symbol } }')
    plan = graph.http.post("/graphql", json=body, headers={"x-dry-run": "1"}).json()["extensions"]["plan"]
    shown = shown_plan()
    for refusal in [*plan["refused"], *shown["refused"]]:
        del refusal["message"]  # cut short in the document
    assert plan == shown


def test_the_readme_prints_the_schema() -> None:
    printed = subprocess.check_output(shlex.split(COMMANDS[2]), cwd=ROOT, text=True, timeout=60)  # noqa: S603  # as above
    assert printed == (ROOT / "schema" / "schema.graphql").read_text()


def test_the_test_command_of_the_readme_finds_these_tests() -> None:
    collect = os.environ | {"PYTEST_ADDOPTS": "--collect-only tests/test_docs.py"}
    printed = subprocess.check_output(shlex.split(COMMANDS[3]), cwd=ROOT, env=collect, text=True, timeout=240)  # noqa: S603  # as above
    assert "test_the_test_command_of_the_readme_finds_these_tests" in printed


@pytest.mark.parametrize("query", QUERIES)
def test_the_shown_queries_are_answered(graph: Graph, query: str) -> None:
    if query.startswith("subscription"):
        assert first_result(graph, query)["data"]
    else:
        graph.data(query)


def first_result(graph: Graph, query: str) -> dict[str, Any]:
    """Return the first result of a subscription."""
    events = {"accept": "text/event-stream"}
    with graph.http.stream("POST", "/graphql", json={"query": query}, headers=events) as response:
        line = next(line for line in response.iter_lines() if line.startswith("data: "))
    result: dict[str, Any] = json.loads(line.removeprefix("data: "))
    assert "errors" not in result, result
    return result


STREAMS = [text for kind, text in BLOCKS if kind == "bash" and "subscription {" in text]
PROGRAMS = [text for kind, text in BLOCKS if kind == "python" and text.startswith("import asyncio")]


@pytest.mark.parametrize("command", STREAMS)
def test_the_shown_commands_print_events(graph: Graph, command: str) -> None:
    url = str(graph.http.base_url).rstrip("/")
    words = shlex.split(command.replace("\\\n", " ").replace("http://127.0.0.1:8000", url))
    headers = dict(words[index + 1].split(": ", 1) for index, word in enumerate(words) if word == "-H")
    with graph.http.stream("POST", words[2], content=words[words.index("-d") + 1], headers=headers) as response:
        line = next(line for line in response.iter_lines() if line.startswith("data: "))
    assert json.loads(line.removeprefix("data: "))["data"]["liquidationOrders"]["message"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_shown_program_prints_the_events_of_both_its_subscriptions(graph: Graph, program: str) -> None:
    url = str(graph.http.base_url).rstrip("/").replace("http", "ws")
    arguments = [sys.executable, "-c", program.replace("ws://127.0.0.1:8000", url)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # a shown program
        assert process.stdout
        try:
            lines = list(islice(process.stdout, 4))
        finally:
            process.kill()
    for name in ("funding", "open interest"):
        assert [("isSnapshot" in line, "'state': 'POLLED'" in line) for line in lines if line.startswith(name)] == [
            (False, True),
            (True, False),
        ]


README_FIELDS = re.findall(r"^\| ([^|`]+) \| `([^`]+)` \| `(\w+ {[^`]+})` \|$", README, re.MULTILINE)


@pytest.mark.parametrize(
    ("field", "payload"), [row[1:] for row in README_FIELDS], ids=[row[0] for row in README_FIELDS]
)
def test_what_the_readme_names_a_field_for_is_answered(shared_graph: Graph, field: str, payload: str) -> None:
    inner = field.rstrip(" }")
    outer = field.removeprefix(inner)
    answer = shared_graph.data(f"{{ {inner} {{ ... on {payload} ... on Problem {{ code message }} }}{outer} }}")
    assert '"message"' not in json.dumps(answer)
    assert rows_in(answer) > 0


def rows_in(data: Any) -> int:
    """Count the rows of all lists in an answer."""
    if isinstance(data, dict):
        return sum(rows_in(value) for value in data.values())
    return len(data) if isinstance(data, list) else 0


def test_the_readme_is_short_and_names_a_field_for_what_traders_ask_first() -> None:
    assert len(README.splitlines()) < 200
    assert "subscription {" in README
    subjects = {"funding", "ETF flows", "whale alerts", "economic calendar", "Coinbase premium"}
    assert subjects < {row[0] for row in README_FIELDS}


def shape(data: Any) -> Any:
    """Return the names and types in an answer."""
    if isinstance(data, dict):
        return {name: shape(value) for name, value in data.items()}
    return [shape(value) for value in data] if isinstance(data, list) else type(data)


def test_the_first_answer_of_the_readme_has_the_shape_of_a_real_one(graph: Graph) -> None:
    shown = [(query, json.loads(text)) for (_, query), (kind, text) in pairwise(BLOCKS) if kind == "json"]
    query, answer = shown[0]
    assert shape(answer["data"]) == shape(graph.data(query))


def test_every_setting_is_documented_with_its_default_and_help_text() -> None:
    rows = dict(re.findall(r"^\| `(COINGLASS_\w+)` \| (\S+) \|", SETTINGS, re.MULTILINE))
    assert [text for setting in VARIABLES if (text := setting.metadata["about"]) not in SETTINGS] == []
    settings = {setting.metadata["variable"]: setting.default for setting in VARIABLES}
    assert rows.keys() == settings.keys()
    shown = {name: default.strip("`") for name, default in rows.items()}
    expected = {
        name: f"{default:g}" if isinstance(default, float) else str(default) for name, default in settings.items()
    }
    unset = {name: "none" for name, default in settings.items() if default is None} | {"COINGLASS_API_KEY": "none"}
    automatic = ("PLAN", "INTROSPECTION", "SDL", "EXPLORER", "SUGGESTIONS", "TRACES")
    unset |= dict.fromkeys((f"COINGLASS_{name}" for name in automatic), "auto")
    assert shown == expected | unset | {"COINGLASS_TRUSTED_ONLY": "off", "COINGLASS_KEY_HEADER": "off"}


def test_every_file_of_a_secret_is_documented() -> None:
    files = [f"`{setting.metadata['variable']}_FILE`" for setting in VARIABLES if setting.metadata["has_secret"]]
    assert [name for name in files if name not in SETTINGS] == []


def test_the_statuses_of_refusals_are_documented() -> None:
    """Every status is a number in the code, or one of Strawberry's view (405) or of a page."""
    texts = [path.read_text() for path in sorted((ROOT / "server").rglob("*.py"))]
    used = {int(status) for text in texts for status in re.findall(r"\b(4[0-3]\d|503)\b(?! *bytes)", text)}
    documented = re.findall(r"^\| (\d{3}) \|", (ROOT / "docs" / "problems.md").read_text(), re.MULTILINE)
    assert {int(status) for status in documented} == used


PATHS = re.compile(
    r"`((?:interop|cg_client|execution|graph_types|pagination|payloads|probe|resolvers|schema|served_schema|server|sandbox|tests|tools|docs)/[\w./-]*)`|\]\(([\w./-]+)\)"
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    named = [code or link for code, link in PATHS.findall(document.read_text())]
    of_the_walk = (
        "futures.spread.history.json",
        "schema/futures/spread.py",
    )  # of the example in CONTRIBUTING
    missing = [
        name
        for name in named
        if not (ROOT / name).exists() and not (document.parent / name).exists() and not name.endswith(of_the_walk)
    ]
    assert missing == []
