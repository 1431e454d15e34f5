"""What is measured: many clients at a rate of events, and clients that stop reading beside them."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from bench.live.channels import CHANNELS
from bench.live.chunks import TICK_US
from bench.live.clients import Clients
from bench.live.servers import LiveUpstreamProcess, UpstreamCounts
from bench.live.upstream import now_us
from bench.processes import Process
from server.live.broadcast import RING_BYTES

QUIET_RATE: Final = 5.0  # events a second while clients subscribe
_SETTLES_IN: Final = 3.0  # seconds
_RECEIVED_WITHIN: Final = 30.0
_LOOKS_EVERY: Final = 0.5
_ROW_BYTES: Final = 130  # of a message of ours, at least
_MORE_THAN_FITS: Final = 2 * RING_BYTES + 6_000_000  # bytes: into the server's ring and the buffers of a connection
_MEGABYTE: Final = 1e6


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds from the upstream's sending to the client's reading."""

    p50: float
    p99: float
    longest: float

    @classmethod
    def of(cls, counts: Counter[int]) -> "Delays":
        return cls(*(_quantile(counts, share) * TICK_US / 1000 for share in (0.5, 0.99, 1.0)))


def _quantile(counts: Counter[int], share: float) -> float:
    rank, seen = math.ceil(counts.total() * share), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= rank:
            return value
    return math.nan


@dataclass(frozen=True, slots=True)
class FanOut:
    """Events at one rate, to all clients. `direct`: delays of a client of the upstream, in the clients' processes.

    CPU is of the server; `busy` are the shares of its core and of the clients' that they used.
    """

    rate: float
    seconds: float
    deliveries: int
    messages: int
    is_complete: bool  # each client has had each event once
    delays: Delays
    direct: Delays
    cpu_us: float  # for each delivery
    busy: tuple[float, float]
    late_ms: float  # that the upstream sent an event after its time
    most_bytes: int  # of the server's memory


@dataclass(frozen=True, slots=True)
class SlowReaders:
    """`alone` and `beside`: of the others, before and while some do not read."""

    alone: FanOut
    beside: FanOut
    seconds: float
    others: int
    slow: int
    lagging: int
    dropped: int
    is_exact: bool  # what each was told is what it has not had
    grown_megabytes: float  # at most, while they did not read
    failures: Sequence[str]


@dataclass(frozen=True, slots=True)
class Crowd:
    """All clients of a server: what they take, and what the upstream sees of the server with them."""

    server: str
    clients: int
    kilobytes: float  # of the server, for each client
    connect_ms: float  # CPU of the server, for each client until it got the first event
    sockets: int
    subscriptions: int
    runs: Sequence[FanOut]


class ProcessUsage(NamedTuple):
    """What a server has used until now."""

    cpu_seconds: float
    resident_bytes: int

    @classmethod
    def of(cls, server: Process) -> "ProcessUsage":
        return cls(server.cpu_seconds(), server.resident_bytes())


class Lane:
    """A server with its clients."""

    def __init__(self, server: Process, live: LiveUpstreamProcess, clients: Clients) -> None:
        self._server, self._live, self._clients = server, live, clients

    def crowd(
        self, name: str, before: ProcessUsage, seen: UpstreamCounts, rates: Sequence[float], seconds: float
    ) -> Crowd:
        """Measure the clients at each of the rates; raises BenchError.

        `before`: of the server without any. `seen`: by the upstream until then, of such servers.
        """
        self._clients.wait_until_subscribed()
        connect = self._server.cpu_seconds() - before.cpu_seconds
        runs = [self.fan_out(rate, seconds) for rate in rates]
        counts, count = self._live.counts(name), self._clients.count
        sockets, subscriptions = counts.sockets - seen.sockets, counts.subscriptions - seen.subscriptions
        kilobytes = (self._server.resident_bytes() - before.resident_bytes) / count / 1000
        return Crowd(name, count, kilobytes, connect / count * 1000, sockets, subscriptions, runs)

    def fan_out(self, rate: float, seconds: float, rows: int = 1) -> FanOut:
        """Measure `rate` messages a second with so many events in each; set the quiet rate at the end."""
        self._live.set_rate(rate, rows)
        time.sleep(_SETTLES_IN)
        clients_before = self._clients.status().cpu_seconds
        server_before, since = self._server.cpu_seconds(), now_us()
        most = max(self._memory(seconds))
        server_used, until = self._server.cpu_seconds() - server_before, now_us()
        clients_used = self._clients.status().cpu_seconds - clients_before
        late = self._live.set_rate(QUIET_RATE).worst_delay
        sent = self._live.counts().sent
        status = self._clients.wait_for(sent, _RECEIVED_WITHIN)
        readings = self._clients.readings(since, until)
        return FanOut(
            rate=rate * rows,
            seconds=seconds,
            deliveries=readings.deliveries,
            messages=readings.messages,
            is_complete=status.has_all(sent) and not (status.gaps or status.lagging or status.failures),
            delays=Delays.of(readings.delays),
            direct=Delays.of(readings.direct),
            cpu_us=server_used / max(1, readings.deliveries) * 1e6,
            busy=(server_used / seconds, clients_used / seconds),
            late_ms=late * 1000,
            most_bytes=most,
        )

    def _memory(self, seconds: float) -> Iterator[int]:
        """Yield how much the server has, from time to time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            yield self._server.resident_bytes()
            time.sleep(min(left, _LOOKS_EVERY))

    def slow_readers(self, slow: Clients, rate: float, seconds: float) -> SlowReaders:
        """Measure the others twice, the second time while the slow ones read nothing."""
        rows = math.ceil(_MORE_THAN_FITS / (_ROW_BYTES * seconds * rate / len(CHANNELS)))
        alone = self.fan_out(rate, seconds, rows)
        before = self._server.resident_bytes()
        slow.rest(seconds + _SETTLES_IN)
        beside = self.fan_out(rate, seconds, rows)
        sent = self._live.counts().sent
        status = slow.wait_for(sent, _RECEIVED_WITHIN)
        return SlowReaders(
            alone=alone,
            beside=beside,
            seconds=seconds,
            others=self._clients.count,
            slow=slow.count,
            lagging=status.lagging,
            dropped=status.dropped,
            is_exact=status.has_all(sent) and not status.gaps,
            grown_megabytes=(beside.most_bytes - before) / _MEGABYTE,
            failures=status.failures,
        )
