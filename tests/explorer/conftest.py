"""A browser for the tests of a worker, and what they skip without."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import CHROMIUM
from tests.explorer.devtools import Chromium, Tab, chromium
from tests.test_imports import ROOT

IS_REQUIRED = os.environ.get("COINGLASS_GRAPHQL_UI") == "require"  # as in CI
AXE = ROOT / "explorer" / "node_modules" / "axe-core" / "axe.min.js"


def needs(path: Path, remedy: str) -> pytest.MarkDecorator:
    """Skip tests without a file, unless everything has to be there."""
    return pytest.mark.skipif(not IS_REQUIRED and not path.exists(), reason=f"no {path.relative_to(ROOT)}: {remedy}")


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
