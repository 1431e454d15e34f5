"""Many clients in one process, with one epoll."""

import select
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Final, NamedTuple, TypeAlias

from bench.live.channels import CHANNELS
from bench.live.chunks import TICK_US, Break, Chunk, parse
from bench.live.socket_client import ANY_ID, BenchSocketClient, ReplayScript

_OPENING_AT_ONCE: Final = 64
_BLOCK: Final = 256 * 1024  # bytes
_CHUNKS: Final = 4_000  # that are looked up
_READY_AT_ONCE: Final = 512
_PAUSE: Final = 0.002  # seconds, so that few of the server's writes have to wake this process
_TICK_NS: Final = TICK_US * 1000


class ClientPlan(NamedTuple):
    """`size` clients take the scripts in turn; one more, beside them, has the script `direct`, if there is one.

    The scripts are those of the channels in turn, at one server after the other. With `moves_on`, a client whose
    connection ends goes on at the next server, after its cursor.
    """

    size: int
    scripts: Sequence[ReplayScript]
    direct: ReplayScript | None = None
    receive_buffer: int | None = None
    moves_on: bool = False


class GetStatus(NamedTuple):
    """Asks for a ClientStatus."""


class Rest(NamedTuple):
    """Asks to read nothing for so many seconds. There is no answer."""

    seconds: float


class GetReadings(NamedTuple):
    """Asks for the Readings from `since` until `until`, and forgets what is older."""

    since: int
    until: int


class GetSeries(NamedTuple):
    """Asks for the SeriesSeen."""


Breaks: TypeAlias = tuple[Break, ...]
Command: TypeAlias = GetStatus | Rest | GetReadings | GetSeries


class SeriesSeen(NamedTuple):
    """By channel, how many clients have had a series with the same breaks, and how many of them have `moved`."""

    series: Sequence[Counter[Breaks]]
    moved: Sequence[Counter[Breaks]]


class ClientStatus(NamedTuple):
    """`receiving`: clients that have had an event. `expected`: by channel, the lowest number that one expects next.

    `gaps`: clients with missing or doubled events; `told`: those that were told of `dropped` events. `cpu_seconds`:
    since the start of the process. `moved`: clients that have gone on at another server. `steady`: `expected` of those
    whose connection has never ended.
    """

    receiving: int
    expected: Sequence[int]
    steady: Sequence[int]
    gaps: int
    lagging: int
    dropped: int
    failures: Sequence[str]
    cpu_seconds: float
    moved: int

    def has_all(self, sent: Sequence[int]) -> bool:
        """Whether each client has the events up to those numbers."""
        return all(expected > last for expected, last in zip(self.expected, sent, strict=True))


@dataclass
class Readings:
    """`delays`: in ticks, of the events that were sent in that time, each as often as it was read.

    `direct`: the same of the client that has them from the upstream. `deliveries` and `messages` were read in the time.
    """

    delays: Counter[int] = field(default_factory=Counter)
    direct: Counter[int] = field(default_factory=Counter)
    deliveries: int = 0
    messages: int = 0

    def add(self, other: "Readings") -> None:
        self.delays += other.delays
        self.direct += other.direct
        self.deliveries += other.deliveries
        self.messages += other.messages


