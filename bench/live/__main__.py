"""`make bench-live`: subscriptions of many clients to five channels, over one upstream socket.

The exit code is 0 if every bound holds.
"""

import argparse
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.live import report
from bench.live.clients import clients
from bench.live.lanes import Crowd, Lane, ProcessUsage, SlowReaders
from bench.live.report import LANES, LiveResults
from bench.live.servers import LiveUpstreamProcess, live_upstream, our_server, yoga
from bench.live.take_over import take_over
from bench.processes import BenchError, Process
from bench.servers import UpstreamProcess, upstream

FEW: Final = 50
RATE: Final = 100.0  # events a second, of all channels together
COMPARED_RATE: Final = 5.0  # which both servers can send to all clients
_SLOW_RECEIVE_BUFFER: Final = 64 * 1024
_QUOTA: Final = "20000"  # requests a minute, which replicas share
_OTHER_FILES: Final = 500  # of a process, beside its connections


@dataclass(frozen=True, slots=True)
class LiveEffort:
    """`many` clients for `seconds` at each rate; `others` beside `slow` ones, which read nothing for `rest` seconds."""

    many: int
    seconds: float
    others: int
    slow: int
    rest: float


FULL: Final = LiveEffort(many=10_000, seconds=30.0, others=400, slow=100, rest=60.0)
QUICK: Final = LiveEffort(many=1_000, seconds=10.0, others=100, slow=100, rest=10.0)


class LiveBench:
    """Measures lanes, each with a server of its own. Its methods raise BenchError."""

    def __init__(self, effort: LiveEffort, live: LiveUpstreamProcess, rest: UpstreamProcess) -> None:
        self._effort, self._live, self._rest = effort, live, rest

    def results(self, names: Sequence[str]) -> LiveResults:
        results, many = LiveResults(self._effort.many), min(self._effort.many, _most_connections())
        if "few" in names:
            results.few = self._ours(FEW, RATE)
        if "many" in names:
            results.many = self._ours(many, COMPARED_RATE, RATE)
        if "yoga" in names:
            with yoga(self._live) as server:
                results.yoga = self._crowd("yoga", server, many, COMPARED_RATE, RATE)
        if "slow" in names:
            results.slow = self._slow()
        if "replicas" in names:
            results.replicas = take_over(self._rest, self._live, many)
        return results

    def _ours(self, count: int, *rates: float) -> Crowd:
        with our_server(self._rest, self._live) as server:
            return self._crowd("ours", server, count, *rates)

    def _crowd(self, name: str, server: Process, count: int, *rates: float) -> Crowd:
        before, seen = ProcessUsage.of(server), self._live.counts(name)
        with clients(server.url, self._live.process.url, count) as crowd:
            return Lane(server, self._live, crowd).crowd(name, before, seen, rates, self._effort.seconds)

    def _slow(self) -> SlowReaders:
        effort, live = self._effort, self._live
        with (
            our_server(self._rest, live) as server,
            clients(server.url, live.process.url, effort.others) as others,
            clients(server.url, live.process.url, effort.slow, 1, _SLOW_RECEIVE_BUFFER) as slow,
        ):
            others.wait_until_subscribed()
            slow.wait_until_subscribed()
            return Lane(server, live, others).slow_readers(slow, RATE, effort.rest)


def _most_connections() -> int:
    """Return how many connections a process may have, as many to each channel."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _OTHER_FILES
    return most - most % 10


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="LANE", help=f"what to measure: {', '.join(LANES)}")
    parser.add_argument("--quick", action="store_true", help="fewer clients, for a shorter time")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(LANES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    if chosen.write and (chosen.names or chosen.quick):
        parser.error("--write needs everything, measured in full")
    return chosen


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    chosen = arguments()
    try:
        with upstream(BENCH_LIMIT=_QUOTA) as rest, live_upstream() as live:
            results = LiveBench(QUICK if chosen.quick else FULL, live, rest).results(chosen.names or LANES)
    except BenchError as error:
        sys.stderr.write(f"bench-live: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    sys.stdout.write("\n" + report.tables(results) + "\n")
    if chosen.write:
        report.write(results)
    return 0 if results.hold else 1


if __name__ == "__main__":
    sys.exit(main())
