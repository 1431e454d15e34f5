"""A trusted document by GET, compared with the same query as the text of a POST, on one server."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson

from bench.answers import ask
from bench.load import drive
from bench.queries import Workload, repeated, text
from bench.scenarios import BoundResult, Finding
from bench.servers import State, UpstreamProcess, ours

QUERY, _ID = "Q4", "q4"
_CONCURRENCY = 32


def trusted(source: UpstreamProcess, seconds: int, rounds: int) -> Iterator[BoundResult]:
    """Yield the result for each state; of several rounds in turn the run with the least CPU counts."""
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder, "manifest.json")
        manifest.write_bytes(orjson.dumps({_ID: text(QUERY)}))
        for state in (State.ROWS, State.RESPONSE):
            yield _compare(state, source, manifest, seconds, rounds)


def _compare(state: State, source: UpstreamProcess, manifest: Path, seconds: int, rounds: int) -> BoundResult:
    by_text = repeated(QUERY)
    by_id = Workload("by id", (b"",), get=f"/graphql?documentId={_ID}")
    least: dict[str, float] = {}
    with ours(state, source, COINGLASS_TRUSTED_DOCUMENTS=str(manifest)) as server:
        first, *_ = [len(answer) for answer in ask(server, by_text.bodies * 3)]
        for workload in (by_text, by_id) * rounds:
            run = drive(server, workload, _CONCURRENCY, seconds, source.calls, first)
            least[workload.name] = min(run.cpu, least.get(workload.name, run.cpu))
    get, post = least[by_id.name], least[by_text.name]
    finding = Finding(f"{get / post:.2f} ({get:.3f} to {post:.3f} ms)", get < post)
    label = f"trusted document by GET, {state.value}: {QUERY}"
    return BoundResult(label, "less CPU than the text by POST", {_CONCURRENCY: finding})
