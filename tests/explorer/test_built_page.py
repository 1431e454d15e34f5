"""The built page in headless Chromium, against the real server: what it shows, draws, exports and shares."""

import base64
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from callers.key_commands import create_key
from server.explorer_files import QueryExample, explorer_files
from tests.clock import START
from tests.conftest import Graph, StartGraph
from tests.explorer.conftest import AXE, fragment, needs, new_market
from tests.explorer.devtools import Chromium, Tab
from tests.explorer.example_charts import KINDS, without_repeats
from tests.test_imports import ROOT

DIST = ROOT / "explorer" / "dist"
pytestmark = needs(DIST / "index.html", "make explorer")
MEGABYTE = 1024 * 1024
RUN = ".graphiql-execute-button"
FUNDING = """query Rate($last: Int!) {
  pair(exchange: "Binance", symbol: "BTC/USDT") {
    fundingRate(interval: H8, last: $last) {
      ... on FundingSeries { candles { time close } }
      ... on Problem { code message }
    }
  }
}
"""
VARIABLES = '{ "last": 20 }'
EDITOR = ".graphiql-query-editor :is(textarea, .native-edit-context)"
CTRL, ENTER = 2, 13
# Pixels of the charts with a colour: lines, bars and cells, and neither text nor grid.
DRAWN = """[...document.querySelectorAll('.xp-plot canvas')].reduce((sum, canvas) => {
  if (!canvas.width || !canvas.height) return sum;
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < data.length; i += 4) {
    const colour = [data[i], data[i + 1], data[i + 2]];
    if (data[i + 3] > 60 && Math.max(...colour) - Math.min(...colour) > 40) sum += 1;
  }
  return sum;
}, 0)"""
# Pixels between the last coloured one of the largest canvas and its right edge.
ROOM = """(canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data, width } = copy.getImageData(0, 0, canvas.width, canvas.height);
  let last = 0;
  for (let i = 0; i < data.length; i += 4) {
    const colour = [data[i], data[i + 1], data[i + 2]];
    if (data[i + 3] > 60 && Math.max(...colour) - Math.min(...colour) > 40) last = Math.max(last, (i / 4) % width);
  }
  return width - 1 - last;
})([...document.querySelectorAll('.xp-plot canvas')].sort((a, b) => b.width * b.height - a.width * a.height)[0])"""
# Whether all series have the colour of texts, as a price alone, which cannot be told from the labels of the axes.
GREY = """(swatches => swatches.length > 0 && swatches.every(swatch => {
  const [r, g, b] = getComputedStyle(swatch).backgroundColor.match(/\\d+/g).map(Number);
  return Math.max(r, g, b) - Math.min(r, g, b) <= 40;
}))([...document.querySelectorAll('.xp-legend i')])"""
SAVING = """
URL.createObjectURL = blob => { window.saved = blob; return 'blob:saved'; };
HTMLAnchorElement.prototype.click = function () { window.savedName = this.download; };
"""
CHOICES = "[...document.querySelectorAll('.xp select[aria-label=Chart] option')].map(option => option.value)"
CHOOSE = """(() => {{
  const select = document.querySelector('.xp select[aria-label=Chart]');
  select.value = {choice!r};
  select.dispatchEvent(new Event('change', {{ bubbles: true }}));
}})()"""
KIND = """(({ kind, form }) => form ? `${kind} ${form}` : kind)(document.querySelector('.xp-plot').dataset)"""
CONTENT = "window.saved.text()"


def show(tab: Tab, graph: Graph, query: str = FUNDING, variables: str = VARIABLES) -> None:
    """Open the page with an operation."""
    tab.open(f"{graph.http.base_url}/{fragment(query, variables)}")
    tab.until(f"document.querySelector('{RUN}') && document.querySelector('.graphiql-query-editor .view-line')")


def execute(tab: Tab) -> None:
    """Run the operation in the editor and wait for its result."""
    tab.run("document.querySelector('.xp')?.setAttribute('data-before', '')")
    tab.click(RUN)
    tab.until("document.querySelector('.xp') && !document.querySelector('.graphiql-spinner')")


def view(tab: Tab, name: str) -> None:
    tab.click(".xp [role=tab]", name)


def text_of(tab: Tab, selector: str) -> str:
    text: str = tab.run(f"document.querySelector({selector!r})?.innerText ?? ''")
    return text


def test_the_page_is_smaller_than_two_megabytes() -> None:
    compressed = sum(path.stat().st_size for path in (DIST / "explorer").glob("*.gz"))
    small = sum(path.stat().st_size for path in DIST.rglob("*.*") if path.stat().st_size < 1024)
    assert compressed > 0
    assert compressed + small < 2 * MEGABYTE


def test_the_first_visit_offers_an_example_that_draws(tab: Tab, everything: Graph) -> None:
    tab.open(f"{everything.http.base_url}/")
    tab.until("document.querySelector('.graphiql-query-editor .view-line')")
    execute(tab)
    tab.until(f"{DRAWN} > 100")
    assert tab.run("document.querySelector('.xp-plot').dataset.kind") == "time"


