"""What is sent over WebSocket: garbage, operations, floods of messages."""

import asyncio
import contextlib
import json
import os
import time
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Final, TypeAlias

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from abuse.documents import documents
from abuse.reaction import ATTACKER, PATIENCE, Reaction, ServerAddress

Attack: TypeAlias = Callable[[ClientConnection], Coroutine[Any, Any, str]]

_PROTOCOL: Final = Subprotocol("graphql-transport-ws")
_OPERATIONS: Final = ("nesting 1,000 deep", "connections that multiply", "700 equal fields", "circular fragments")


def attacks() -> dict[str, Attack]:
    """Return what to do with a connection, by name; each returns the server's reaction in short."""
    bodies = dict(documents())
    operations = {f"over WebSocket: {name}": _operation(bodies[name]) for name in _OPERATIONS}
    bomb = zlib.compress(b" " * 100 * 2**20)
    return operations | {
        "over WebSocket: text": _frames(Frame(Opcode.TEXT, b"hello")),
        "over WebSocket: bytes": _frames(Frame(Opcode.BINARY, os.urandom(1000))),
        "over WebSocket: bad UTF-8": _frames(Frame(Opcode.TEXT, b"\xff\xfe")),
        "over WebSocket: a compressed 100 MB": _frames(_Compressed(Opcode.TEXT, bomb)),
        "over WebSocket: 2 MB": _frames(Frame(Opcode.TEXT, b" " * 2 * 2**20)),
        "over WebSocket: parts without end": _frames(
            Frame(Opcode.TEXT, b" " * 2**17, fin=False), *[Frame(Opcode.CONT, b" " * 2**17, fin=False)] * 100
        ),
        "over WebSocket: no message": _frames(Frame(Opcode.TEXT, b'{"type": "subscribe", "id": {}}')),
        "over WebSocket: JSON 100,000 deep": _frames(Frame(Opcode.TEXT, b"[" * 100_000)),
    }


def floods() -> dict[str, Attack]:
    """Return what takes longer because of its many messages."""
    return {"over WebSocket: 1,000 operations": _many_operations, "over WebSocket: 10,000 pings": _pings}


class _Compressed(Frame):
    """A frame that pretends to be compressed, which was not agreed upon."""

    def serialize(self, **options: Any) -> bytes:  # noqa: ANN401  # as in websockets
        data = super().serialize(**options)
        return bytes([data[0] | 0x40]) + data[1:]


async def attack(target: ServerAddress, act: Attack) -> Reaction:
    async with _opened(target) as client:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                text = await act(client)
        except TimeoutError:
            text = "no answer"
        except ConnectionClosed:
            text = f"closed {client.close_code}"
        elapsed = time.perf_counter() - started
    return Reaction(text, elapsed, elapsed, text not in ("no answer", "closed 1011"))


@contextlib.asynccontextmanager
async def _opened(target: ServerAddress) -> AsyncIterator[ClientConnection]:
    uri = f"ws://{target.host}:{target.port}/graphql"
    async with connect(uri, subprotocols=[_PROTOCOL], local_addr=(ATTACKER, 0), proxy=None, max_size=None) as client:
        await client.send('{"type": "connection_init"}')
        await client.recv()
        yield client


def _frames(*frames: Frame) -> Attack:
    """Send the frames as they are, and wait for the server to close."""

    async def act(client: ClientConnection) -> str:
        for frame in frames:
            if client.transport.is_closing():
                break
            client.transport.write(frame.serialize(mask=True))
            await asyncio.sleep(0)
        await client.wait_closed()
        return f"closed {client.close_code}"

    return act


def _operation(body: bytes) -> Attack:
    message = json.dumps({"type": "subscribe", "id": "1", "payload": json.loads(body)})

    async def act(client: ClientConnection) -> str:
        await client.send(message)
        return _short(await client.recv())

    return act


async def _many_operations(client: ClientConnection) -> str:
    for number in range(1000):
        payload = {"query": f'{{ coin(symbol: "C{number}") {{ symbol }} }}'}
        await client.send(json.dumps({"type": "subscribe", "id": str(number), "payload": payload}))
    reactions = {_short(await client.recv()) for _ in range(1000)}
    return ", ".join(sorted(reactions)[:3])


async def _pings(client: ClientConnection) -> str:
    ping = Frame(Opcode.PING, b"x" * 125)
    for _ in range(10_000):
        client.transport.write(ping.serialize(mask=True))
    await client.send('{"type": "ping"}')
    return _short(await client.recv())


def _short(text: str | bytes) -> str:
    message = json.loads(text)
    payload = message.get("payload")
    errors = payload if isinstance(payload, list) else (payload or {}).get("errors") or []
    return " ".join([message["type"], *sorted({error["extensions"]["code"] for error in errors})])
