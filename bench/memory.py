"""What 200 cached series of 1000 rows need, with all caches as they are by default."""

from bench.answers import ask
from bench.queries import in_turn
from bench.scenarios import BoundResult, Finding
from bench.servers import State, UpstreamProcess, ours

SERIES = 200
MAX_MEGABYTES = 64.0  # megabytes
_MEGABYTE = 2**20


def memory(upstream: UpstreamProcess) -> BoundResult:
    with ours(State.RESPONSE, upstream) as server:
        empty = server.resident_bytes()
        answered = sum(map(len, ask(server, in_turn("Q2").bodies[:SERIES])))
        grown = (server.resident_bytes() - empty) / _MEGABYTE
    text = f"{grown:.0f} MB over {empty / _MEGABYTE:.0f} MB, having answered {answered / _MEGABYTE:.0f} MB"
    return BoundResult(
        f"memory: {SERIES} cached series of 1000 rows, each requested once",
        f"≤ {MAX_MEGABYTES:g} MB over the empty server",
        {1: Finding(text, grown <= MAX_MEGABYTES)},
    )