class ClientProcess:
    def __init__(self, plan: ClientPlan, address: str, parent: Connection) -> None:
        self._plan, self._address, self._parent = plan, address, parent
        self._buffer = memoryview(bytearray(_BLOCK))  # in its place, `recv` would allocate as much each time
        self._poll = select.epoll()
        self._poll.register(parent.fileno(), select.EPOLLIN)
        self._clients: dict[int, BenchSocketClient] = {}  # by file descriptor
        self._opening: set[int] = set()
        self._ended: deque[int] = deque()  # numbers of clients that are to move on
        self._order: list[BenchSocketClient] = []
        self._indexes: dict[int, int] = {}  # of clients that have moved: which of the scripts they have
        self._chunks: dict[bytes, Chunk] = {}
        self._old: list[Chunk] = []  # that are no longer looked up
        self._direct = None if plan.direct is None else BenchSocketClient(plan.direct, address, None)
        self._direct_chunks: list[Chunk] = []
        if self._direct is not None:
            self._add(self._direct)

    def run(self) -> None:
        """Until the parent ends."""
        while True:
            while len(self._order) < self._plan.size and len(self._opening) < _OPENING_AT_ONCE:
                self._open()
            while self._ended and len(self._opening) < _OPENING_AT_ONCE:
                self._move(self._ended.popleft())
            ready = self._poll.poll(maxevents=_READY_AT_ONCE)
            if len(ready) < _READY_AT_ONCE:
                time.sleep(_PAUSE)
            for number, _ in ready:
                client = self._clients.get(number)
                if client is not None:
                    self._read(client, number)
                elif number == self._parent.fileno() and not self._obey():
                    return

    def _open(self) -> None:
        script = self._plan.scripts[len(self._order) % len(self._plan.scripts)]
        client = BenchSocketClient(script, self._address, self._plan.receive_buffer)
        self._order.append(client)
        self._opening.add(client.socket.fileno())
        self._add(client)

    def _move(self, number: int) -> None:
        """Connect a client to the next server; one that does not answer is passed over."""
        former, scripts, channels = self._order[number], self._plan.scripts, len(CHANNELS)
        at = self._indexes.get(number, number % len(scripts))
        self._indexes[number] = index = (at + channels) % len(scripts)
        script = ReplayScript.of_subscription(
            scripts[index].host, scripts[index].port, CHANNELS[index % channels].resumable, former.cursor.decode()
        )
        try:
            client = BenchSocketClient(script, self._address, self._plan.receive_buffer, former)
        except OSError:
            self._ended.append(number)
            return
        self._order[number] = client
        self._opening.add(client.socket.fileno())
        self._add(client)

    def _add(self, client: BenchSocketClient) -> None:
        self._clients[client.socket.fileno()] = client
        self._poll.register(client.socket.fileno(), select.EPOLLIN)

    def _read(self, client: BenchSocketClient, number: int) -> None:
        try:
            data = bytes(self._buffer[: client.recv_into(self._buffer)])
        except OSError as error:
            client.closed, data = repr(error), b""
        tick = time.monotonic_ns() // _TICK_NS
        if not data:
            self._end(client, number)
            return
        if client.tail:
            data = client.tail + data
            client.tail = b""
        data = data.replace(client.id, ANY_ID)  # as all clients of the channel read it
        if number in self._opening or client is self._direct:
            self._read_slowly(client, number, data, tick)
            return
        chunk = self._chunks.get(data)
        if chunk is None:
            chunk = self._remember(data)
        chunk.arrivals[tick] = chunk.arrivals.get(tick, 0) + 1
        if client.expected == chunk.first and chunk.is_regular:
            client.expected, client.cursor = chunk.after, chunk.cursor
        else:
            client.note(chunk)
            if client.closed:
                self._end(client, number)
        if chunk.size < len(data):
            client.tail = data[chunk.size :]

    def _read_slowly(self, client: BenchSocketClient, number: int, data: bytes, tick: int) -> None:
        """Read what a client gets that is still subscribing, or that nobody has in common with it."""
        client.tail = client.go_on(data)
        if client.is_subscribed:
            self._opening.discard(number)
            chunk = parse(client.tail)
            client.tail = client.tail[chunk.size :]
            client.note(chunk)
            if client is self._direct:
                chunk.arrivals[tick] = 1
                self._direct_chunks.append(chunk)
        if client.closed:
            self._end(client, number)

    def _remember(self, data: bytes) -> Chunk:
        if len(self._chunks) >= _CHUNKS:
            self._old += (chunk for chunk in self._chunks.values() if chunk.stamps)
            self._chunks.clear()
        chunk = self._chunks[data] = parse(data)
        return chunk

    def _end(self, client: BenchSocketClient, number: int) -> None:
        client.closed = client.closed or "the end of the connection"
        self._poll.unregister(number)
        self._opening.discard(number)
        del self._clients[number]
        client.socket.close()
        if self._plan.moves_on:
            self._ended.append(self._order.index(client))

    def _obey(self) -> bool:
        """Carry out a command; return False if the parent has gone."""
        try:
            command: Command = self._parent.recv()
        except EOFError:
            return False
        match command:
            case GetStatus():
                self._parent.send(self._status())
            case Rest(seconds):
                time.sleep(seconds)
            case GetSeries():
                self._parent.send(self._series())
            case GetReadings(since, until):
                self._parent.send(self._readings(since, until))
        return True

    def _status(self) -> ClientStatus:
        clients, channels = self._order, len(CHANNELS)
        expected = [[client.expected for client in clients[index::channels]] for index in range(channels)]
        steady = [
            [item.expected for item in clients[index::channels] if not (item.has_moved or item.closed)]
            for index in range(channels)
        ]
        return ClientStatus(
            receiving=sum(client.expected > 0 for client in clients),
            expected=[min(numbers, default=0) for numbers in expected],
            steady=[min(numbers, default=0) for numbers in steady],
            gaps=sum(client.gaps > 0 for client in clients),
            lagging=sum(client.dropped > 0 for client in clients),
            dropped=sum(client.dropped for client in clients),
            failures=[text for client in clients if (text := client.closed or client.problem)],
            moved=sum(client.has_moved for client in clients),
            cpu_seconds=time.process_time(),
        )

    def _series(self) -> SeriesSeen:
        series: list[Counter[Breaks]] = [Counter() for _ in CHANNELS]
        moved: list[Counter[Breaks]] = [Counter() for _ in CHANNELS]
        for number, client in enumerate(self._order):
            channel, breaks = number % len(CHANNELS), tuple(client.breaks)
            series[channel][breaks] += 1
            moved[channel][breaks] += client.has_moved
        return SeriesSeen(series, moved)

    def _readings(self, since: int, until: int) -> Readings:
        readings = Readings()
        for chunk in (*self._old, *self._chunks.values()):
            _add_delays(chunk, since, until, readings.delays)
            reads = sum(clients for tick, clients in chunk.arrivals.items() if since <= tick * TICK_US < until)
            readings.deliveries += reads * len(chunk.stamps)
            readings.messages += reads * chunk.texts
        for chunk in self._direct_chunks:
            _add_delays(chunk, since, until, readings.direct)
        self._old, self._chunks, self._direct_chunks = [], {}, []
        return readings


def _add_delays(chunk: Chunk, since: int, until: int, delays: Counter[int]) -> None:
    for stamp, events in Counter(stamp for stamp in chunk.stamps if since <= stamp < until).items():
        for tick, clients in chunk.arrivals.items():
            delays[tick - stamp // TICK_US] += events * clients


def run(plan: ClientPlan, address: str, parent: Connection) -> None:
    ClientProcess(plan, address, parent).run()
