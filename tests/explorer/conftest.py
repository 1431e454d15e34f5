"""A browser, servers with the figures of the modelled market, and what tests are skipped without."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox
from sandbox.figures import MARKET
from tests.browser import CHROMIUM
from tests.conftest import Graph, StartGraph
from tests.explorer.devtools import Chromium, Tab, chromium
from tests.test_imports import ROOT

IS_REQUIRED = os.environ.get("COINGLASS_GRAPHQL_UI") == "require"  # as in CI
AXE = ROOT / "explorer" / "node_modules" / "axe-core" / "axe.min.js"


def needs(path: Path, remedy: str) -> pytest.MarkDecorator:
    """Skip tests without a file, unless everything has to be there."""
    return pytest.mark.skipif(not IS_REQUIRED and not path.exists(), reason=f"no {path.relative_to(ROOT)}: {remedy}")


def fragment(query: str, variables: str = "") -> str:
    """Return the part of an address that opens either page with an operation."""
    text = orjson.dumps({"query": query, "variables": variables})
    return "#q=" + base64.urlsafe_b64encode(text).decode().rstrip("=")


def new_market(plan: Plan = Plan.PROFESSIONAL) -> Sandbox:
    """Return a modelled market whose quota no test exhausts."""
    return Sandbox(plan, quota=100_000, figures=MARKET)


@pytest.fixture(scope="module")
def everything(start_shared: StartGraph) -> Graph:
    """Return a server with all that CoinGlass has."""
    return start_shared(sandbox=new_market())


@pytest.fixture(scope="module")
def hobbyist(start_shared: StartGraph) -> Graph:
    """Return a server with the smallest plan."""
    return start_shared(Plan.HOBBYIST, sandbox=new_market(Plan.HOBBYIST))


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if CHROMIUM is None and not IS_REQUIRED:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture
def tab(browser: Chromium) -> Iterator[Tab]:
    """Return a tab; a page must neither complain nor load anything from elsewhere, whatever a test does in it."""
    with browser.tab() as opened:
        yield opened
        opened.check()
