"""What a replica tells of the entries of a stream, one after the other."""

from datetime import timedelta

import pytest

from cg_client.errors import UpstreamTimeout
from cg_client.live.events import EventBatch
from cg_client.live.notes import (
    ChannelInterrupted,
    ChannelNote,
    ChannelResumed,
    EventsReceived,
    NoteListener,
)
from cg_client.live.stream import EventNumber
from cg_client.secret import Secret
from shared.store.address import parse_address
from shared.store.scope import Scope
from shared.store.store import Store
from shared.streams.channel_codec import encode_note
from shared.streams.followed_channel import FollowedChannel, Following
from shared.streams.stream_store import RawEntry, StoredStream, StreamStore
from shared.streams.stream_times import StreamTimes
from tests.cg_client.live.rig import LIQUIDATIONS
from tests.clock import START, FakeClock
from tests.live.rig import liquidation

EPOCH = "first"
NOW_MS = 5_000_000
UNREADABLE = b"damaged"
FAILURE = UpstreamTimeout("CoinGlass sends nothing.")


class NumberedListener(NoteListener):
    """Lists notes, and takes any numbers."""

    def __init__(self) -> None:
        self.notes: list[ChannelNote] = []
        super().__init__(self.notes.append)

    def number_next(self, number: EventNumber | None, time_ms: int | None = None, *, is_event: bool = True) -> None:
        pass

    @property
    def kinds(self) -> list[str]:
        return [type(note).__name__ for note in self.notes]


class StreamReading:
    """A channel that follows a stream whose entries a test writes."""

    def __init__(self, status: str = "live") -> None:
        self.clock, self.listener = FakeClock(), NumberedListener()
        store = Store(parse_address("valkey://127.0.0.1:1"), self.clock)  # which nothing here needs
        scope = Scope.of(Secret("key-of-the-test"), "https://example.com")
        self.streams = StreamStore(store, scope, self.clock, "replica", StreamTimes(), 100)
        self.streams.time.note(NOW_MS)
        self.channel = FollowedChannel(
            LIQUIDATIONS, self.listener, self.streams, self.clock, StreamTimes(), lambda _: None
        )
        self.channel.attach(StoredStream(EPOCH, 0, status, NOW_MS, b"", NOW_MS, "owner", "0-0", None, 1), None)
        self.listener.notes.clear()

    def take(self, *entries: RawEntry) -> list[str]:
        """Return the kinds of what the listener is told."""
        self.listener.notes.clear()
        self.channel.take(entries)
        return self.listener.kinds


def entry(number: int, note: ChannelNote | None = None, payload: bytes | None = None, at_ms: int = NOW_MS) -> RawEntry:
    batch = EventBatch(channel=LIQUIDATIONS, events=[liquidation(number)], received_at=START)
    data = payload or encode_note(note or EventsReceived(batch), START + timedelta(milliseconds=at_ms - NOW_MS))
    fields = {b"a": at_ms, b"e": EPOCH, b"n": number, b"w": "owner", b"s": number}
    return f"{at_ms}-{number}", {name: str(value).encode() for name, value in fields.items()} | {b"d": data}


def test_an_entry_that_cannot_be_read_is_told_as_a_gap() -> None:
    reading = StreamReading()
    assert reading.take(entry(1), entry(2, payload=UNREADABLE), entry(3)) == [
        "EventsReceived",
        "ChannelResumed",
        "EventsReceived",
    ]
    assert reading.channel.unreadable == 1


def test_an_entry_that_was_read_before_is_no_gap_when_it_comes_again_unreadable() -> None:
    reading = StreamReading()
    reading.take(entry(1), entry(2))
    assert reading.take(entry(2, payload=UNREADABLE), entry(3)) == ["EventsReceived"]


def test_an_entry_that_cannot_be_read_while_the_channel_is_interrupted_is_within_the_gap_at_its_end() -> None:
    reading = StreamReading()
    reading.take(entry(1), entry(2, ChannelInterrupted(FAILURE)))
    reading.clock.advance(2)
    assert reading.take(entry(3, payload=UNREADABLE, at_ms=NOW_MS + 1000)) == []
    resumed = ChannelResumed(reading.clock.now() - timedelta(seconds=2), 2)
    kinds = reading.take(entry(4, resumed, at_ms=NOW_MS + 2000), entry(5, at_ms=NOW_MS + 2000))
    assert (kinds[-2:], set(kinds[:-1])) == (["ChannelResumed", "EventsReceived"], {"ChannelResumed"})


@pytest.mark.parametrize("others_waited", [0.5, 7])
def test_a_gap_begins_no_later_than_this_replica_waits_for_the_channel(others_waited: float) -> None:
    reading = StreamReading("down")
    began = reading.clock.now()
    reading.clock.advance(3)
    now = reading.clock.now()
    note = ChannelResumed(now - timedelta(seconds=others_waited), others_waited)
    reading.take(entry(1, note, at_ms=NOW_MS + 3000))
    (gap,) = [item for item in reading.listener.notes if isinstance(item, ChannelResumed)]
    assert gap.gap_start == min(began, note.gap_start)
    assert gap.gap_start + timedelta(seconds=gap.seconds) == now


def test_a_wait_lasts_until_the_channel_is_live() -> None:
    reading = StreamReading("down")
    began = reading.clock.now()
    reading.clock.advance(3)
    reading.take(entry(1, ChannelInterrupted(FAILURE), at_ms=NOW_MS + 3000))
    note = ChannelResumed(reading.clock.now(), 0)
    reading.take(entry(2, note, at_ms=NOW_MS + 3000))
    assert [item.gap_start for item in reading.listener.notes if isinstance(item, ChannelResumed)] == [began]
    reading.take(entry(3, ChannelInterrupted(FAILURE), at_ms=NOW_MS + 3000), entry(4, note, at_ms=NOW_MS + 3000))
    assert reading.listener.notes[-1] == note


def test_a_listener_that_fails_does_not_end_what_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = StreamReading()

    def fail(*_: object) -> None:
        monkeypatch.undo()
        raise TypeError

    monkeypatch.setattr(reading.listener, "received", fail)
    assert reading.take(entry(1), entry(2), entry(3)) == ["EventsReceived"] * 2
    assert reading.channel.source is Following.STREAM
