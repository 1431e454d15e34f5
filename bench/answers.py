"""Requests outside the measurement: they fill the caches, and check that the servers answer correctly and alike."""

from collections.abc import Iterable, Iterator

import httpx
import orjson

from bench.processes import BenchError, Process
from bench.queries import Workload

_COMPARED = 3  # bodies of a workload, at most
_PATIENCE = 60.0


def ask(server: Process, bodies: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the answers, each a success without errors."""
    with httpx.Client(base_url=server.url, timeout=_PATIENCE, trust_env=False) as http:
        for body in bodies:
            answer = http.post("/graphql", content=body, headers={"content-type": "application/json"})
            if not answer.is_success or not is_right(answer.content):
                raise BenchError(f"{body[:300]!r} was answered {answer.status_code}: {answer.text[:500]}")
            yield answer.content


def is_right(answer: bytes) -> bool:
    """Whether nothing failed; a part that is a problem is empty, since no query selects fields of problems."""
    return b'"errors"' not in answer and b"{}" not in answer


def warm(server: Process, workload: Workload) -> None:
    """Fetch every series of the workload once and cache its documents."""
    first_bodies = [] if workload.numbered else workload.bodies[:1] * 3
    for _ in ask(server, [*workload.warmup, *first_bodies]):
        pass


def sizes(server: Process, workload: Workload) -> list[int]:
    """Return the sizes of some right answers."""
    return [len(answer) for answer in ask(server, _some(workload))]


def compare(first: Process, second: Process, workload: Workload) -> None:
    """Raise BenchError where the two answer differently."""
    bodies = _some(workload)
    for body, ours, theirs in zip(bodies, ask(first, bodies), ask(second, bodies), strict=True):
        if _data(ours) != _data(theirs):
            raise BenchError(f"The servers differ about {body[:200]!r}: {ours[:300]!r} and {theirs[:300]!r}")


def _some(workload: Workload) -> list[bytes]:
    step = -(-len(workload.bodies) // _COMPARED)
    return [workload.body(number) for number in range(0, len(workload.bodies), step)]


def _data(answer: bytes) -> object:
    """Return the data. Strawberry writes the zone of a DateTime as an offset, which both servers may do."""
    return orjson.loads(answer.replace(b"+00:00", b"Z"))["data"]
