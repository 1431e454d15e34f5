"""Subscribers of several replicas, of which the one with the socket to CoinGlass is killed."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bench.live.channels import CHANNELS
from bench.live.client_process import Breaks, SeriesSeen
from bench.live.clients import Clients, moving_clients
from bench.live.servers import LiveUpstreamProcess, our_server
from bench.processes import BenchError, Process
from bench.servers import UpstreamProcess
from bench.shared.valkey import valkey

REPLICAS: Final = 3
RATE: Final = 10.0  # events a second, of all channels together
_SETTLES_IN: Final = 3.0  # seconds
_LOOKS_EVERY: Final = 0.05
_RESUMED_WITHIN: Final = 60.0
_RECEIVED_WITHIN: Final = 60.0
_ESTABLISHED: Final = "01"  # in /proc/net/tcp


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Seconds from the kill: until CoinGlass has another socket, and until all have later events.

    `steady`: until those have later events that were not connected to the killed replica. `missing`: events of all
    channels that came while there was no socket. `different`: clients whose series is not that of one which has never
    lost its connection. `doubled`: clients that were sent an event again.
    """

    clients: int
    moved: int
    sockets: int  # ever, before the kill
    subscriptions: int
    socket: float
    steady: float
    everybody: float
    missing: int
    different: int
    doubled: int
    is_complete: bool  # all have all events up to the end
    failures: Sequence[str]


def take_over(rest: UpstreamProcess, live: LiveUpstreamProcess, count: int) -> TakeOver:
    """Kill the owner of the socket beside so many clients; raises BenchError."""
    with valkey() as store, contextlib.ExitStack() as stack:
        before = live.counts()
        servers = [
            stack.enter_context(
                our_server(rest, live, COINGLASS_SHARED_URL=store.url, COINGLASS_REPLICA=f"replica-{number}")
            )
            for number in range(REPLICAS)
        ]
        crowd = stack.enter_context(moving_clients([server.url for server in servers], count))
        crowd.wait_until_subscribed()
        live.set_rate(RATE)
        time.sleep(_SETTLES_IN)
        counts = live.counts()
        sockets, subscriptions = counts.sockets - before.sockets, counts.subscriptions - before.subscriptions
        return _killed(_owner(servers, live), live, crowd, sockets, subscriptions)


def _killed(owner: Process, live: LiveUpstreamProcess, crowd: Clients, sockets: int, subscriptions: int) -> TakeOver:
    """Kill the owner, and measure until all have events again."""
    seen = live.counts()
    os.kill(owner.pid, signal.SIGKILL)
    killed = time.monotonic()
    later = [number + 1 for number in seen.sent]

    def passed(condition: Callable[[], bool]) -> float:
        while not condition():
            if time.monotonic() - killed > _RESUMED_WITHIN:
                raise BenchError(f"Nothing has come for {_RESUMED_WITHIN:g} s since the owner was killed.")
            time.sleep(_LOOKS_EVERY)
        return time.monotonic() - killed

    socket = passed(lambda: live.counts().sockets > seen.sockets)
    steady = passed(lambda: _have(crowd.status().steady, later))
    everybody = passed(lambda: crowd.status().has_all(later))
    time.sleep(_SETTLES_IN)
    live.set_rate(0.1)
    sent = live.counts().sent
    status, series = crowd.wait_for(sent, _RECEIVED_WITHIN), crowd.series()
    return TakeOver(
        crowd.count, status.moved, sockets, subscriptions, socket, steady, everybody,
        missing=_missing(series), different=_different(series), doubled=_doubled(series),
        is_complete=status.has_all(sent), failures=status.failures,
    )  # fmt: skip


def _have(expected: Sequence[int], numbers: Sequence[int]) -> bool:
    return all(due > number for due, number in zip(expected, numbers, strict=True))


def _missing(series: SeriesSeen) -> int:
    references = (_reference(series, channel) for channel in range(len(CHANNELS)))
    return sum(item.came - item.due for breaks in references for item in breaks)


def _reference(series: SeriesSeen, channel: int) -> Breaks:
    """Return the breaks of the clients that have never lost their connection; most of them, if they differ."""
    steady = series.series[channel] - series.moved[channel]
    if not steady:
        raise BenchError(f"All clients of {CHANNELS[channel].name} have lost their connection.")
    return steady.most_common(1)[0][0]


def _different(series: SeriesSeen) -> int:
    return sum(counts.total() - counts[_reference(series, channel)] for channel, counts in enumerate(series.series))


def _doubled(series: SeriesSeen) -> int:
    return sum(
        clients
        for counts in series.series
        for breaks, clients in counts.items()
        if any(item.came < item.due for item in breaks)
    )


def _owner(servers: Sequence[Process], live: LiveUpstreamProcess) -> Process:
    """Return the server that is connected to the upstream's socket."""
    port = urlsplit(live.process.url).port
    assert port is not None  # noqa: S101  # as it prints it
    connected = set(_connected(port))
    owners = [server for server in servers if connected & set(_sockets(server.pid))]
    if len(owners) != 1:
        raise BenchError(f"{len(owners)} of {len(servers)} replicas are connected to the WebSocket.")
    return owners[0]


def _connected(port: int) -> Iterator[str]:
    """Yield the inodes of connections to the port."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == _ESTABLISHED and int(words[2].rpartition(":")[2], 16) == port:
            yield words[9]


def _sockets(pid: int) -> Iterator[str]:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            target = str(entry.readlink())
            if target.startswith("socket:["):
                yield target[len("socket:[") : -1]
