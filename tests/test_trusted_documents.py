"""Trusted documents: manifests, requests by id, and a server that executes nothing else."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from execution.engine import Engine
from execution.plan_compiler import PlanCompiler
from served_schema.document_policy import DocumentPolicy
from served_schema.manifest import FORMAT, TrustedOperation, read_manifest
from server.settings import SettingsError
from tests.conftest import Graph, StartGraph
from tests.execution.test_documents import ask
from tests.test_cli import run, serving
from tests.test_websocket import PROTOCOL, address, send

QUOTA = "query Quota { upstreamQuota { limit } }"
HASH = hashlib.sha256(QUOTA.encode()).hexdigest()
ANSWER = {"data": {"upstreamQuota": {"limit": 1200}}}
SERVICE = "query Service { _service { sdl } }"
OTHER = "{ upstreamQuota { used } }"
PRICE = """query Price($symbol: String!, $withSource: Boolean = false) { pair(exchange: "Binance", symbol: $symbol) {
  symbol price(interval: H1, last: 2) { ... on PriceSeries { candles { time close } source @include(if: $withSource) {
  endpoint } } } } }"""


def apollo(*operations: tuple[str, str, str]) -> str:
    entries = [{"id": id_, "name": name, "type": "query", "body": body} for id_, name, body in operations]
    return json.dumps({"format": FORMAT, "version": 1, "operations": entries})


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(apollo((HASH, "Quota", QUOTA), ("price", "Price", PRICE), ("service", "Service", SERVICE)))
    return path


@pytest.fixture
def trusted(start_graph: StartGraph, manifest: Path) -> Graph:
    """Return a server that executes trusted documents only."""
    return start_graph(trusted_documents=manifest, trusted_only=True)


def post(graph: Graph, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return graph.http.post("/graphql", json=body, headers=headers)


def code(response: httpx.Response) -> str:
    extension: str = response.json()["errors"][0]["extensions"]["code"]
    return extension


def persisted(hash_: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_}}


@pytest.mark.parametrize("body", [{"documentId": HASH}, {"doc_id": HASH}, {"extensions": persisted(HASH)}])
def test_a_request_names_a_trusted_document_by_its_id(trusted: Graph, body: dict[str, Any]) -> None:
    assert post(trusted, **body).json() == ANSWER
    parameters = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    answer = trusted.http.get("/graphql", params=parameters)
    assert (answer.status_code, answer.json()) == (200, ANSWER)


def test_a_streamed_response_can_be_requested_by_id(trusted: Graph) -> None:
    answer = post(trusted, {"accept": "text/event-stream"}, documentId=HASH)
    assert json.dumps(ANSWER, separators=(",", ":")) in answer.text


def test_a_get_by_id_takes_variables_and_is_cached_with_an_etag(trusted: Graph) -> None:
    parameters = {"documentId": "price", "variables": '{"symbol": "BTCUSDT"}'}
    first, again = (trusted.http.get("/graphql", params=parameters) for _ in range(2))
    assert len(first.json()["data"]["pair"]["price"]["candles"]) == 2
    assert (first.content, int(again.headers["age"]) >= 0) == (again.content, True)
    assert "max-age" in again.headers["cache-control"]
    tag = {"if-none-match": again.headers["etag"]}
    assert trusted.http.get("/graphql", params=parameters, headers=tag).status_code == 304
    other = trusted.http.get("/graphql", params=parameters | {"variables": '{"symbol": "ETHUSDT"}'})
    assert (first.json()["data"]["pair"]["symbol"], other.json()["data"]["pair"]["symbol"]) == ("BTCUSDT", "ETHUSDT")


def test_trusted_only_mode_refuses_every_other_document(trusted: Graph) -> None:
    assert code(post(trusted, query=OTHER)) == "PERSISTED_QUERY_ID_REQUIRED"
    hash_ = hashlib.sha256(OTHER.encode()).hexdigest()
    assert code(post(trusted, query=OTHER, extensions=persisted(hash_))) == "PERSISTED_QUERY_ID_REQUIRED"
    assert code(post(trusted, extensions=persisted(hash_))) == "PERSISTED_QUERY_NOT_IN_LIST"
    assert code(post(trusted, documentId="nope")) == "PERSISTED_QUERY_NOT_IN_LIST"
    assert code(trusted.http.get("/graphql", params={"query": OTHER})) == "PERSISTED_QUERY_ID_REQUIRED"
    assert trusted.sandbox.calls.total() <= 1  # of the plan


def test_trusted_only_mode_accepts_the_text_of_a_trusted_document(trusted: Graph) -> None:
    assert post(trusted, query=QUOTA).json() == ANSWER


def test_a_request_has_an_id_or_a_text(trusted: Graph) -> None:
    assert code(post(trusted, query=QUOTA, documentId=HASH)) == "BAD_USER_INPUT"
    assert code(post(trusted, documentId=7)) == "BAD_USER_INPUT"


def test_trusted_only_mode_tells_nothing_about_the_schema(trusted: Graph) -> None:
    assert trusted.http.get("/", headers={"accept": "text/html"}).status_code == 404
    assert trusted.http.get("/schema.graphql").status_code == 404
    assert code(post(trusted, query="{ __schema { queryType { name } } }")) == "PERSISTED_QUERY_ID_REQUIRED"


def test_a_trusted_document_may_select_what_is_switched_off(trusted: Graph) -> None:
    assert "type Query" in post(trusted, documentId="service").json()["data"]["_service"]["sdl"]


def test_other_documents_are_executed_beside_trusted_ones_by_default(start_graph: StartGraph, manifest: Path) -> None:
    graph = start_graph(trusted_documents=manifest)
    assert post(graph, documentId=HASH).json() == ANSWER
    assert "errors" not in post(graph, query=OTHER).json()
    assert code(post(graph, documentId="nope")) == "PERSISTED_QUERY_NOT_IN_LIST"
    unknown = hashlib.sha256(OTHER.encode()).hexdigest()
    assert code(post(graph, extensions=persisted(unknown))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_websockets_know_trusted_documents_alone(trusted: Graph) -> None:
    payloads = [{"documentId": HASH}, {"extensions": persisted(HASH)}, {"query": OTHER}, {"doc_id": "nope"}]
    async with connect(address(trusted), subprotocols=[PROTOCOL], proxy=None) as socket:
        await send(socket, {"type": "connection_init"})
        await socket.recv()
        received = []
        for name, payload in enumerate(payloads):
            await send(socket, {"type": "subscribe", "id": str(name), "payload": payload})
            message = {"type": ""}
            while message["type"] not in ("complete", "error"):
                message = json.loads(await asyncio.wait_for(socket.recv(), 10))
                received.append(message)
    results = {item["id"]: item["payload"] for item in received if item["type"] == "next"}
    errors = {item["id"]: item["payload"][0]["extensions"]["code"] for item in received if item["type"] == "error"}
    assert results == {"0": ANSWER, "1": ANSWER}
    assert errors == {"2": "PERSISTED_QUERY_ID_REQUIRED", "3": "PERSISTED_QUERY_NOT_IN_LIST"}


async def test_a_trusted_document_is_parsed_and_compiled_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(0)
    engine.schema.apply(DocumentPolicy(trusted=[TrustedOperation("price", "Price", PRICE)]))
    monkeypatch.setattr(PlanCompiler, "operation", None)  # whoever compiles now fails
    monkeypatch.setattr(engine.schema, "_document", None)
    for with_source in (True, False):
        await ask(engine, PRICE, {"symbol": "BTCUSDT", "withSource": with_source})
    assert engine.documents.misses == 0
    assert engine.documents.size == 0
    document = engine.schema._trusted["price"]
    assert len(document._plans) == 2
    assert None not in document._plans.values()


async def test_counts_of_lookups_go_on_when_documents_are_read_again() -> None:
    engine = Engine(100_000)
    for _ in range(2):
        await ask(engine, PRICE, {"symbol": "BTCUSDT"})
    counts = [(counted.hits, counted.misses) for counted in (engine.documents, engine.fragments, engine.counts)]
    assert counts[0] == (1, 1)
    engine.schema.apply(DocumentPolicy(trusted=[TrustedOperation("price", "Price", PRICE)]))
    assert counts == [(counted.hits, counted.misses) for counted in (engine.documents, engine.fragments, engine.counts)]


def test_a_faulty_document_stops_the_start_with_its_name(start_graph: StartGraph, tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(
        apollo(("1", "Quota", QUOTA), ("2", "Wrong", "query Wrong { upstreamQuota { nosuch } }"), ("3", "Bad", "{"))
    )
    with pytest.raises(SettingsError, match=r"COINGLASS_TRUSTED_DOCUMENTS: Wrong: .*nosuch.*; Bad: Syntax"):
        start_graph(trusted_documents=path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[]", "neither a manifest"),
        ("{", "not JSON"),
        ('{"format": "other", "operations": []}', "`format` is"),
        (apollo(), "no operations"),
        (apollo(("", "A", QUOTA)), "operation 0 (A) has no `id`"),
        (apollo(("1", "A", QUOTA), ("1", "B", OTHER)), "A and B have the same id 1"),
    ],
)
def test_an_unreadable_manifest_stops_the_start(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text)
    ended = run("documents", "check", str(path))
    assert ended.returncode == 1
    assert complaint in ended.stdout


def test_workers_start_only_with_a_valid_manifest(tmp_path: Path, manifest: Path) -> None:
    path = tmp_path / "faulty.json"
    path.write_text(apollo(("2", "Wrong", "query Wrong { nosuch }")))
    ended = run("serve", "--sandbox", "--port", "0", "--workers", "2", "--trusted-documents", str(path))
    assert ended.returncode == 2
    assert "Wrong: Cannot query field 'nosuch'" in ended.stderr
    with serving("--sandbox", "--workers", "2", "--trusted-documents", str(manifest)) as (url, _):
        answer = httpx.get(f"{url}/graphql", params={"documentId": "service"}, timeout=60, trust_env=False)
        assert "type Query" in answer.json()["data"]["_service"]["sdl"]


def test_trusted_only_without_documents_is_refused() -> None:
    ended = run("serve", "--sandbox", "--trusted-only")
    assert (ended.returncode, "COINGLASS_TRUSTED_ONLY needs COINGLASS_TRUSTED_DOCUMENTS" in ended.stderr) == (2, True)


def test_relays_form_and_a_folder_are_read_too(tmp_path: Path) -> None:
    relay = tmp_path / "relay.json"
    relay.write_text(json.dumps({"abc": QUOTA}))
    assert read_manifest(relay) == [TrustedOperation("abc", "abc", QUOTA)]
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.graphql").write_text("query A { upstreamQuota { ...Figures } } query B { upstreamQuota { used } }")
    (folder / "b.graphql").write_text("fragment Figures on UpstreamQuota { limit }")
    operations = {item.name: item for item in read_manifest(folder)}
    assert set(operations) == {"A", "B"}
    assert "fragment Figures" in operations["A"].text
    assert "fragment" not in operations["B"].text
    assert operations["B"].id == hashlib.sha256(operations["B"].text.encode()).hexdigest()


SOURCES = {
    "a.ts": "const A = gql`query A { upstreamQuota { ...Figures } } ${FIGURES}`",
    "b.tsx": "const FIGURES = graphql(`fragment Figures on UpstreamQuota { limit }`)",
    "c.py": 'B = gql("""query B { upstreamQuota { used } }""")',
    "d.graphql": "query C { upstreamQuota { remaining } }",
    "node_modules/e.js": "gql`not a document`",
}


def test_operations_are_extracted_from_sources_and_checked(tmp_path: Path) -> None:
    for name, text in SOURCES.items():
        path = tmp_path / "sources" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    extracted = run("documents", "extract", str(tmp_path / "sources"))
    manifest = json.loads(extracted.stdout)
    assert [item["name"] for item in manifest["operations"]] == ["A", "B", "C"]
    assert all(item["id"] == hashlib.sha256(item["body"].encode()).hexdigest() for item in manifest["operations"])
    path = tmp_path / "manifest.json"
    path.write_text(extracted.stdout)
    checked = run("documents", "check", str(path))
    assert (checked.returncode, checked.stdout) == (0, "3 operations are valid and within the limits.\n")


def test_check_lists_each_fault_with_the_name_of_its_operation(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    coin = 'c%d: coin(symbol: "C%d") { openInterest(interval: H4) { ... on Problem { code } } }'
    coins = " ".join(coin % (number, number) for number in range(9))
    path.write_text(apollo(("1", "Wrong", "query Wrong { nosuch }"), ("2", "Many", f"query Many {{ {coins} }}")))
    checked = run("documents", "check", str(path), COINGLASS_MAX_CALLS="1")
    assert checked.returncode == 1
    wrong, many = checked.stdout.splitlines()
    assert wrong.startswith("Wrong: Cannot query field 'nosuch'")
    assert "9 upstream calls" in many


def test_extract_names_a_file_that_is_not_graphql(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_text("query {")
    ended = run("documents", "extract", str(tmp_path))
    assert (ended.returncode, "a.graphql: Syntax Error" in ended.stderr) == (1, True)


def test_check_tells_operations_without_a_name_apart_by_their_files(tmp_path: Path) -> None:
    first, second = tmp_path / "first.graphql", tmp_path / "second.graphql"
    first.write_text("{ nothing }")
    second.write_text("{ neither }")
    lines = run("documents", "check", str(tmp_path)).stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == [f"(no name) in {path}" for path in (first, second)]


def test_check_tells_operations_of_a_manifest_without_a_name_apart_by_their_ids(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(apollo(("abc", "", "{ nothing }"), ("def", "(no name)", "{ neither }")))
    lines = run("documents", "check", str(path)).stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["(no name) with the id abc", "(no name) with the id def"]