def test_the_status_line_states_latency_rows_calls_and_quota(tab: Tab, everything: Graph) -> None:
    show(tab, everything)
    execute(tab)
    status = text_of(tab, ".xp-status")
    assert all(word in status for word in ("200", " ms", "20 rows", "upstream call", " left"))


def test_a_sandbox_says_that_its_figures_are_no_market(tab: Tab, everything: Graph) -> None:
    everything.data("{ exchanges { name } }")
    show(tab, everything)
    assert "not a market" in text_of(tab, ".xp-banner")


@pytest.fixture(scope="module")
def library(browser: Chromium, everything: Graph) -> Iterator[Tab]:
    """Return a page in which each example opens in a tab of its own."""
    with browser.tab() as opened:
        opened.open(f"{everything.http.base_url}/")
        opened.until("document.querySelector('.graphiql-query-editor .view-line')")
        opened.click(".graphiql-sidebar button[aria-label*=Examples]")
        yield opened
        opened.check()


@pytest.mark.parametrize("example", explorer_files().examples, ids=lambda example: example["name"])
def test_an_example_runs_and_each_of_its_charts_is_drawn_as_its_kind(library: Tab, example: QueryExample) -> None:
    library.click(".xp-sidebar li b", example["name"])
    (operation,) = re.findall(r"^(?:query|subscription) (\w+)", example["query"], re.MULTILINE)
    library.until(f"document.querySelector('.graphiql-tab-active').innerText.includes({operation!r})")
    library.until(f"document.querySelector({'.xp-plot' if KINDS[example['name']] else '.xp'!r})")
    kinds = []
    for choice in library.run(CHOICES):
        library.run(CHOOSE.format(choice=choice))
        library.until(f"{DRAWN} > 20 || {GREY} /* {choice} */")
        kinds.append(library.run(KIND))
    assert without_repeats(kinds) == KINDS[example["name"]]
    assert "row" in text_of(library, ".xp-head")
    assert library.complaints == []


SHAPES = {
    "time candles": "price(interval: H4, last: 60) { ... on PriceSeries { candles { time open high low close } } }",
    "time lines": "fundingRate(interval: H4, last: 60) { ... on FundingSeries { candles { time close } } }",
    "time mirrored": "liquidations(interval: H4, last: 60) { ... on Liquidations { bars { time longUsd shortUsd } } }",
    "heatmap": """liquidationHeatmap(range: D7, model: MODEL1) {
      ... on LiquidationHeatmap { prices times cells { time price value } candles { time open high low close } } }""",
}


@pytest.mark.parametrize(("kind", "selection"), SHAPES.items(), ids=SHAPES)
def test_a_shape_of_answer_has_its_kind_of_chart(tab: Tab, everything: Graph, kind: str, selection: str) -> None:
    show(tab, everything, f'{{ pair(exchange: "Binance", symbol: "BTC/USDT") {{ {selection} }} }}', "")
    execute(tab)
    tab.until(f"{DRAWN} > 100")
    assert tab.run(KIND) == kind


def test_the_newest_candle_leaves_room_for_its_time(tab: Tab, everything: Graph) -> None:
    show(tab, everything, f'{{ pair(exchange: "Binance", symbol: "BTC/USDT") {{ {SHAPES["time candles"]} }} }}', "")
    execute(tab)
    tab.until(f"{DRAWN} > 100")
    assert tab.run(ROOM) >= 10


def test_a_gated_interval_is_run_with_a_permitted_one_at_a_click(tab: Tab, hobbyist: Graph) -> None:
    show(tab, hobbyist, FUNDING.replace("H8", "M1"), '{ "last": 4800 }')
    execute(tab)
    problem = text_of(tab, ".xp-problems")
    assert "INTERVAL_TOO_FINE" in problem
    assert "Startup" in problem or "Standard" in problem or "plan" in problem
    tab.click(".xp-problems button")
    tab.until(f"{DRAWN} > 20")
    assert "Problems (" not in text_of(tab, ".xp-tabs")


def test_a_gated_endpoint_names_the_plan_that_opens_it(tab: Tab, hobbyist: Graph) -> None:
    query = """{ coin(symbol: "BTC") { market {
      ... on CoinMarket { price { last } }
      ... on Problem { code message }
      ... on PlanGated { requiredPlan alternatives } } } }"""
    show(tab, hobbyist, query, "")
    execute(tab)
    assert "PLAN_REQUIRED" in text_of(tab, ".xp-problems")
    assert "Standard" in text_of(tab, ".xp-problems")


def test_an_invalid_query_is_a_problem_of_its_own(tab: Tab, everything: Graph) -> None:
    show(tab, everything, "{ coins(first: 0) { totalCount } }", "")
    execute(tab)
    assert "BAD_USER_INPUT" in text_of(tab, ".xp-problems")


