"""The light page in headless Chromium: it draws, explains, exports, shares, and asks no other machine for anything."""

import re
from typing import Any

import orjson
import pytest

from server.explorer_files import explorer_files
from tests.conftest import Graph
from tests.explorer.conftest import AXE, fragment, needs
from tests.explorer.devtools import Chromium, Tab
from tests.explorer.example_charts import KINDS, without_repeats

EXAMPLES = [example["name"] for example in explorer_files().examples]
CONTROL = 2
ON_PAIR = '{ pair(exchange: "Binance", symbol: "BTC/USDT") { %s } }'
BARS = ON_PAIR % "liquidations(interval: H4, last: 20) { ... on Liquidations { bars { time longUsd shortUsd } } }"
GATED = ON_PAIR % "liquidationMap { ... on Problem { code message } ... on PlanGated { requiredPlan alternatives } }"
FUNDING = "... on FundingSeries { columns { timestamp close } } ... on Problem { code message }"
TOO_FINE = ON_PAIR % f"fundingRate(interval: M30, last: 20) {{ {FUNDING} }}"
UNKNOWN = (ON_PAIR % f"fundingRate(interval: H8, last: 20) {{ {FUNDING} }}").replace("USDT", "USTD")
DRAWN = "document.querySelectorAll('figure canvas[role=img]').length"
PIXELS = """
const pixels = canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  return copy.getImageData(0, 0, canvas.width, canvas.height);
};
const charts = [...document.querySelectorAll('canvas[role=img]')];
"""
COLOURS = """
return charts.map(canvas => {
  const colours = new Set(new Uint32Array(pixels(canvas).data.buffer));
  return { kind: [canvas.dataset.kind, canvas.dataset.form].filter(Boolean).join(' '), colours: colours.size };
});
"""
HEIGHTS = """
const { data, width, height } = pixels(charts[0]);
const sums = { up: [0, 0], down: [0, 0] };
for (let at = 0; at < data.length; at += 4) {
  const [red, green] = [data[at], data[at + 1]];
  const side = data[at + 3] < 200 ? null : green > red + 60 ? 'up' : red > green + 60 ? 'down' : null;
  if (side) {
    sums[side][0] += Math.floor(at / 4 / width) / height;
    sums[side][1] += 1;
  }
}
return Object.entries(sums).map(([, [sum, count]]) => [count, sum / count]);
"""
RECORD_DOWNLOADS = """
window.saved = [];
const make = URL.createObjectURL;
URL.createObjectURL = blob => (saved.push(blob), make(blob));
"""
NUMBERS = (
    "[...document.querySelectorAll('tbody td:nth-child(2)')].map(cell => Number(cell.textContent.replace(/[$,]/g, '')))"
)


@pytest.fixture(scope="module")
def address(everything: Graph) -> str:
    return page(everything)


@pytest.fixture(scope="module")
def limited(hobbyist: Graph) -> str:
    """Return the page of a server with the smallest plan."""
    return page(hobbyist)


def page(graph: Graph) -> str:
    return f"{str(graph.http.base_url).rstrip('/')}/light"


def run(tab: Tab) -> None:
    """Run what the page has, and wait for the answer, or for the first chart of a subscription."""
    tab.click("#run")
    tab.until(f"document.querySelector('#status').textContent.startsWith('Status') || (!stop.hidden && {DRAWN} > 0)")


def opened(tab: Tab, address: str, query: str) -> None:
    """Open the page with a query and run it."""
    tab.open(address + fragment(query))
    tab.until("document.querySelector('#query').value !== ''")
    run(tab)


def charts(tab: Tab) -> list[dict[str, Any]]:
    tab.until(f"{DRAWN} > 0")
    return drawn(tab)


def drawn(tab: Tab) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = script(tab, PIXELS + COLOURS)
    return seen


def script(tab: Tab, body: str) -> Any:
    return tab.run(f"(() => {{ {body} }})()")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs_and_each_of_its_charts_has_its_kind_and_colours(tab: Tab, address: str, name: str) -> None:
    tab.open(address)
    choose = "select.value = [...select.options].find(option => option.text === name).value"
    tab.run(f"((select, name) => {{ {choose}; select.dispatchEvent(new Event('change')) }})(example, {name!r})")
    run(tab)
    assert re.match("Status 200|Polled|Connected", tab.run("document.querySelector('#status').textContent"))
    seen = drawn(tab)
    assert all(chart["colours"] > 10 for chart in seen), seen  # the colours of the figures and shades of texts
    assert without_repeats(chart["kind"] for chart in seen) == KINDS[name]


def test_the_first_visit_offers_an_example_that_draws(tab: Tab, address: str) -> None:
    tab.open(address)
    run(tab)
    assert "time lines" in {chart["kind"] for chart in charts(tab)}


def test_longs_are_above_zero_and_shorts_below(tab: Tab, address: str) -> None:
    opened(tab, address, BARS)
    assert [chart["kind"] for chart in charts(tab)] == ["time mirrored"]
    (longs, height_of_longs), (shorts, height_of_shorts) = script(tab, PIXELS + HEIGHTS)
    assert min(longs, shorts) > 300  # how much is liquidated depends on the time of the modelled market
    assert height_of_longs < height_of_shorts  # counted from the top


