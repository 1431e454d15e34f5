"""The walk that CONTRIBUTING shows, walked: its code, put where it says, answers the query that it shows."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_imports import ROOT

WALK = (ROOT / "CONTRIBUTING.md").read_text().split("## Adding an endpoint")[1]
ENTRY, TYPES, FIELD, CASE = re.findall(r"```python\n(.*?)```", WALK, re.DOTALL)
(SAMPLE,) = re.findall(r"```json\n(.*?)```", WALK, re.DOTALL)
QUERIES = re.findall(r"```text\n(.*?)```", WALK, re.DOTALL)
PACKAGES = (
    "cg_client",
    "execution",
    "graph_types",
    "native",
    "pagination",
    "payloads",
    "probe",
    "resolvers",
    "sandbox",
    "schema",
    "served_schema",
    "server",
    "shared",
    "tests",
)

ASK = """
import asyncio, json, sys
from tests.cases import CASES
from tests.upstream import StubUpstream, ask, field

async def main():
    shown = await ask(sys.stdin.read(), StubUpstream())
    case = await field(CASES["/api/futures/spread/history"].text(), StubUpstream())
    print(json.dumps([shown, case]))

asyncio.run(main())
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def appended(path: Path, code: str) -> None:
    path.write_text(path.read_text() + "\n\n" + code)


def inserted(path: Path, before: str, code: str) -> None:
    """Insert the code in front of the only occurrence of `before`."""
    text = path.read_text()
    assert text.count(before) == 1, (path, before)
    path.write_text(text.replace(before, code + before))


def test_the_guide_for_adding_an_endpoint_leads_to_an_answer(copy: Path) -> None:
    appended(copy / "cg_client" / "endpoints" / "futures" / "market.py", ENTRY)
    (copy / "schema" / "futures" / "spread.py").write_text(TYPES)
    pair = copy / "schema" / "pair.py"
    inserted(pair, "from schema.market_rows", "from schema.futures.spread import SpreadSeries\n")
    inserted(pair, '    @resolved("Asset in which', FIELD + "\n")
    (copy / "sandbox" / "samples" / "futures.spread.history.json").write_text(SAMPLE)
    cases = copy / "tests" / "cases" / "core.py"
    inserted(cases, '    "/api/user/account/subscription"', CASE)
    done = subprocess.run(  # noqa: S603  # our own code in a copy
        [sys.executable, "-c", ASK], cwd=copy, input=QUERIES[0], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    shown, case = json.loads(done.stdout)
    assert shown["errors"] == []
    spread = shown["data"]["pair"]["spread"]
    assert [bar["closeUsd"] for bar in spread["bars"]] in ([34.56, 23.74], [23.74, 34.56])
    assert spread["source"] == {"endpoint": "/api/futures/spread/history", "sandbox": True}
    assert (case["__typename"], case["count"]) == ("SpreadSeries", 100)
