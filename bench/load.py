"""Load by wrk, and what it and the server say about a run."""

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench.processes import BenchError, Process
from bench.queries import MARK, Workload

PATIENCE = 60  # seconds that wrk waits for one answer
_OUT_OF = "RESULT "
_numbers = itertools.count(1)

_SCRIPT = """
local bodies, requests, at = {}, {}, 0
local number = %(first)d
for line in io.lines("%(file)s") do bodies[#bodies + 1] = line end
wrk.method = "%(method)s"
wrk.path = "%(path)s"
if wrk.method == "POST" then
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = bodies[1]
end

function init(args)
  for index, body in ipairs(bodies) do requests[index] = wrk.format(nil, nil, nil, body) end
end

local function numbered()
  number = number + 1
  at = at %% #bodies + 1
  return wrk.format(nil, nil, nil, (string.gsub(bodies[at], "%(mark)s", "_" .. number)))
end

local function in_turn()
  at = at %% #requests + 1
  return requests[at]
end

if %(numbered)s then request = numbered elseif #bodies > 1 then request = in_turn end

function done(summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format('%(out)s{"requests":%%d,"seconds":%%f,"received":%%d,"failed":%%d,"p50":%%f,"p99":%%f}\\n',
    summary.requests, summary.duration / 1e6, summary.bytes, failed,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Results of one run. Latencies and CPU in milliseconds; `busy` is the share of its core that the server used."""

    requests_per_second: float
    p50: float
    p99: float
    cpu: float
    calls: float
    resident_bytes: int
    busy: float


def require_wrk() -> str:
    result = shutil.which("wrk")
    if result is None:
        raise BenchError("The load generator wrk is missing: apt-get install wrk")
    return result


def drive(
    server: Process, workload: Workload, concurrency: int, seconds: float, calls: Callable[[], int], least: int
) -> Run:
    """Drive the server; `calls` counts upstream calls so far, and `least` is the size of a right answer.

    At its end wrk leaves one request unanswered on each connection. The server does that work all the same, so its CPU
    time is read when it is idle, and shared out over these requests too.
    """
    before, called = server.cpu_seconds(), calls()
    measured = _wrk(server.url, workload, concurrency, seconds)
    during = server.cpu_seconds() - before
    used = server.cpu_seconds_when_idle() - before
    done, requests = measured["requests"], measured["requests"] + concurrency
    if measured["failed"] or measured["received"] < done * least:
        raise BenchError(
            f"{workload.name}: {measured['failed']:.0f} failures, {measured['received']:.0f} bytes: {measured}"
        )
    return Run(
        requests_per_second=done / measured["seconds"],
        p50=measured["p50"],
        p99=measured["p99"],
        cpu=used / requests * 1000,
        calls=(calls() - called) / requests,
        resident_bytes=server.resident_bytes(),
        busy=min(1.0, during / measured["seconds"]),
    )


def _wrk(url: str, workload: Workload, concurrency: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        bodies, script = Path(folder, "bodies"), Path(folder, "load.lua")
        bodies.write_bytes(b"\n".join(workload.bodies) + b"\n")
        script.write_text(
            _SCRIPT
            % {
                "method": "GET" if workload.get else "POST",
                "path": workload.get or "/graphql",
                "first": next(_numbers) * 1_000_000,
                "file": bodies,
                "mark": MARK,
                "numbered": "true" if workload.numbered else "false",
                "out": _OUT_OF,
            }
        )
        command = [require_wrk(), "-t1", f"-c{concurrency}", f"-d{seconds:g}s", f"--timeout={PATIENCE}s"]
        ended = subprocess.run(  # noqa: S603  # our own arguments
            [*command, "-s", str(script), url], capture_output=True, text=True, timeout=PATIENCE + 60, check=False
        )
    result = next((line for line in ended.stdout.splitlines() if line.startswith(_OUT_OF)), None)
    if result is None:
        raise BenchError(f"wrk failed: {ended.stdout[-300:]} {ended.stderr[-300:]}")
    measured: dict[str, float] = orjson.loads(result.removeprefix(_OUT_OF))
    return measured
