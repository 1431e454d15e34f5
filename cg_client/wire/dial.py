"""Opens a socket to a name that may have addresses of both families, of which one may lead nowhere.

The addresses are tried in turn, each with a short head start before the next (RFC 8305): event loops do not agree on
doing this themselves.
"""

import asyncio
import itertools
import socket
from collections.abc import Sequence
from typing import Any, TypeAlias

_HEAD_START = 0.25  # seconds

Address: TypeAlias = tuple[int, int, int, str, Any]  # as getaddrinfo gives it


async def dial(host: str, port: int) -> socket.socket:
    """A connected socket; raises the OSError of the address that failed last."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    untried = _alternating(found)
    under_way: set[asyncio.Task[socket.socket]] = set()
    try:
        while True:
            if untried:
                under_way.add(asyncio.create_task(_open(untried.pop(0))))
            head_start = _HEAD_START if untried else None
            done, _ = await asyncio.wait(under_way, timeout=head_start, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                under_way.discard(attempt)
                if attempt.exception() is None or not (untried or under_way):
                    return attempt.result()
    finally:
        for attempt in under_way:
            attempt.add_done_callback(_drop)
            attempt.cancel()


def _alternating(found: Sequence[Address]) -> list[Address]:
    """The addresses with the families in turn, the system's first choice first."""
    first = [address for address in found if address[0] == found[0][0]]
    others = [address for address in found if address[0] != found[0][0]]
    return [address for pair in itertools.zip_longest(first, others) for address in pair if address is not None]


async def _open(address: Address) -> socket.socket:
    family, kind, protocol, _, where = address
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, where)
    except BaseException:
        opened.close()
        raise
    return opened


def _drop(attempt: asyncio.Task[socket.socket]) -> None:
    """Closes what was opened beside the one that won."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
