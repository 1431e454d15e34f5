"""Spoils the delivery of a regular answer: cut, slow, endless, or not as long as its header says."""

import asyncio
import socket
import struct

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.faults import Fault, FaultKind

_CONNECTION = "sandbox.connection"
_OFF_BY = 10  # bytes
_PIECES = 20  # of a body that drips
_CHUNK = bytes(1024 * 1024).replace(b"\0", b" ")
_CHUNKS = 17  # megabytes, one more than our client accepts


def with_connection(app: ASGIApp) -> ASGIApp:
    """Add the connection to the scope, for the faults that need it.

    uvicorn's `send` is a method of the object that has the connection; other servers do not give access to it.
    """

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(send, "__self__", None)
        scope[_CONNECTION] = getattr(cycle, "transport", None)
        await app(scope, receive, send)

    return respond


async def deliver(scope: Scope, send: Send, fault: Fault, body: bytes) -> None:
    """Send the body with the fault, which is one of `OF_DELIVERY`."""
    transport = connection_of(scope)
    match fault.kind:
        case FaultKind.RESET:
            reset(transport)
        case FaultKind.TRUNCATED:
            await _begin(send, len(body), body[: len(body) // 2])
            transport.close()
        case FaultKind.LENGTH_TOO_LONG:
            await _begin(send, len(body) + _OFF_BY, body)
            await asyncio.sleep(fault.seconds)
            transport.close()
        case FaultKind.LENGTH_TOO_SHORT:
            await _begin(send, max(0, len(body) - _OFF_BY), body[:-_OFF_BY], more=False)
            transport.write(body[-_OFF_BY:])  # would be read as the begin of the next answer
        case FaultKind.DRIPS:
            await _drip(send, body, fault.seconds / _PIECES)
        case _:
            await _without_end(transport, send)


def connection_of(scope: Scope) -> asyncio.Transport:
    """Return the connection that `with_connection` has added."""
    transport: asyncio.Transport | None = scope.get(_CONNECTION)  # not checked: uvloop's is not a subclass
    if transport is None:
        raise TypeError("Only a sandbox on a real socket can spoil what is delivered.")
    return transport


def reset(transport: asyncio.Transport) -> None:
    """Reset the connection at once."""
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _begin(send: Send, length: int | None, part: bytes, *, more: bool = True) -> None:
    """Send the head with this content length, and a part of the body."""
    headers = [(b"content-type", b"application/json")]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": part, "more_body": more})


async def _drip(send: Send, body: bytes, pause: float) -> None:
    size = -(-len(body) // _PIECES)
    await _begin(send, len(body), body[:size])
    for start in range(size, len(body), size):
        await asyncio.sleep(pause)
        await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _without_end(transport: asyncio.Transport, send: Send) -> None:
    """Send blanks, which are allowed before JSON, until the reader closes the connection."""
    await _begin(send, None, _CHUNK)
    for _ in range(_CHUNKS):
        if transport.is_closing():
            return
        await send({"type": "http.response.body", "body": _CHUNK, "more_body": True})
    transport.close()
