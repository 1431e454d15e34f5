"""Exports over HTTP: formats, statuses, headers, caching, limits and failures, on a real socket."""

import gzip
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import zstandard
from graphql import parse

from cg_client.plans.plan_table import Plan
from sandbox.faults import FaultKind
from server.asgi import HTTPAdapter
from server.export import formats, response, slots
from server.export.response import Export, Tables
from server.export.rows import Batch
from server.negotiation import media_type
from tests.cases import SCHEMA
from tests.conftest import Graph, StartGraph
from tests.running import watching

FUNDING = """query Funding { pair(exchange: "Binance", symbol: "BTCUSDT") { symbol
  fundingRate(interval: H8, last: 3) { ... on FundingSeries { candles { time close } } } } }"""
LONG = """{ coin(symbol: "BTC") { symbol
  openInterest(interval: M1, last: 2000) { ... on OISeries { candles { time timestamp open close } } } } }"""
WATCHLIST = """{ coinsBySymbol(symbols: ["BTC", "ETH"]) { symbol
  fundingRate(interval: H8, last: 2) { ... on FundingSeries { columns { timestamp close } } } } }"""


def get(graph: Graph, query: str, name: str = "csv", **headers: str) -> httpx.Response:
    return graph.http.get("/graphql", params={"query": query, "format": name}, headers=headers)


