"""Replicas that share one socket, in one process: each with a store connection, a client, a socket and subscribers."""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, cast

from cg_client.client import Client
from cg_client.client_config import ClientConfig
from cg_client.clock import Clock
from cg_client.live.events import OrderEvent
from cg_client.live.socket import UpstreamSocket
from cg_client.plans.plan_table import Plan
from cg_client.secret import Secret
from graph_types.stream_status import StreamStatus
from live.channel_feed import ChannelFeed
from live.cursor import Cursor
from live.events import Changes, NewRows
from live.feeds import Feeds
from live.reopening_socket import ReopeningSocket
from live.source import Presented, Source
from server.live.broadcast import Broadcast, BroadcastClient
from server.live.counts import BroadcastCounts
from shared.store.address import parse_address
from shared.store.scope import Scope
from shared.store.store import LIMIT as STORE_LIMIT
from shared.store.store import Store
from shared.streams.shared_socket import SharedSocket
from shared.streams.stream_times import StreamTimes
from tests.cg_client.live.rig import CAMEL, LIQUIDATIONS, StandIn, order, standing_in
from tests.store_server import StoreServer

TIMES = StreamTimes(
    beat=0.05, lease=0.4, gone=1.0, patience=0.2, settle=0.3, backlog=2.0, lag=0.15, block=0.05, pace=0.002
)
# For tests in which no replica loses the store or the socket: a busy machine is not taken for a loss.
CALM = replace(TIMES, lease=20.0, gone=40.0, patience=20.0)
TOLERANCE = 0.05  # seconds between the sending of an event and its reading
PATIENCE = 20.0
_PAUSE = 0.005