def test_a_table_is_sorted_by_its_headings_and_exported(tab: Tab, everything: Graph) -> None:
    show(tab, everything)
    tab.run(SAVING)
    execute(tab)
    view(tab, "Table")
    cells = "[...document.querySelectorAll('.xp-table tbody tr')].map(row => row.cells[1].innerText)"
    tab.click(".xp-table th button", tab.run("document.querySelectorAll('.xp-table th')[1].innerText"))
    tab.until("document.querySelectorAll('.xp-table th')[1].ariaSort !== 'none'")
    figures = [float(cell.split()[0]) for cell in tab.run(cells)]
    assert len(figures) == 20
    assert figures in (sorted(figures), sorted(figures, reverse=True))
    tab.click(".xp-view .xp-bar button", "CSV")
    assert len(list(csv.DictReader(io.StringIO(tab.run(CONTENT))))) == 20
    tab.click(".xp-view .xp-bar button", "JSON")
    assert len(orjson.loads(tab.run(CONTENT))) == 20
    assert tab.run("window.savedName").endswith(".json")


def test_a_chart_is_exported_as_a_picture(tab: Tab, everything: Graph) -> None:
    show(tab, everything)
    tab.run(SAVING)
    execute(tab)
    tab.until(f"{DRAWN} > 100")
    tab.click(".xp-chart button", "PNG")
    tab.until("window.saved?.size > 1000")
    assert tab.run("window.saved.type") == "image/png"


def test_a_share_link_opens_the_same_operation_without_headers(tab: Tab, browser: Chromium, everything: Graph) -> None:
    show(tab, everything)
    tab.click("button[aria-label*=link]")
    address = tab.run("location.href")
    shared = orjson.loads(base64.urlsafe_b64decode(address.split("#q=")[1] + "=="))
    assert shared == {"query": FUNDING, "variables": VARIABLES}
    with browser.tab() as other:
        other.open(address)
        other.until(f"document.querySelector('{RUN}') && document.querySelector('.graphiql-query-editor .view-line')")
        execute(other)
        assert "20 rows" in text_of(other, ".xp-status")
        other.check()


def test_a_dry_run_reports_the_calls_and_sends_none(start_graph: StartGraph, tab: Tab) -> None:
    graph = start_graph(sandbox=new_market())
    graph.data('{ pair(exchange: "Binance", symbol: "BTC/USDT") { symbol } }')
    graph.forget()
    show(tab, graph)
    tab.click("button[aria-label*='Dry run']")
    tab.until("document.querySelector('.xp-plan')")
    assert "/api/futures/funding-rate/history" in text_of(tab, ".xp-plan")
    assert graph.calls("/api/futures/funding-rate/history") == 0
    execute(tab)
    assert "20 rows" in text_of(tab, ".xp-status")


def test_programs_are_offered_for_three_languages(tab: Tab, everything: Graph) -> None:
    show(tab, everything)
    execute(tab)
    view(tab, "Code")
    for language, word in (("cURL", "curl -s"), ("Python", "import httpx"), ("TypeScript", "await fetch")):
        tab.click(".xp-view .xp-bar button", language)
        tab.until(f"document.querySelector('.xp-code').innerText.includes({word!r})")
        assert f"{everything.http.base_url}/graphql" in text_of(tab, ".xp-code")


def test_a_key_is_sent_and_stored_nowhere(browser: Chromium, start_graph: StartGraph, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    key = create_key(path, "dashboard", START)
    graph = start_graph(sandbox=new_market(), key_file=path)
    with browser.tab() as tab:
        show(tab, graph)
        execute(tab)
        assert "UNAUTHENTICATED" in text_of(tab, ".xp-problems")
        tab.click(".graphiql-sidebar button[aria-label*=Access]")
        tab.until("document.querySelector('.xp-sidebar input[type=password]')")
        tab.run("document.querySelector('.xp-sidebar input').focus()")
        tab.send("Input.insertText", text=key)
        execute(tab)
        tab.until("document.querySelector('.xp-status').innerText.includes('20 rows')")
        stored = "[{...localStorage}, {...sessionStorage}, document.cookie, location.href]"
        assert key not in tab.run(f"JSON.stringify({stored})")


def test_the_keyboard_runs_an_operation_and_moves_between_views(tab: Tab, everything: Graph) -> None:
    show(tab, everything)
    tab.run(f"document.querySelector({EDITOR!r}).focus()")
    tab.press("Enter", ENTER, CTRL)
    tab.until("document.querySelector('.xp')")
    tab.run("document.querySelector('.xp [role=tab][aria-selected=true]').focus()")
    tab.press("ArrowRight", 39)
    tab.until("document.activeElement.innerText === 'Table' && document.querySelector('.xp-table')")


@needs(AXE, "make explorer")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_a_page_with_a_result_is_accessible_and_fits(
    browser: Chromium, everything: Graph, width: int, *, dark: bool
) -> None:
    with browser.tab(width, dark=dark) as tab:
        show(tab, everything)
        execute(tab)
        tab.until(f"{DRAWN} > 100")
        assert tab.run("document.documentElement.scrollWidth") <= width
        for name in ("Chart", "Table", "Code"):
            view(tab, name)
            assert tab.accessibility_faults(AXE) == []
        tab.click(".graphiql-sidebar button[aria-label*=Examples]")
        tab.until("document.querySelector('.xp-sidebar')")
        assert tab.accessibility_faults(AXE) == []
