"""The pictures of the README: taken of the built page by `make screenshots`, and otherwise only looked for."""

import os
import re
from pathlib import Path

import pytest

from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox
from sandbox.figures import MARKET
from tests.conftest import Graph, StartGraph
from tests.explorer.conftest import needs
from tests.explorer.devtools import Tab
from tests.explorer.test_built_page import DIST, DRAWN, execute, show, text_of, view
from tests.test_imports import ROOT

FOLDER = ROOT / "docs" / "images"
CHART, GATED = FOLDER / "chart.png", FOLDER / "gated.png"
TAKES_PICTURES = os.environ.get("COINGLASS_GRAPHQL_SCREENSHOTS") == "take"
taking = pytest.mark.skipif(not TAKES_PICTURES, reason="make screenshots takes the pictures")
WIDTH, HEIGHT = 1280, 800
LARGEST = 200_000  # bytes
PRICE = """query Price {
  pair(exchange: "Binance",
       symbol: "BTC/USDT") {
    price(interval: H4, last: 90) {
      ... on PriceSeries {
        candles {
          time
          open
          high
          low
          close
        }
      }
      ... on Problem { code message }
    }
  }
}
"""
GATED_PART = """query Plans {
  coin(symbol: "BTC") {
    fundingRate(interval: D1, last: 30) {
      ... on FundingSeries {
        candles { time close }
      }
      ... on Problem { code message }
    }
    market {
      ... on CoinMarket {
        price { last }
      }
      ... on Problem { code message }
      ... on PlanGated {
        requiredPlan
        alternatives
      }
    }
  }
}
"""


def test_the_readme_shows_each_picture_and_no_other() -> None:
    shown = re.findall(r"!\[[^\]]{20,}\]\((docs/images/[^)]+)\)", (ROOT / "README.md").read_text())
    assert sorted(shown) == sorted(path.relative_to(ROOT).as_posix() for path in FOLDER.iterdir())
    assert {ROOT / path for path in shown} == {CHART, GATED}


@pytest.mark.parametrize("path", [CHART, GATED], ids=lambda path: path.stem)
def test_a_picture_is_small_and_has_the_size_of_the_window(path: Path) -> None:
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) == (WIDTH, HEIGHT)
    assert len(content) < LARGEST


@taking
@needs(DIST / "index.html", "make explorer")
def test_a_chart_is_taken(tab: Tab, start_graph: StartGraph) -> None:
    show(tab, modelled(start_graph, Plan.PROFESSIONAL), PRICE, "")
    execute(tab)
    tab.until(f"{DRAWN} > 1000")
    take(tab, CHART)


@taking
@needs(DIST / "index.html", "make explorer")
def test_a_gated_part_is_taken(tab: Tab, start_graph: StartGraph) -> None:
    show(tab, modelled(start_graph, Plan.HOBBYIST), GATED_PART, "")
    execute(tab)
    view(tab, "Problems")
    assert "Standard" in text_of(tab, ".xp-problems")
    take(tab, GATED)


def modelled(start_graph: StartGraph, plan: Plan) -> Graph:
    """Start a server with the modelled market, which it has seen before the page asks it for its notice."""
    graph = start_graph(plan, sandbox=Sandbox(plan, figures=MARKET))
    graph.data("{ exchanges { name } }")
    return graph


def take(tab: Tab, path: Path) -> None:
    """Write a picture once the texts have their colours and nothing moves."""
    tab.until("document.querySelectorAll('.graphiql-query-editor .view-line span[class*=mtk]').length > 30")
    tab.run("new Promise(resolve => setTimeout(resolve, 500))")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(tab.screenshot())
