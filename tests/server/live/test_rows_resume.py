"""Clients of a channel that are cut or read slowly have the rows of others, or are told how many they have not."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.live.rig import LIQUIDATIONS, LiveRig, Value, kind_of, liquidation
from tests.server.live.clients import FEW_EXAMPLES, ResumingClient, Step, client_steps

row_steps = st.one_of(
    client_steps,
    st.tuples(st.just("rows"), st.integers(1, 6), st.integers(1, 4)),
    st.tuples(st.just("rows"), st.just(40), st.just(1)),
    st.tuples(st.just("elapse"), st.integers(0, 1), st.just(0)),
    st.tuples(st.just("leave"), st.sampled_from([1, 40]), st.integers(0, 2)),
)


def check_rows(seen: Sequence[Value], expected: Sequence[int], *, is_exact: bool) -> None:
    """Check that all rows are there, in order, but for those that a status counts, or RESUMED says are not known.

    Without `is_exact` the counts are upper bounds: what a feed dropped, the selection may not have had.
    """
    position, dropped, may_jump = 0, 0, False
    for index, value in enumerate(seen):
        match kind_of(value):
            case "LAGGING":
                dropped += value["dropped"]
            case "RESUMED":
                may_jump = True
            case "CUT" if kind_of(seen[index - 1]) == "LAGGING":
                dropped = 0  # its cursor was used, with which all that was dropped comes after all
            case "rows":
                numbers = [int(order["price"]) for order in value["data"]["orders"]]
                at = expected.index(numbers[0])
                assert at >= position, "a row came twice"
                if not may_jump:
                    assert at == position + dropped or (not is_exact and at < position + dropped)
                assert numbers == list(expected[at : at + len(numbers)])
                position, dropped, may_jump = at + len(numbers), 0, False
    if is_exact and not may_jump:
        assert position + dropped == len(expected)


@FEW_EXAMPLES
@given(st.lists(row_steps, max_size=40), st.sampled_from([300, 2_000, 100_000]), st.sampled_from([8, 50, 10_000]))
def test_rows_of_a_channel(steps: list[Step], ring_bytes: int, ring_events: int) -> None:
    asyncio.run(_Rows(ring_bytes, ring_events).run(steps))


class _Rows:
    def __init__(self, ring_bytes: int, ring_events: int) -> None:
        self.rig, self.ring_events = LiveRig(ring_bytes=ring_bytes), ring_events
        # The first two share an operation; the others have two more on the same feed, one of which selects odd rows.
        self.clients = [
            ResumingClient({}),
            ResumingClient({}),
            ResumingClient({"minUsd": 0.5}),
            ResumingClient({"minUsd": 100}),
        ]
        self.sent: list[int] = []

    async def connect(self, member: ResumingClient) -> None:
        if member.reader is None:
            member.seen.append({"state": "CUT"})
            member.reader = await self.rig.subscribe(LIQUIDATIONS, **member.variables, after=member.cursor)

    async def connect_all(self) -> None:
        """Connect those that are not; if none is, that starts a new feed."""
        is_new = not self.rig.socket.listeners
        for member in self.clients:
            await self.connect(member)
        if is_new:
            for feed in self.rig.feeds._feeds.values():
                feed.ring.limit = self.ring_events
            self.rig.socket.listener.connected()
            await self.rig.elapse(1)
        for member in self.clients:
            member.see()

    async def run(self, steps: Sequence[Step]) -> None:
        await self.connect_all()
        for kind, first, second in steps:
            await self.step(kind, first, second)
        await self.rig.elapse(1)
        await self.connect_all()
        reference = self.clients[0]
        for member in self.clients:
            await self.read_all(member)
            expected = [row for row in self.sent if usd(row) >= member.variables.get("minUsd", 0)]
            is_exact = "minUsd" not in member.variables or all(kind_of(value) != "LAGGING" for value in reference.seen)
            check_rows(member.seen, expected, is_exact=is_exact)
            member.cut(0)
        await self.rig.close()
        assert len(self.rig.broadcasts) == len(self.rig.socket.listeners) == 0

    async def step(self, kind: str, first: int, second: int) -> None:
        match kind:
            case "rows":
                for _ in range(second):
                    numbers = range(len(self.sent), len(self.sent) + first)
                    await self.rig.send([liquidation(number, usd(number)) for number in numbers])
                    self.sent += numbers
            case "elapse":
                await self.rig.elapse(first) if first else await self.rig.settle()
            case "leave":
                for member in self.clients:
                    member.cut(second)
                await self.rig.elapse(first)
                await self.connect_all()
            case "return":
                await self.connect(self.clients[first])
            case _:
                self.clients[first].step(kind, second)

    async def read_all(self, member: ResumingClient) -> None:
        """Let a client read until nothing is left for it."""
        assert member.reader is not None
        for _ in range(4):
            member.reader.read()
            await self.rig.elapse(1)
        member.see()


def usd(number: int) -> float:
    return 1000.0 if number % 2 else 10.0
