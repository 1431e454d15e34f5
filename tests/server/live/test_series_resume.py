"""Clients of a series that are cut or read slowly have the points of those that are not."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cg_client.errors import ProblemCode
from graph_types.stream_status import StreamStatus
from live.cursor import Cursor
from live.feeds import LINGER_SECONDS
from live.polled_field import whole
from live.source import Source
from payloads.updates import Update
from server.live.broadcast import Broadcast
from server.live.counts import BroadcastCounts
from tests.clock import SteppedClock
from tests.live.rig import Reader, Value, kind_of
from tests.live.series import PERIOD, ScriptedFeed, series, unavailable
from tests.server.live.clients import CLIENTS, FEW_EXAMPLES, ResumingClient, Step, client_steps

series_steps = st.one_of(
    client_steps,
    st.tuples(st.sampled_from(["revise", "vanish", "new", "slide", "fail"]), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("elapse"), st.sampled_from([0, 1, 40]), st.just(0)),
    st.tuples(st.just("leave"), st.sampled_from([1, 40]), st.integers(0, 2)),
)


@FEW_EXAMPLES
@given(st.lists(series_steps, max_size=40), st.sampled_from([150, 1_000, 100_000]), st.sampled_from([1, 6, 10_000]))
def test_points_of_a_series(steps: list[Step], ring_bytes: int, ring_rows: int) -> None:
    asyncio.run(_Points(ring_bytes, ring_rows).run(steps))


class _Points:
    """`current`: the series as CoinGlass has it, by time."""

    def __init__(self, ring_bytes: int, ring_rows: int) -> None:
        self.clock = SteppedClock()
        self.current = {time: float(time) for time in range(5)}
        self.ring_bytes, self.ring_rows = ring_bytes, ring_rows
        self.feed: ScriptedFeed | None = None
        self.broadcasts: dict[str, Broadcast] = {}
        self.clients = [
            ResumingClient({"of": "a"}),
            ResumingClient({"of": "a"}),
            ResumingClient({"of": "b"}),
            ResumingClient({"of": "b"}),
        ]
        self.times, self.closes = count(5), count(100)

    async def connect(self, member: ResumingClient) -> None:
        if member.reader is not None:
            return
        if self.feed is None:  # as after the linger
            self.feed = ScriptedFeed(self.clock, series(self.current), ring_rows=self.ring_rows)
        name = member.variables["of"]
        if name not in self.broadcasts:
            source = Source(self.feed, name, whole)
            forget = partial(self.broadcasts.__delitem__, name)
            self.broadcasts[name] = Broadcast(source, render, BroadcastCounts(), forget, self.ring_bytes)
        after = None if member.cursor is None else Cursor.parse(member.cursor)
        member.reader = Reader(await self.broadcasts[name].join(after))

    async def connect_all(self) -> None:
        for member in self.clients:
            await self.connect(member)

    async def run(self, steps: Sequence[Step]) -> None:
        await self.connect_all()
        for kind, first, second in steps:
            await self.step(kind, first, second)
        await self.connect_all()
        await self.poll(self.current)
        for member in self.clients:
            for _ in range(4):
                member.read()
                await self.clock.elapse(1)
            member.see()
            assembled = assemble(member.seen)
            window = {time: close for time, close in assembled.items() if time >= min(self.current)}
            assert window == self.current
            member.cut(0)
        assert self.feed is not None
        await self.feed.close()
        assert not self.broadcasts
        assert not self.clock.sleeping

    async def poll(self, current: Mapping[int, float]) -> None:
        if self.feed is not None:
            self.current, self.feed.answer = dict(current), series(current)
            await self.clock.elapse(41)  # also if the quota was short

    async def step(self, kind: str, first: int, second: int) -> None:
        times = sorted(self.current)
        chosen = times[first % len(times)]
        newest = {next(self.times): float(next(self.closes))}
        match kind:
            case "revise":
                await self.poll({**self.current, chosen: float(next(self.closes))})
            case "vanish" if len(times) > 1:
                await self.poll({time: close for time, close in self.current.items() if time != chosen})
            case "new":
                await self.poll(self.current | newest)
            case "slide":
                await self.poll({time: self.current[time] for time in times[1:]} | newest)
            case "fail":
                await self.fail([ProblemCode.QUOTA_EXHAUSTED, ProblemCode.UPSTREAM_ERROR][first % 2])
            case "elapse":
                await self.clock.elapse(first)
            case "leave":
                await self.leave(first, second)
            case "return":
                await self.connect(self.clients[first])
            case _:
                self.clients[first % CLIENTS].step(kind, second)

    async def fail(self, code: ProblemCode) -> None:
        if self.feed is not None:
            self.feed.answer = unavailable(code)
            await self.clock.elapse(PERIOD)
            self.feed.answer = series(self.current)

    async def leave(self, seconds: int, lost: int) -> None:
        for member in self.clients:
            member.cut(lost)
        await self.clock.elapse(seconds)
        if seconds > LINGER_SECONDS and self.feed is not None:
            await self.feed.close()
            self.feed = None
        await self.connect_all()


def assemble(seen: Sequence[Value]) -> dict[int, float]:
    """Return the points that a client has, by time."""
    points: dict[int, float] = {}
    for value in seen:
        match kind_of(value):
            case "snapshot":
                points = dict(value["points"])
            case "changes":
                points.update(value["points"])
    return points


async def render(value: Any) -> bytes:  # an event
    """Encode the parts of an event that clients of series read."""
    if isinstance(value, Update):
        points = [(row.timestamp, row.close) for row in value.data.candles]
        event = {"cursor": value.cursor, "isSnapshot": value.is_snapshot, "points": points}
    elif isinstance(value, StreamStatus):
        event = {"cursor": value.cursor, "state": value.state.name, "dropped": value.dropped}
    else:
        event = {"code": value.code.name}
    await asyncio.sleep(0)  # so that everything may happen meanwhile
    return json.dumps({"data": {"it": event}}).encode()