class StreamMarket:
    """CoinGlass: numbers what it sends, and sends it to every connection that is subscribed."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self.sent: dict[int, float] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def sockets(self) -> int:
        return self.stand_in.open

    async def send(self, count: int = 1) -> None:
        for _ in range(count):
            number = len(self.sent) + 1
            self.sent[number] = time.time()
            await self.repeat(number)

    async def repeat(self, *numbers: int) -> None:
        """Send events, perhaps again."""
        rows = [order(number) for number in numbers]
        for peer in self.stand_in.peers:
            with contextlib.suppress(Exception):  # of a connection that is gone
                await peer.send_rows(CAMEL, *rows)

    def flow(self, every: float = 0.01) -> None:
        """Send events from now on."""
        self._task = asyncio.create_task(self._flow(every))

    async def _flow(self, every: float) -> None:
        while True:
            await self.send()
            await asyncio.sleep(every)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None


class StreamSubscriber:
    """Reads a broadcast, over all of its connections.

    Where the cursor is not known, `RESUMED` comes first, and then the stream as that replica has it: it may be behind.
    """

    def __init__(self) -> None:
        self.values: list[dict[str, Any]] = []
        self._begins = [0]  # indexes of values that do not go on from those before
        self._client: BroadcastClient | None = None

    @property
    def cursor(self) -> Cursor | None:
        return next((Cursor.parse(value["cursor"]) for value in reversed(self.values) if value["cursor"]), None)

    @property
    def numbers(self) -> list[int]:
        return [number for value in self.values for number in value.get("numbers", ())]

    @property
    def kinds(self) -> list[str]:
        """The notices."""
        return [value["state"] for value in self.values if "state" in value]

    def kinds_from(self, index: int) -> list[str]:
        return [value.get("state", "events") for value in self.values[index:]]

    @property
    def summary(self) -> list[str]:
        """What came, with runs of numbers made short."""
        parts: list[str] = []
        for value in self.values:
            epoch = Cursor.parse(value["cursor"]).epoch[:3] if value["cursor"] else ""
            if "state" in value:
                parts.append(
                    f"{value['state']} {value.get('start', 0) % 1000:.3f}+{value.get('seconds', 0):.3f} {epoch}"
                )
            elif parts and parts[-1].endswith(f" to {value['numbers'][0] - 1} {epoch}"):
                first = parts[-1].partition(" to ")[0]
                parts[-1] = f"{first} to {value['numbers'][-1]} {epoch}"
            else:
                parts.append(f"{value['numbers'][0]} to {value['numbers'][-1]} {epoch}")
        return parts

    @property
    def notices(self) -> list[dict[str, Any]]:
        """The notices, each with the number before it."""
        last, result = 0, []
        for value in self.values:
            last = value["numbers"][-1] if value.get("numbers") else last
            if "state" in value:
                result.append(value | {"after": last})
        return result

    async def join(self, replica: "StreamReplica") -> None:
        before = len(self.values)
        self._client = await replica.join(self.cursor)
        self._client.attach(self._read)
        if before and self.kinds_from(before)[:1] == ["RESUMED"]:
            self._begins.append(before)

    def _read(self) -> None:
        while self._client is not None and (bodies := self._client.take()):
            self.values += [json.loads(body) | {"at": time.time()} for body in bodies]

    def cut(self, unread: int = 0) -> None:
        """Lose the connection, and what was under way."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if unread:
            del self.values[-unread:]

    def losses(self, sent: dict[int, float]) -> list[int]:
        """Return the numbers that are missing between the first and the last, and in no gap that was told."""
        numbers = self.numbers
        gaps = []
        for value, following in zip(self.values, [*self.values[1:], {}], strict=True):
            if "start" in value:
                is_later = following.get("state") == "CONNECTED"  # what the replica had was not open yet
                gaps.append((value["start"], following["at"] if is_later else value["start"] + value["seconds"]))
        missing = sorted(set(range(min(numbers), max(numbers))) - set(numbers))
        return [
            number
            for number in missing
            if not any(start - TOLERANCE <= sent[number] <= end + TOLERANCE for start, end in gaps)
        ]

    def check(self, sent: dict[int, float]) -> None:
        for begin, end in itertools.pairwise([*self._begins, len(self.values)]):
            numbers = [number for value in self.values[begin:end] for number in value.get("numbers", ())]
            assert numbers == sorted(set(numbers)), f"twice or out of order: {_disorder(numbers)}: {self.summary}"
        assert self.losses(sent) == [], [(number, sent[number]) for number in self.losses(sent)] + self.notices


def _disorder(numbers: Sequence[int]) -> list[int]:
    return [
        later for index, later in enumerate(numbers) if later in numbers[:index] or later < max(numbers[: index + 1])
    ]