def test_the_arrow_keys_move_the_crosshair_through_the_figures(tab: Tab, address: str) -> None:
    opened(tab, address, BARS)
    charts(tab)
    legend = "document.querySelector('.legend').textContent"
    newest = tab.run(legend)
    tab.run("document.querySelector('canvas[role=img]').focus()")
    tab.press("Home", 36)
    assert tab.run(legend) != newest
    tab.press("End", 35)
    assert tab.run(legend) == newest


def test_the_keyboard_runs_a_query(tab: Tab, address: str) -> None:
    tab.open(address + fragment(BARS))
    tab.run("document.querySelector('#query').focus()")
    tab.press("Enter", 13, CONTROL)
    assert charts(tab)


def test_a_gated_part_names_its_plan_and_runs_the_alternative_at_a_click(tab: Tab, limited: str) -> None:
    opened(tab, limited, GATED)
    tab.until("document.querySelector('.problem h3').textContent.includes('Needs the Professional plan')")
    tab.click("[data-remedy]", "Run Pair.liquidations instead")
    assert [chart["kind"] for chart in charts(tab)] == ["time mirrored"]
    assert tab.run("document.querySelectorAll('.problem').length") == 0


def test_an_interval_that_is_too_fine_runs_coarser_at_a_click(tab: Tab, limited: str) -> None:
    opened(tab, limited, TOO_FINE)
    tab.click("[data-remedy]", "finest interval of the plan")
    assert [chart["kind"] for chart in charts(tab)] == ["time lines"]
    assert "onPlanLimit: COARSEN" in tab.run("document.querySelector('#query').value")


def test_a_suggested_name_runs_at_a_click(tab: Tab, address: str) -> None:
    opened(tab, address, UNKNOWN)
    tab.click("[data-remedy]", "Run with")
    assert charts(tab)


def test_what_is_shown_is_exported(tab: Tab, address: str) -> None:
    opened(tab, address, BARS)
    charts(tab)
    script(tab, RECORD_DOWNLOADS)
    for kind in ("CSV", "JSON", "PNG"):
        tab.click("figure button", kind)
    tab.until("saved.length === 3")
    csv, rows = tab.run("Promise.all([saved[0].text(), saved[1].text()])")
    assert csv.splitlines()[0] == "time,longUsd,shortUsd"
    assert len(csv.splitlines()) == 1 + 20 == 1 + len(orjson.loads(rows))
    picture = tab.run("createImageBitmap(saved[2]).then(({ width, height }) => [width, height])")
    assert min(picture) > 300


def test_a_table_sorts_at_a_click_on_a_heading(tab: Tab, address: str) -> None:
    opened(tab, address, BARS)
    tab.click("[role=tab]", "Tables")
    tab.click("th button", "Long")
    values = tab.run(NUMBERS)
    assert len(values) == 20
    assert values == sorted(values, reverse=True)
    assert tab.run("document.querySelectorAll('th')[1].getAttribute('aria-sort')") == "descending"


def test_a_link_carries_query_and_variables_and_runs_nothing_by_itself(
    browser: Chromium, tab: Tab, address: str
) -> None:
    tab.open(address)
    tab.run("query.value = '{ __typename } # ünïcode'; variables.value = '{\"a\": 1}'")
    tab.click("#share")
    link = tab.run("location.href")
    with browser.tab() as other:
        other.open(link)
        assert other.run("[query.value, variables.value]") == ["{ __typename } # ünïcode", '{"a": 1}']
        assert not [url for url in other.requested if url.endswith("/graphql")]
        other.check()


def test_a_dry_run_sends_nothing_to_coinglass(tab: Tab, address: str) -> None:
    tab.open(address + fragment(BARS.replace("H4", "H12")))
    tab.click("#dry-run")
    tab.until("document.querySelector('#status').textContent.includes('would send')")


def test_the_sandbox_is_announced(tab: Tab, address: str) -> None:
    opened(tab, address, BARS)
    assert tab.run("banner.hidden") is False
    assert "figures" in tab.run("banner.textContent")


def test_variables_that_are_not_an_object_are_not_sent(tab: Tab, address: str) -> None:
    tab.open(address + fragment(BARS, "[1]"))
    tab.click("#run")
    tab.until("document.querySelector('#status').textContent.includes('not a JSON object')")
    assert tab.run("document.activeElement.id") == "variables"


@needs(AXE, "npm ci in explorer/")
@pytest.mark.parametrize("is_dark", [False, True])
def test_the_page_fits_a_small_screen_and_has_no_serious_finding_of_axe(
    browser: Chromium, address: str, is_dark: bool
) -> None:
    with browser.tab(360, 740, dark=is_dark) as tab:
        opened(tab, address, BARS)
        charts(tab)
        assert tab.run("document.documentElement.scrollWidth") <= 360
        assert (tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)") is not is_dark
        tab.check()
        for view in ("Charts", "Tables", "JSON"):
            tab.click("[role=tab]", view)
            assert tab.accessibility_faults(AXE) == []
