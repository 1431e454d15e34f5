"""Subscriptions in both pages in headless Chromium: charts that stay, streams that go on, and what is said of them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import httpx
import pytest

from callers.key_commands import create_key
from cg_client.plans.plan_table import Plan
from sandbox.app import Sandbox
from tests.clock import START
from tests.conftest import Graph, StartGraph
from tests.explorer.conftest import AXE, fragment, needs, new_market
from tests.explorer.devtools import Chromium, Tab
from tests.explorer.test_built_page import DIST
from tests.sandbox.live_client import EVENT, LIQUIDATIONS, upstream

PageName: TypeAlias = Literal["built", "light"]
PAGES = pytest.mark.parametrize(
    "page", [pytest.param("built", marks=needs(DIST / "index.html", "make explorer")), "light"]
)
ORDERS = """subscription Orders($after: String) { liquidationOrders(after: $after) {
  __typename
  ... on LiveLiquidationsUpdate { cursor isSnapshot data { orders { time exchange side usd } } }
  ... on StreamStatus { state cursor gapStart gapSeconds }
  ... on Problem { code message }
} }
"""
CANDLES = """subscription Candles { fundingRate(exchange: "Binance", symbol: "BTC/USDT", interval: H8, last: 20) {
  ... on FundingSeriesUpdate { cursor isSnapshot data { candles { timestamp close } } }
  ... on StreamStatus { state periodSeconds }
  ... on Problem { code message }
} }
"""
# Streams that a test can cut, and what the page has sent for each of them.
CUTTABLE = """
window.sent = [];
const send = window.fetch;
window.fetch = async (address, init) => {
  if (init?.headers?.accept !== 'text/event-stream') return send(address, init);
  sent.push({ ...JSON.parse(init.body), headers: init.headers });
  const answer = await send(address, init);
  const { readable, writable } = new TransformStream();
  const controller = new AbortController();
  window.cut = () => controller.abort();
  answer.body.pipeTo(writable, { signal: controller.signal }).catch(() => { window.isClosed = true; });
  return new Response(readable, { status: answer.status, headers: answer.headers });
};
"""
TIMES = itertools.count(1_795_000_000_000)  # of events, none of which is taken for another one again
AMOUNTS = """[...document.querySelectorAll('tbody tr')].map(
  row => Number(row.lastElementChild.innerText.replace(/[$,]/g, ''))
)"""


@dataclass(frozen=True)
class ScriptedMarket:
    """A server, and a CoinGlass that sends what a test says."""

    graph: Graph
    address: str

    def publish(self, *amounts: int) -> None:
        """Send liquidations once the server listens."""
        data = [EVENT | {"volUsd": amount, "time": next(TIMES)} for amount in amounts]
        for _ in range(10_000):
            body = {"channel": LIQUIDATIONS, "data": data}
            if httpx.post(f"{self.address}/_sandbox/events", json=body).json()["subscribers"]:
                return
        raise AssertionError("the server does not listen")


@pytest.fixture(scope="module")
def market(start_shared: StartGraph) -> Iterator[ScriptedMarket]:
    sandbox = new_market()
    with upstream(sandbox) as live:
        address = live.address
        httpx.put(f"{address}/_sandbox/live", json={"model": False}).raise_for_status()
        socket = f"ws{address.removeprefix('http')}/ws-api"
        yield ScriptedMarket(start_shared(sandbox=sandbox, base_url=address, socket_url=socket), address)


@dataclass(frozen=True)
class ExplorerTab:
    """Either page, with its names of what both have."""

    tab: Tab
    name: PageName

    @property
    def _status(self) -> str:
        return "#status" if self.name == "light" else ".xp-live"

    def open(self, graph: Graph, query: str) -> None:
        self.tab.send("Page.addScriptToEvaluateOnNewDocument", source=CUTTABLE)
        path = "/light" if self.name == "light" else "/"
        self.tab.open(f"{str(graph.http.base_url).rstrip('/')}{path}{fragment(query)}")
        ready = "query.value" if self.name == "light" else "document.querySelector('.graphiql-query-editor .view-line')"
        self.tab.until(ready)

    def run(self) -> None:
        self.tab.click("#run" if self.name == "light" else ".graphiql-execute-button")

    def listen(self, graph: Graph) -> None:
        """Open the page with liquidations, and run them until the server sends them."""
        self.open(graph, ORDERS)
        self.run()
        self.until_connected()

    def until_connected(self) -> None:
        """Wait until the server passes events on; it calls a stream unavailable that has been silent for long."""
        text = f"document.querySelector({self._status!r})?.innerText"
        self.tab.until(f"/^Connected$|Unavailable/.test({text})")

    def stop(self) -> None:
        """Stop the stream, as before the end of a server of which a page would complain."""
        self.tab.click("#stop" if self.name == "light" else ".xp-head button", "Stop")
        self.says("Stopped")

    def view(self, name: str) -> None:
        self.tab.click("[role=tab]", name)

    def says(self, *words: str) -> None:
        """Wait until the status has the words."""
        for word in words:
            self.tab.until(f"document.querySelector({self._status!r})?.innerText.includes({word!r})")

    def has_amounts(self, *amounts: int) -> None:
        """Wait until the table has the amounts, the newest first."""
        self.tab.until(f"JSON.stringify({AMOUNTS}) === {str(list(amounts)).replace(' ', '')!r}")


@pytest.fixture
def opened(tab: Tab, page: PageName) -> ExplorerTab:
    return ExplorerTab(tab, page)


@PAGES
def test_events_are_added_to_a_chart_and_a_table_that_stay(opened: ExplorerTab, market: ScriptedMarket) -> None:
    opened.listen(market.graph)
    market.publish(1, 2, 3)
    opened.tab.until("document.querySelector('figure canvas')")
    opened.tab.run("window.first = document.querySelector('figure canvas'); 0")
    market.publish(4)
    opened.tab.until("document.querySelector('#counts, .xp-counts').innerText.includes('4 rows')")
    assert opened.tab.run("first === document.querySelector('figure canvas')")
    opened.view("Table")
    opened.has_amounts(4, 3, 2, 1)
    opened.tab.run("window.first = document.querySelector('table'); 0")
    opened.tab.click("th button", "USD")
    opened.tab.click("th button", "USD")
    market.publish(6, 5)
    opened.has_amounts(1, 2, 3, 4, 5, 6)
    assert opened.tab.run("first === document.querySelector('table')")


@PAGES
def test_after_a_lost_connection_nothing_is_missing_and_nothing_comes_twice(
    opened: ExplorerTab, market: ScriptedMarket
) -> None:
    opened.listen(market.graph)
    market.publish(1, 2)
    opened.view("Table")
    opened.has_amounts(2, 1)
    opened.tab.run("cut()")
    market.publish(3, 4)
    opened.says("Connection lost")
    opened.has_amounts(4, 3, 2, 1)
    market.publish(5)
    opened.has_amounts(5, 4, 3, 2, 1)
    first, second = opened.tab.run("sent")
    assert first.get("variables", {}) == {}
    assert second["variables"]["after"]
    assert second["query"] == first["query"]


@PAGES
def test_a_stopped_stream_keeps_what_it_has_and_is_closed(opened: ExplorerTab, market: ScriptedMarket) -> None:
    opened.listen(market.graph)
    market.publish(1, 2)
    opened.view("Table")
    opened.has_amounts(2, 1)
    opened.stop()
    opened.tab.until("window.isClosed")
    assert opened.tab.run(AMOUNTS) == [2, 1]
    opened.run()
    opened.until_connected()
    market.publish(3, 4)
    opened.has_amounts(4, 3)


@PAGES
def test_a_series_is_drawn_and_its_polls_are_stated(opened: ExplorerTab, market: ScriptedMarket) -> None:
    opened.open(market.graph, CANDLES)
    opened.run()
    opened.says("Polled every 60 s")
    opened.tab.until("document.querySelector('[data-kind=time] canvas, canvas[data-kind=time]')")
    opened.view("Table")
    opened.tab.until("document.querySelectorAll('tbody tr').length === 20")


@PAGES
def test_a_gated_stream_says_so_in_words_and_as_a_problem(opened: ExplorerTab, hobbyist: Graph) -> None:
    opened.open(hobbyist, ORDERS)
    opened.run()
    opened.says("Connected · Gated: ", "Standard")
    opened.tab.until("document.body.innerText.includes('PLAN_REQUIRED')")


@PAGES
def test_a_stream_that_is_unavailable_says_so_and_goes_on(opened: ExplorerTab, start_graph: StartGraph) -> None:
    sandbox = Sandbox(Plan.PROFESSIONAL)
    with upstream(sandbox) as live:
        address = live.address
        httpx.post(f"{address}/_sandbox/live/faults", json={"kind": "REJECT_HANDSHAKE"}).raise_for_status()
        graph = start_graph(sandbox=sandbox, base_url=address, socket_url=f"ws{address.removeprefix('http')}/ws-api")
        opened.open(graph, ORDERS)
        opened.run()
        opened.says("Unavailable: ")
        httpx.delete(f"{address}/_sandbox/live/faults").raise_for_status()
        opened.tab.until("!document.body.innerText.includes('Unavailable: ')")
        opened.stop()


@PAGES
def test_a_mistake_is_a_problem_of_its_own(opened: ExplorerTab, market: ScriptedMarket) -> None:
    opened.open(market.graph, "subscription { liquidationOrders(minUsd: true) { __typename } }")
    opened.run()
    opened.says("Ended by the server")
    opened.tab.until("document.body.innerText.includes('GRAPHQL_VALIDATION_FAILED')")


@PAGES
def test_a_stream_has_the_key_of_the_page(opened: ExplorerTab, start_graph: StartGraph, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    key = create_key(path, "dashboard", START)
    opened.open(start_graph(sandbox=new_market(), key_file=path), CANDLES)
    opened.run()
    opened.says("Refused by the server")
    if opened.name == "built":
        opened.tab.click(".graphiql-sidebar button[aria-label*=Access]")
    else:
        opened.tab.run("document.querySelector('#access').open = true")
    field = "#credentials, .xp-sidebar input[type=password]"
    opened.tab.until(f"document.querySelector({field!r})")
    opened.tab.run(f"document.querySelector({field!r}).focus()")
    opened.tab.send("Input.insertText", text=key)
    opened.run()
    opened.says("Polled every 60 s")
    opened.stop()
    opened.tab.complaints.clear()  # the browser logs the status 401 of the first attempt


@needs(DIST / "index.html", "make explorer")
def test_the_stream_of_a_tab_ends_when_another_tab_is_shown(tab: Tab, market: ScriptedMarket) -> None:
    page = ExplorerTab(tab, "built")
    page.listen(market.graph)
    market.publish(1)
    tab.until("document.querySelector('.xp-counts').innerText.includes('1 update')")
    tab.click(".graphiql-tab-add")
    tab.until("window.isClosed")


@needs(DIST / "index.html", "make explorer")
def test_programs_receive_the_events(tab: Tab, market: ScriptedMarket) -> None:
    page = ExplorerTab(tab, "built")
    page.listen(market.graph)
    page.view("Code")
    for language, word in (("cURL", "curl -sN"), ("Python", "httpx.stream"), ("TypeScript", "client.iterate")):
        tab.click(".xp-view .xp-bar button", language)
        tab.until(f"document.querySelector('.xp-code').innerText.includes({word!r})")


@needs(AXE, "npm ci in explorer/")
@PAGES
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_a_live_page_is_accessible_and_fits(
    browser: Chromium, market: ScriptedMarket, page: PageName, width: int, *, dark: bool
) -> None:
    with browser.tab(width, dark=dark) as tab:
        opened = ExplorerTab(tab, page)
        opened.listen(market.graph)
        market.publish(1, 2, 3)
        tab.until("document.querySelector('figure canvas')")
        assert tab.run("document.documentElement.scrollWidth") <= width
        for view in ("Chart", "Table"):
            opened.view(view)
            assert tab.accessibility_faults(AXE) == []
        tab.check()