def post(graph: Graph, query: str, accept: str = "text/csv", **headers: str) -> httpx.Response:
    return graph.http.post("/graphql", json={"query": query}, headers={"accept": accept, **headers})


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send all files but the shortest in pieces."""
    monkeypatch.setattr(response, "WHOLE", 100)


def test_a_format_in_the_address_replaces_the_header(shared_graph: Graph) -> None:
    by_header, by_address = post(shared_graph, FUNDING), get(shared_graph, FUNDING, accept="application/json")
    assert by_header.text == by_address.text
    assert by_header.text.splitlines()[0] == "symbol,time,close"
    assert len(by_header.text.splitlines()) == 4
    assert by_header.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert by_header.headers["content-disposition"] == 'attachment; filename="Funding.csv"'
    assert "accept" in by_header.headers["vary"]
    assert by_header.headers["x-coinglass-source"] == "sandbox"
    assert get(shared_graph, FUNDING, "json").json()["data"]["pair"]["symbol"] == "BTCUSDT"


def test_a_watchlist_is_one_table(shared_graph: Graph) -> None:
    lines = get(shared_graph, WATCHLIST).text.splitlines()
    assert lines[0] == "symbol,timestamp,close"
    assert [line.split(",")[0] for line in lines[1:]] == ["BTC", "BTC", "ETH", "ETH"]


def test_an_unknown_format_is_refused_with_those_that_there_are(shared_graph: Graph) -> None:
    refused = get(shared_graph, FUNDING, "xlsx")
    assert refused.status_code == 406
    assert "json, csv, excel, ndjson, arrow, parquet" in refused.json()["errors"][0]["message"]


def test_without_pyarrow_its_formats_are_refused_with_the_remedy(
    shared_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "HAS_PYARROW", False)
    media_type.cache_clear()
    try:
        parquet = formats.PARQUET.media_type.decode()
        for refused in (get(shared_graph, FUNDING, "arrow"), post(shared_graph, FUNDING, parquet)):
            assert refused.status_code == 406
            assert "coinglass-graphql[arrow]" in refused.json()["errors"][0]["message"]
        second = post(shared_graph, FUNDING, f"{formats.ARROW.media_type.decode()}, text/csv;q=0.5")
        assert second.headers["content-type"].startswith("text/csv")
    finally:
        media_type.cache_clear()


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("{", 400, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{ coins { nodes { symbol } } exchanges { name } }", 406, "NOT_ONE_TABLE"),
        ('{ coin(symbol: "NOSUCH") { symbol } }', 422, "BAD_USER_INPUT"),
        ("{ _service { sdl } }", 406, "NOT_ONE_TABLE"),
        ("{ coins { nodes { symbol } } _service { sdl } }", 406, "NOT_ONE_TABLE"),
    ],
)
def test_what_is_no_file_is_json_with_its_status(shared_graph: Graph, query: str, status: int, code: str) -> None:
    refused = get(shared_graph, query)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/json")
    body = refused.json()
    assert body.keys() == {"errors"}
    assert body["errors"][0]["extensions"]["code"] == code


def test_an_operation_with_several_tables_costs_no_call(start_graph: StartGraph) -> None:
    graph = start_graph()
    graph.data('{ pair(exchange: "Binance", symbol: "BTCUSDT") { symbol } }')
    graph.forget()
    refused = post(graph, FUNDING.replace("candles {", "columns { close } candles {"))
    assert refused.status_code == 406
    assert sum(graph.sandbox.calls.values()) == 0


def test_a_gate_is_a_typed_problem_whatever_is_selected_of_it(start_graph: StartGraph) -> None:
    refused = get(start_graph(Plan.HOBBYIST), FUNDING.replace("H8", "M1"))
    (error,) = refused.json()["errors"]
    assert (refused.status_code, refused.headers["cache-control"]) == (422, "no-store")
    assert error["path"] == ["pair", "fundingRate"]
    problem = error["extensions"]["problem"]
    assert (problem["__typename"], problem["minInterval"], problem["requiredPlan"]) == ("PlanGated", "H4", "STANDARD")
    assert problem["code"] == error["extensions"]["code"] == "INTERVAL_TOO_FINE"


def test_a_problem_of_one_part_refuses_the_whole_file(start_graph: StartGraph) -> None:
    graph = start_graph()
    graph.data('{ coin(symbol: "BTC") { symbol } }')
    graph.fail(FaultKind.HTTP_500, "/api/futures/funding-rate/oi-weight-history")
    refused = get(graph, WATCHLIST)
    paths = [error["path"] for error in refused.json()["errors"]]
    assert refused.status_code == 422
    assert paths == [["coinsBySymbol", 0, "fundingRate"], ["coinsBySymbol", 1, "fundingRate"]]


def test_a_failure_in_the_middle_of_a_window_leaves_no_shorter_file(start_graph: StartGraph) -> None:
    graph = start_graph()
    graph.data('{ coin(symbol: "BTC") { symbol } }')
    graph.fail(FaultKind.HTTP_500, "/api/futures/open-interest/aggregated-history")
    refused = get(graph, LONG)
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/json")


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("name", ["csv", "ndjson", "arrow", "parquet"])
def test_a_file_in_pieces_has_the_bytes_of_a_whole_one(
    shared_graph: Graph, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pieces = get(shared_graph, LONG, name)
    monkeypatch.undo()
    whole = get(shared_graph, LONG, name, **{"x-dry-run": "0", "cache-control": "no-cache"})
    assert (pieces.headers.get("transfer-encoding"), whole.headers.get("transfer-encoding")) == ("chunked", None)
    assert pieces.content == whole.content
    assert pieces.headers["content-disposition"] == whole.headers["content-disposition"]
    assert "max-age" in pieces.headers["cache-control"]


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("coding", ["zstd", "gzip"])
def test_a_file_in_pieces_is_compressed_as_it_is_sent(shared_graph: Graph, coding: str) -> None:
    uncoded = get(shared_graph, LONG, **{"accept-encoding": "identity"})
    with shared_graph.http.stream(
        "GET", "/graphql", params={"query": LONG, "format": "csv"}, headers={"accept-encoding": coding}
    ) as coded:
        body = b"".join(coded.iter_raw())
    zstd = zstandard.ZstdDecompressor().decompressobj()
    decoded = gzip.decompress(body) if coding == "gzip" else zstd.decompress(body)
    assert coded.headers["content-encoding"] == coding
    assert decoded == uncoded.content
    assert coded.headers["etag"] != uncoded.headers["etag"]


@pytest.mark.parametrize("query", [FUNDING, LONG])
@pytest.mark.usefixtures("in_pieces")
def test_a_client_that_has_the_file_gets_304(shared_graph: Graph, query: str) -> None:
    first = get(shared_graph, query)
    again = get(shared_graph, query, **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_formats_of_one_operation_have_caches_of_their_own(shared_graph: Graph) -> None:
    tags = {name: get(shared_graph, FUNDING, name).headers["etag"] for name in ("json", "csv", "excel", "ndjson")}
    assert len(set(tags.values())) == len(tags)
    assert len({post(shared_graph, FUNDING, kind).headers["etag"] for kind in ("text/csv", "application/json")}) == 2


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("query", ["{ upstreamQuota { limit } }", LONG])
def test_head_has_the_headers_of_get_alone(shared_graph: Graph, query: str) -> None:
    address = {"query": query, "format": "csv"}
    first = shared_graph.http.head("/graphql", params=address)
    whole, second = get(shared_graph, query), shared_graph.http.head("/graphql", params=address)
    names = ("content-type", "content-disposition", "cache-control", "etag", "vary", "content-length")
    for answer in (first, second):
        assert (answer.status_code, answer.content) == (200, b"")
        expected = {name: whole.headers.get(name) for name in names if name != "cache-control"}
        assert {name: answer.headers.get(name) for name in expected} == expected
        assert "cache-control" in answer.headers
    assert len(whole.content) > 0


def test_head_of_a_short_file_has_its_tag(shared_graph: Graph) -> None:
    head = shared_graph.http.head("/graphql", params={"query": FUNDING, "format": "csv"})
    assert head.headers["etag"] == get(shared_graph, FUNDING).headers["etag"]
    again = shared_graph.http.head(
        "/graphql", params={"query": FUNDING, "format": "csv"}, headers={"if-none-match": head.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["%66ormat", "forma%74", "%66%6F%72%6d%61%74"])
def test_the_name_of_the_parameter_may_be_encoded(shared_graph: Graph, name: str) -> None:
    answer = shared_graph.http.get(f"/graphql?%71uery={quote(FUNDING)}&{name}=csv")
    assert answer.headers["content-type"].startswith("text/csv")


def test_a_parameter_whose_name_contains_another_is_another(shared_graph: Graph) -> None:
    answer = shared_graph.http.get("/graphql", params={"query": FUNDING, "xformat": "csv", "formats": "csv"})
    assert answer.headers["content-type"] == "application/json"


def test_the_name_of_a_file_fits_into_a_header(shared_graph: Graph) -> None:
    answer = get(shared_graph, f"query {'A' * 5000} {{ upstreamQuota {{ limit }} }}")
    assert answer.headers["content-disposition"] == f'attachment; filename="{"A" * 100}.csv"'


def test_a_dry_run_is_reported_in_json(shared_graph: Graph) -> None:
    report = get(shared_graph, FUNDING, **{"x-dry-run": "1"})
    assert report.headers["content-type"] == "application/json"
    assert "plan" in report.json()["extensions"]


def test_a_batch_is_no_file(start_graph: StartGraph) -> None:
    graph = start_graph(max_batch=2)
    answer = graph.http.post("/graphql", json=[{"query": FUNDING}], headers={"accept": "text/csv"})
    assert answer.status_code == 406


def test_the_budget_of_the_caller_holds(start_graph: StartGraph) -> None:
    refused = get(start_graph(values_per_minute=5), FUNDING)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (429, "CLIENT_RATE_LIMITED")
    assert "ratelimit" in refused.headers


def test_an_export_may_have_more_values_than_json_only_by_its_setting(start_graph: StartGraph) -> None:
    refused = get(start_graph(max_values=100), LONG)
    assert "COINGLASS_MAX_VALUES" in refused.json()["errors"][0]["message"]
    graph = start_graph(max_values=100, max_export_values=20_000)
    for _ in range(2):
        assert get(graph, LONG).status_code == 200
        assert get(graph, LONG, "json").json()["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    beyond = get(graph, LONG.replace("2000", "20000")).json()["errors"][0]["message"]
    assert "20000 are allowed (COINGLASS_MAX_EXPORT_VALUES)" in beyond


def test_an_export_is_not_limited_in_bytes(start_graph: StartGraph) -> None:
    graph = start_graph(Plan.ENTERPRISE, max_response_megabytes=1)
    query = LONG.replace("2000", "20000")
    assert get(graph, query, "json").json()["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert len(get(graph, query, "ndjson").content) > 1024 * 1024


def test_a_foreign_page_cannot_send_an_export(shared_graph: Graph) -> None:
    refused = get(shared_graph, FUNDING, **{"sec-fetch-site": "cross-site"})
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (403, "CROSS_SITE_REQUEST")


@pytest.mark.usefixtures("in_pieces")
def test_metrics_count_a_file_in_pieces_like_any_request(start_graph: StartGraph) -> None:
    graph = start_graph()
    counted = 'requests_total{answered_by="execution",operation="Funding",status="200"} 1.0'
    with watching((HTTPAdapter, "_end")) as until:
        answer = get(graph, FUNDING)
        until(lambda: counted in graph.http.get("/metrics").text)
    assert int(answer.headers["x-upstream-calls"]) > 0


@pytest.mark.usefixtures("in_pieces")
def test_nothing_more_is_written_for_a_client_that_left(
    start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    written = response._compressed

    async def observed(*args: Any) -> AsyncGenerator[bytes, None]:
        try:
            async for piece in written(*args):
                yield piece * 1000
        finally:
            closed.append(True)

    monkeypatch.setattr(response, "_compressed", observed)
    graph = start_graph()
    with (
        watching((HTTPAdapter, "_end")) as until,
        graph.http.stream("GET", "/graphql", params={"query": LONG, "format": "csv"}) as answer,
    ):
        next(answer.iter_raw())
        answer.close()
        until(lambda: bool(closed))


async def test_pieces_are_made_as_they_are_asked_for() -> None:
    tables = Tables()
    document = parse("{ coins { nodes { symbol } } }")
    tables.prepare(SCHEMA._schema, document.definitions[0], {}, {}, 100_000)  # type: ignore[arg-type]  # it is an operation
    assert tables.layout is not None
    sizes: list[int] = []

    class CountingWriter:
        def head(self) -> bytes:
            return b"head"

        def batch(self, batch: Batch) -> bytes:
            sizes.append(len(batch[0]))
            return b"rows"

        def end(self) -> bytes:
            return b"end"

    data = {"coins": {"nodes": [{"symbol": "BTC"}] * 100_000}}
    pieces = Export(formats.CSV, tables.layout)._pieces(CountingWriter(), data)
    assert (await anext(pieces), sizes) == (b"head", [])
    assert (await anext(pieces), sizes) == (b"rows", [10_000])


def test_a_trusted_document_is_exported_by_its_id(start_graph: StartGraph, tmp_path: Path) -> None:
    operation = {"id": "funding", "name": "Funding", "type": "query", "body": FUNDING}
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    graph = start_graph(trusted_documents=tmp_path / "manifest.json", trusted_only=True)
    exported = graph.http.get("/graphql", params={"documentId": "funding", "format": "csv"})
    assert (exported.status_code, exported.text.splitlines()[0]) == (200, "symbol,time,close")
    assert get(graph, FUNDING.replace("close", "open")).status_code == 403


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, in_pieces: None) -> list[bool]:  # noqa: ARG001  # a fixture
    """Take LONG for a large export, with so many bytes that a connection never holds all of them.

    The list gets an item for each that has ended.
    """
    written, ended = response._compressed, list[bool]()

    async def longer(*args: Any) -> AsyncGenerator[bytes, None]:
        try:
            async for piece in written(*args):
                yield piece * 1000
        finally:
            ended.append(True)

    monkeypatch.setattr(slots, "LARGE", 1000)
    monkeypatch.setattr(response, "_compressed", longer)
    return ended


def test_beyond_the_slots_of_large_exports_one_is_refused_before_any_call(
    start_graph: StartGraph, sent: list[bool]
) -> None:
    graph = start_graph(max_exports=1)
    with (
        watching((HTTPAdapter, "_end")) as until,
        graph.http.stream("GET", "/graphql", params={"query": LONG, "format": "csv"}) as first,
    ):
        parts = first.iter_raw()
        next(parts)
        graph.forget()
        refused = get(graph, LONG.replace("BTC", "ETH"))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.headers["cache-control"] == "no-store"
        (error,) = refused.json()["errors"]
        assert error["extensions"] == {"code": "TOO_MANY_EXPORTS", "retryAfter": 5}
        assert "COINGLASS_MAX_EXPORTS" in error["message"]
        assert sum(graph.sandbox.calls.values()) == 0
        assert get(graph, FUNDING).status_code == 200
        assert get(graph, LONG, "json").status_code == 200
        assert get(graph, LONG, **{"x-dry-run": "1"}).status_code == 200
        first.close()
        until(lambda: bool(sent))
    assert graph.http.head("/graphql", params={"query": LONG, "format": "csv"}).status_code == 200


@pytest.mark.usefixtures("sent")
def test_every_end_of_a_large_export_gives_its_slot_back(
    start_graph: StartGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = start_graph(max_exports=1)
    monkeypatch.setattr(response, "WHOLE", 10**9)
    assert get(graph, LONG).status_code == 200
    graph.fail(FaultKind.HTTP_500, "/api/futures/open-interest/aggregated-history")
    assert get(graph, LONG.replace("BTC", "ETH")).status_code == 422
    assert get(graph, LONG.replace("symbol", "symbol no")).status_code == 400
    monkeypatch.setattr(response, "WHOLE", 100)
    head = graph.http.head("/graphql", params={"query": LONG, "format": "ndjson"})
    assert head.status_code == 200
    again = get(graph, LONG, "ndjson", **{"if-none-match": head.headers["etag"]})
    assert again.status_code == 304
    assert get(graph, LONG, "ndjson", **{"accept-encoding": "identity"}).status_code == 200
    assert get(graph, LONG, "csv", **{"accept-encoding": "identity"}).status_code == 200


def test_the_slot_of_a_file_that_nobody_begins_to_send_is_given_back() -> None:
    async def pieces() -> AsyncGenerator[bytes, None]:
        yield b""

    exports = slots.LargeExports(1)
    slot = slots.ExportSlot(exports)
    slot.take(slots.LARGE + 1)
    stream = slot.while_sending(pieces())
    assert exports.running == 1
    del slot, stream
    assert exports.running == 0
