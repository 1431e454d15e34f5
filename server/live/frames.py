"""Text frames of graphql-transport-ws around bodies that many connections share."""

from collections.abc import Sequence
from struct import Struct
from typing import Final

import orjson

_TEXT: Final = 0x81  # opcode of a frame that is a whole message
_with_two_bytes, _with_eight_bytes = Struct("!BBH").pack, Struct("!BBQ").pack
_ONE_BYTE, _TWO_BYTES = 125, 0xFFFF  # longest payloads by the size of their length
_SMALL: Final = 4096  # bytes of a body, up to which a copy costs less than another buffer for the system


def next_head(id_: str) -> bytes:
    """Return what precedes the payload in each `next` message of an operation."""
    return b'{"id":%s,"type":"next","payload":' % orjson.dumps(id_)


def next_frames(head: bytes, bodies: Sequence[bytes]) -> list[bytes]:
    """Return the parts of the frames of `next` messages; large bodies are not copied."""
    if len(bodies) == 1 and len(bodies[0]) <= _SMALL:
        body = bodies[0]
        return [b"".join((_frame_head(len(head) + len(body) + 1), head, body, b"}"))]
    parts: list[bytes] = []
    small: list[bytes] = []
    for body in bodies:
        small += _frame_head(len(head) + len(body) + 1), head
        if len(body) <= _SMALL:
            small += body, b"}"
        else:
            parts += b"".join(small), body
            small = [b"}"]
    parts.append(b"".join(small))
    return parts


def complete_frame(id_: str) -> bytes:
    message = b'{"id":%s,"type":"complete"}' % orjson.dumps(id_)
    return _frame_head(len(message)) + message


def _frame_head(length: int) -> bytes:
    if length <= _ONE_BYTE:
        return bytes((_TEXT, length))
    if length <= _TWO_BYTES:
        return _with_two_bytes(_TEXT, 126, length)
    return _with_eight_bytes(_TEXT, 127, length)
