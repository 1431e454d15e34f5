"""Cursors: those that were given out are understood, and whatever else is sent gets a typed answer."""

import base64
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cg_client.errors import BadArgument
from live.cursor import Cursor
from live.ring import Ring
from tests.live.rig import LIQUIDATIONS, PRICE, PRICE_PATH, LiveRig, liquidation

_MAX_MS = 253_402_300_799_000  # the end of the year 9999


@pytest.fixture
async def rig() -> AsyncIterator[LiveRig]:
    rig = LiveRig()
    yield rig
    await rig.close()


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@settings(deadline=None)
@given(st.text("abcXYZ019-_", max_size=12), st.integers(0, 10**12), st.integers(0, _MAX_MS))
def test_a_cursor_is_read_as_it_was_written(epoch: str, position: int, time_ms: int) -> None:
    cursor = Cursor(epoch, position, time_ms)
    assert Cursor.parse(str(cursor)) == cursor


@settings(deadline=None)
@given(st.text() | st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode()))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    with contextlib.suppress(BadArgument):
        assert Cursor.parse(text).time.tzinfo is not None


@pytest.mark.parametrize(
    "text",
    [
        "zzz",
        "a" * 201,
        "x" * 1_000_000,
        encoded("epoch.1"),
        encoded("epoch.-1.1"),
        encoded("epoch.1.1.1"),
        encoded(f"epoch.1.{10**17}"),
        encoded("epoch.1.1e3"),
        encoded("epoch.\u0661.1"),
        "é",
    ],
)
async def test_what_is_no_cursor_is_bad_input_that_costs_nothing(rig: LiveRig, text: str) -> None:
    for query in (PRICE, LIQUIDATIONS):
        reader = await rig.subscribe(query, after=text)
        assert reader.kinds == ["BAD_USER_INPUT"]
        assert "cursor" in reader.values[0]["message"]
        assert reader.client.is_ended
        reader.close()
    assert not rig.rest.calls
    assert not rig.socket.opened
    assert len(rig.feeds) == len(rig.broadcasts) == 0


async def test_no_cursor_is_from_now_on(rig: LiveRig) -> None:
    for after in (None, ""):
        reader = await rig.subscribe(PRICE, after=after)
        assert reader.kinds == ["POLLED", "snapshot"]


async def test_a_cursor_of_another_feed_or_of_the_future_is_a_gap(rig: LiveRig) -> None:
    reader = await rig.subscribe(PRICE)
    epoch, position, time_ms = Cursor.parse(reader.cursor)
    await rig.elapse(1)
    for cursor in (
        Cursor("another", 1, time_ms),
        Cursor(epoch, position + 1, time_ms),
        Cursor(epoch, 10**100, time_ms),
        Cursor(epoch, position + 1, time_ms + 86_400_000),
    ):
        again = await rig.subscribe(PRICE, after=str(cursor))
        assert again.kinds == ["RESUMED", "POLLED", "snapshot"]
        assert again.values[0]["gapSeconds"] == (1 if cursor.time_ms == time_ms else None)
    assert rig.calls(PRICE_PATH) == 1


async def test_the_length_of_a_gap_in_which_the_clock_was_set_back_is_unknown(rig: LiveRig) -> None:
    first = await rig.subscribe(LIQUIDATIONS)
    rig.socket.listener.connected()
    await rig.elapse(1)
    cursor = first.cursor
    first.close()
    await rig.elapse(40)  # the feed is gone
    rig.clock.jump(timedelta(hours=-1))
    again = await rig.subscribe(LIQUIDATIONS, after=cursor)
    assert again.kinds[0] == "RESUMED"
    assert again.values[0]["gapSeconds"] is None


async def test_each_event_has_the_cursor_from_which_the_rest_follows(rig: LiveRig) -> None:
    first = await rig.subscribe(LIQUIDATIONS)
    rig.socket.listener.connected()
    for number in range(6):
        await rig.send([liquidation(number)])
        await rig.elapse(1)
    values = first.values
    assert first.kinds == ["CONNECTED", *["rows"] * 6]
    for index, value in enumerate(values):
        again = await rig.subscribe(LIQUIDATIONS, after=value["cursor"])
        rows = [order["price"] for item in again.values for order in item["data"]["orders"]]
        assert rows == list(range(index, 6))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 12)), max_size=30),
    st.integers(1, 20),
)
def test_a_ring_keeps_the_newest_items_within_its_limit(items: list[tuple[int, int]], limit: int) -> None:
    ring: Ring[int] = Ring(limit)
    every: list[tuple[int, int]] = []
    forgotten = 0
    for weight, forget in items:
        every.append((ring.last, weight))
        assert ring.append(ring.last, weight) == len(every)
        ring.forget(forget)
        forgotten = max(forgotten, min(forget, ring.last - 1))
        remaining = every[ring.first - 1 :]
        assert remaining
        assert len(remaining) == 1 or sum(weight for _, weight in remaining) <= limit
        assert ring.weight == sum(weight for _, weight in remaining)
        assert ring.first > forgotten
        for position in range(ring.last + 2):
            assert ring.holds(position) == (ring.first - 1 <= position <= ring.last)
            if ring.holds(position):
                assert list(ring.after(position)) == [item for item, _ in every[position:]]
