"""32 identical requests that reach a process which has just started, all at once."""

import asyncio
import statistics
import time
from urllib.parse import urlsplit

from bench.answers import is_right
from bench.processes import BenchError, Process
from bench.queries import repeated
from bench.scenarios import BoundResult, Finding
from bench.servers import State, UpstreamProcess, ours

REQUESTS = 32
DELAY = 50  # milliseconds that upstream takes
MAX_WALL = 100.0  # milliseconds
CALLS = 20
_PATIENCE = 30.0


def herd(upstream: UpstreamProcess, attempts: int) -> BoundResult:
    """Return the median of several processes; one more before them lets the upstream render its answers."""
    with upstream.delayed(DELAY):
        result = [_attempt(upstream) for _ in range(attempts + 1)][1:]
    wall, calls = statistics.median(time for time, _ in result), max(calls for _, calls in result)
    times = f"{min(result)[0]:.0f} to {max(result)[0]:.0f} ms"
    text = f"{calls} upstream calls, {wall:.0f} ms (median of {attempts}: {times})"
    return BoundResult(
        f"{REQUESTS} identical requests at once, fresh process, upstream at {DELAY} ms: Q4",
        f"{CALLS} upstream calls, ≤ {MAX_WALL:g} ms",
        {REQUESTS: Finding(text, calls == CALLS and wall <= MAX_WALL)},
    )


def _attempt(upstream: UpstreamProcess) -> tuple[float, int]:
    """Milliseconds and upstream calls."""
    with ours(State.RESPONSE, upstream) as server:
        before = upstream.calls()
        milliseconds, answers = asyncio.run(_at_once(server, repeated("Q4").body(0)))
        if not all(map(is_right, answers)):
            raise BenchError(f"Of {REQUESTS} requests at once some failed: {answers[0][:300]!r}")
        return milliseconds, upstream.calls() - before


async def _at_once(server: Process, body: bytes) -> tuple[float, list[bytes]]:
    """From the first byte that is sent to the last answer that is complete; plain streams cost little."""
    at = urlsplit(server.url)
    head = f"POST /graphql HTTP/1.1\r\nhost: {at.netloc}\r\ncontent-type: application/json\r\n"
    request = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
    async with asyncio.timeout(_PATIENCE):
        streams = await asyncio.gather(
            *(asyncio.open_connection(at.hostname, at.port, limit=2**20) for _ in range(REQUESTS))
        )
        started = time.perf_counter()
        for _, writer in streams:
            writer.write(request)
        answers = await asyncio.gather(*(_answer(reader) for reader, _ in streams))
        took = (time.perf_counter() - started) * 1000
    for _, writer in streams:
        writer.close()
    return took, answers


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise BenchError(f"One of {REQUESTS} requests at once was answered {head[:100]!r}")
    length = head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
    return await reader.readexactly(int(length))
