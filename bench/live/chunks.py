"""What a client read: frames of a WebSocket, and the numbers of the events in them.

Clients of one channel read the same bytes, so that a chunk is parsed once for all of them.
"""

import re
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

TICK_US: Final = 100  # resolution of arrivals and delays
_ITEM: Final = re.compile(
    rb'"price":(\d+)(?:\.0)?,"(?:usd|volUsd)":(\d+)'  # an event
    rb'|"state":"LAGGING","dropped":(\d+)'
    rb'|"cursor":"([^"]*)"'
    rb'|"code":"|"errors":|"type":"error"'  # a problem
)
_TWO_BYTES, _EIGHT_BYTES = 126, 127  # in place of a length: the size of the length that follows
_HEAD: Final = 2


class Break(NamedTuple):
    """The number that was due, and the one that came: a greater one if events are missing."""

    due: int
    came: int


class Frame(IntEnum):
    """First bytes of frames that are whole messages."""

    TEXT = 0x81
    CLOSE = 0x88
    PING = 0x89
    PONG = 0x8A


@dataclass(slots=True)
class Chunk:
    """The whole frames at the start of some bytes, `size` of them, with `texts` messages.

    `first` is the number that a client must expect which has nothing of the chunk yet, and `after` the next one; both
    are 0 if there are no events. `breaks`: where other numbers came than were due. `is_regular`: there is nothing but
    events without a gap. `arrivals`: how many clients have read it, by tick.
    """

    size: int = 0
    texts: int = 0
    stamps: list[int] = field(default_factory=list)  # of each event
    first: int = 0
    after: int = 0
    dropped: int = 0
    is_contiguous: bool = True
    breaks: list[Break] = field(default_factory=list)
    cursor: bytes = b""  # the last one
    pings: list[bytes] = field(default_factory=list)
    problem: str = ""
    closed: str = ""
    is_regular: bool = False
    arrivals: dict[int, int] = field(default_factory=dict)


def parse(data: bytes) -> Chunk:
    chunk, end = Chunk(), 0
    while (frame := _frame(data, end)) is not None:
        start, end = frame
        match data[chunk.size]:
            case Frame.TEXT:
                chunk.texts += 1
                _read(data[start:end], chunk)
            case Frame.PING:
                chunk.pings.append(data[start:end])
            case Frame.CLOSE:
                chunk.closed = f"{int.from_bytes(data[start : start + 2])} {data[start + 2 : end].decode()}"
            case other:
                chunk.problem = f"a frame that starts with {other:#x}"
        chunk.size = end
    special = chunk.dropped or chunk.pings or chunk.problem or chunk.closed
    chunk.is_regular = bool(chunk.first and chunk.is_contiguous and not special)
    return chunk


def client_frame(payload: bytes, first: Frame = Frame.TEXT) -> bytes:
    """Return a frame with a mask of zeros, which leaves the payload as it is."""
    size = len(payload)
    head = bytes((first, 0x80 | size)) if size < _TWO_BYTES else bytes((first, 0x80 | _TWO_BYTES)) + size.to_bytes(2)
    return head + bytes(4) + payload


def _frame(data: bytes, start: int) -> tuple[int, int] | None:
    """Return where the payload begins and ends of the frame that starts there, if all of it is there."""
    if len(data) < start + _HEAD:
        return None
    size, body = data[start + 1], start + _HEAD
    if size == _TWO_BYTES:
        body += 2
    elif size == _EIGHT_BYTES:
        body += 8
    if len(data) < body:
        return None
    if size >= _TWO_BYTES:
        size = int.from_bytes(data[start + _HEAD : body])
    return (body, body + size) if len(data) >= body + size else None


def _read(text: bytes, chunk: Chunk) -> None:
    for item in _ITEM.finditer(text):
        number, stamp, dropped, cursor = item.groups()
        if dropped:
            chunk.dropped += int(dropped)
            chunk.after += int(dropped) if chunk.first else 0
        elif number:
            expected = int(number)
            if not chunk.first:
                chunk.first = expected - chunk.dropped
            elif expected != chunk.after:
                chunk.is_contiguous = False
                chunk.breaks.append(Break(chunk.after, expected))
            chunk.after = expected + 1
            chunk.stamps.append(int(stamp))
        elif cursor:
            chunk.cursor = cursor
        else:
            chunk.problem = text.decode()