class StoreLine:
    """A replica's way to the store, which can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self.url = ""

    def cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def heal(self) -> None:
        self._is_cut = False

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["StoreLine"]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.url = f"valkey://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield self
            self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._is_cut:
                raise ConnectionError
            from_store, to_store = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, to_store}
        self._writers |= both
        with contextlib.suppress(OSError):
            await asyncio.wait(
                [asyncio.create_task(_pass_on(reader, to_store)), asyncio.create_task(_pass_on(from_store, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        for each in both:
            each.transport.abort()
        self._writers -= both


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)


class StreamReplica:
    def __init__(self, name: str, store_url: str, socket_url: str, times: StreamTimes, ring_rows: int) -> None:
        clock = Clock()
        config = ClientConfig(api_key=Secret("key-of-the-test"), socket_url=socket_url, plan=Plan.STANDARD)
        self.client = Client(config, clock=clock)
        self.upstream = UpstreamSocket(self.client, jitter=lambda: 0.0)
        limit = max(STORE_LIMIT, times.patience / 2)  # an operation of a calm store may take long
        self.store = Store(parse_address(store_url), clock, limit=limit)
        scope = Scope.of(config.api_key, "https://example.com")
        local = ReopeningSocket(self.upstream, clock)
        self.socket = SharedSocket(local, self.store, scope, clock, name, times, ring_rows)
        self.feeds = Feeds(self.socket, clock)
        self._broadcast: Broadcast | None = None
        self.is_killed = False

    @property
    def feed(self) -> ChannelFeed:
        def make() -> ChannelFeed:
            return ChannelFeed(self.socket, LIQUIDATIONS, lambda event: event, self.client.gate, self.client.clock)

        return cast("ChannelFeed", self.feeds.feed(LIQUIDATIONS, make))

    async def join(self, after: Cursor | None) -> BroadcastClient:
        if self._broadcast is None:
            source = Source(self.feed, LIQUIDATIONS, present)
            self._broadcast = Broadcast(source, render, BroadcastCounts(), self._forget)
        return await self._broadcast.join(after)

    def _forget(self) -> None:
        self._broadcast = None

    async def kill(self) -> None:
        """End it as SIGKILL does: nothing is handed over, and connections break."""
        self.is_killed = True
        socket, writer = self.socket, self.socket._writer
        session = self.upstream._session
        if session is not None:
            session._connection._socket.transport.abort()
        for task in (socket._task, None if writer is None else writer._task, self.upstream._task):
            if task is not None:
                task.cancel()
        await self.store.close()
        await self.client.close()

    async def close(self) -> None:
        if not self.is_killed:
            await self.feeds.close()
            await self.client.close()
            await self.store.close()


def present(event: NewRows | Changes, cursor: str) -> Presented:
    assert isinstance(event, NewRows)
    first = order()["time"]
    numbers = [cast("OrderEvent", row).time_ms - first for row in event.rows]
    return Presented({"numbers": numbers, "cursor": cursor}, len(numbers))


async def render(value: object) -> bytes:
    if isinstance(value, dict):
        return json.dumps(value).encode()
    if isinstance(value, StreamStatus):
        status: dict[str, Any] = {"state": value.state.value, "cursor": value.cursor}
        if value.gap_start is not None:
            assert value.gap_seconds is not None
            status |= {"start": value.gap_start.timestamp(), "seconds": value.gap_seconds}
        return json.dumps(status).encode()
    return json.dumps({"state": value.code.value, "cursor": ""}).encode()  # type: ignore[attr-defined]  # a problem


class StreamCluster:
    """`replicas` share the socket to the `market` through the store of `server`."""

    def __init__(self, server: StoreServer, market: StreamMarket, times: StreamTimes, ring_rows: int) -> None:
        self.server, self.market, self._times, self._ring_rows = server, market, times, ring_rows
        self.replicas: list[StreamReplica] = []

    async def add(self, store_url: str | None = None, times: StreamTimes | None = None) -> StreamReplica:
        number = len(self.replicas)
        url = self.market.stand_in.url
        name, times = f"replica-{number}", times or self._times
        replica = StreamReplica(name, store_url or self.server.url, url, times, self._ring_rows)
        self.replicas.append(replica)
        await replica.store.start()
        return replica

    @property
    def owner(self) -> StreamReplica:
        (owner,) = [item for item in self.replicas if item.socket.is_owner and not item.is_killed]
        return owner

    @property
    def followers(self) -> list[StreamReplica]:
        return [item for item in self.replicas if not item.socket.is_owner and not item.is_killed]

    async def close(self) -> None:
        await self.market.stop()
        for replica in self.replicas:
            await replica.close()


@contextlib.asynccontextmanager
async def cluster(
    server: StoreServer, replicas: int = 3, times: StreamTimes = TIMES, ring_rows: int = 20_000
) -> AsyncIterator[StreamCluster]:
    async with standing_in() as stand_in:
        this = StreamCluster(server, StreamMarket(stand_in), times, ring_rows)
        try:
            for _ in range(replicas):
                await this.add()
            yield this
        finally:
            await this.close()


async def eventually(condition: Any, seconds: float = PATIENCE) -> None:  # a function without arguments
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # of many kinds, which set no event
            await asyncio.sleep(_PAUSE)
