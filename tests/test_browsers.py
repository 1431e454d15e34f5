"""Headless Chromium opens pages of other origins, which call the server as `COINGLASS_ALLOWED_ORIGINS` allows."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from server.origins import Origins
from tests.browser import CHROMIUM, Browser, browsing
from tests.conftest import Graph, StartGraph

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")

QUERY = "{ upstreamQuota { limit } }"
ANSWER = {"data": {"upstreamQuota": {"limit": 1200}}}
PRICE = '{ pair(exchange: "Binance", symbol: "BTCUSDT") { price(interval: H1, last: 2) { __typename } } }'
HEADERS = {"content-type": "application/json", "x-client-id": "page"}
REFUSED = "TypeError: Failed to fetch"

POST = """
const response = await fetch(ADDRESS + '/graphql', {
  method: 'POST', headers: HEADERS, body: JSON.stringify({query: QUERY}), ...OPTIONS});
return [response.status, await response.json(), response.headers.get('x-upstream-calls')];
"""
GET = "const response = await fetch(ADDRESS + '/graphql?query=' + encodeURIComponent(QUERY)); return response.status;"
IMAGE = """
const image = new Image();
image.src = ADDRESS + '/graphql?query=' + encodeURIComponent(QUERY);
await image.decode().catch(() => null);
"""
SOCKET = """
return new Promise(resolve => {
  const socket = new WebSocket(ADDRESS.replace('http', 'ws') + '/graphql', 'graphql-transport-ws');
  socket.onopen = () => socket.send(JSON.stringify({type: 'connection_init'}));
  socket.onclose = event => resolve(event.code);
  socket.onmessage = event => {
    const message = JSON.parse(event.data);
    if (message.type === 'next') resolve(message.payload);
    if (message.type === 'connection_ack')
      socket.send(JSON.stringify({type: 'subscribe', id: '1', payload: {query: QUERY}}));
  };
});
"""


@pytest.fixture
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def open_graph(start_graph: StartGraph, browser: Browser) -> Graph:
    """Return a server that allows the browser's origin."""
    return start_graph(allowed_origins=Origins.parse(f"https://*.example.com,{browser.origin}"))


def script(graph: Graph, text: str, query: str = QUERY, **options: Any) -> str:
    """Return the script with its constants."""
    address = str(graph.http.base_url).rstrip("/")
    constants = {"ADDRESS": address, "QUERY": query, "HEADERS": HEADERS, "OPTIONS": options}
    return "".join(f"const {name} = {value!r};\n" for name, value in constants.items()) + text


def test_a_page_of_an_allowed_origin_queries_after_a_preflight(open_graph: Graph, browser: Browser) -> None:
    assert browser.run(script(open_graph, POST)) == [200, ANSWER, "0"]


def test_a_page_of_an_allowed_origin_may_send_cookies(open_graph: Graph, browser: Browser) -> None:
    assert browser.run(script(open_graph, POST, credentials="include")) == [200, ANSWER, "0"]


def test_a_page_of_an_allowed_origin_reads_errors(open_graph: Graph, browser: Browser) -> None:
    status, body, _ = browser.run(script(open_graph, POST, query="{" * 2_000_000))
    assert (status, "larger than" in body["errors"][0]["message"]) == (413, True)


def test_a_page_of_an_allowed_origin_opens_a_websocket(open_graph: Graph, browser: Browser) -> None:
    assert browser.run(script(open_graph, SOCKET)) == ANSWER


@pytest.mark.parametrize("allowed", [None, Origins.parse("https://app.example.com")], ids=["none", "another"])
def test_a_page_of_a_foreign_origin_can_neither_query_nor_open_a_websocket(
    start_graph: StartGraph, browser: Browser, allowed: Origins | None
) -> None:
    graph = start_graph(allowed_origins=allowed)
    assert browser.run(script(graph, POST, query=PRICE)) == REFUSED
    assert browser.run(script(graph, SOCKET, query=PRICE)) == 1006
    assert graph.sandbox.calls.total() == 0


@pytest.mark.parametrize("text", [GET, IMAGE], ids=["get", "image"])
def test_what_a_foreign_page_sends_without_a_preflight_spends_nothing(
    graph: Graph, browser: Browser, text: str
) -> None:
    browser.run(script(graph, text, query=PRICE))
    assert graph.sandbox.calls.total() == 0


def test_every_origin_is_allowed_without_cookies(start_graph: StartGraph, browser: Browser) -> None:
    graph = start_graph(allowed_origins=Origins.parse("*"))
    assert browser.run(script(graph, POST)) == [200, ANSWER, "0"]
    assert browser.run(script(graph, GET)) == 200
    assert browser.run(script(graph, SOCKET)) == ANSWER
    assert browser.run(script(graph, POST, credentials="include")) == REFUSED


def test_ports_of_this_machine_are_allowed_by_a_pattern(start_graph: StartGraph, browser: Browser) -> None:
    graph = start_graph(allowed_origins=Origins.parse("http://localhost:*,http://127.0.0.1:*"))
    assert browser.run(script(graph, POST)) == [200, ANSWER, "0"]


def test_an_address_that_the_user_types_is_answered(graph: Graph, browser: Browser) -> None:
    assert '{"data":{"upstreamQuota":{"limit":1200}}}' in browser.visit(
        f"{graph.http.base_url}/graphql?query={quote(QUERY)}"
    )
