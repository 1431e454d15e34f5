"""Runs of two servers in turn, so that the load of the machine affects both alike."""

from bench.answers import sizes, warm
from bench.load import Run, drive
from bench.processes import Process
from bench.queries import Workload
from bench.servers import UpstreamProcess

CONCURRENCY = 32


def least_runs(
    servers: tuple[Process, Process], workload: Workload, upstream: UpstreamProcess, seconds: float, rounds: int
) -> tuple[Run, Run]:
    """Return the run of each server that took the least CPU."""
    first = min(sizes(servers[0], workload))
    results: tuple[list[Run], list[Run]] = ([], [])
    for turn in range(rounds):
        for index in (0, 1) if turn % 2 else (1, 0):
            warm(servers[index], workload)
            results[index].append(drive(servers[index], workload, CONCURRENCY, seconds, upstream.calls, first))
    least, other = (min(runs, key=lambda run: run.cpu) for runs in results)
    return least, other
