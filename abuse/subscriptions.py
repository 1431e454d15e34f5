"""What a client of subscriptions can do: storms of messages, large ids and variables, streams that it never reads."""

import asyncio
import base64
import contextlib
import json
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from abuse.reaction import ATTACKER, Reaction, ServerAddress
from chaos.rig import SandboxSwitches

Assault: TypeAlias = Callable[[ServerAddress, SandboxSwitches], Awaitable[str]]

PATIENCE: Final = 60.0  # seconds
_PROTOCOL: Final = Subprotocol("graphql-transport-ws")
_LARGE: Final = 900_000  # bytes: a message may have a megabyte
_MANY: Final = 100_000
_SOCKETS: Final = 5  # with twenty operations each, the limit of a caller
_OPERATIONS: Final = 20
_STREAMS: Final = 40
_STREAM_HEAD: Final = (
    b"POST /graphql HTTP/1.1\r\nhost: server\r\ncontent-type: application/json\r\n"
    b"accept: text/event-stream\r\ncontent-length: %d\r\n\r\n"
)
_ORDERS: Final = "liquidationOrders { __typename ... on LiveLiquidationsUpdate { cursor data { orders { usd } } } }"


def assaults(*, quick: bool) -> dict[str, Assault]:
    """Return what to do, by name; each returns the server's reaction in short. `quick`: only what takes seconds."""
    brief: dict[str, Assault] = {
        "subscriptions: 100,000 on a socket": _storm,
        "subscriptions: 20,000 begun and completed at once": _completed,
        "subscriptions: ids of 900 kB": _large_ids,
        "subscriptions: variables of 900 kB": _large_variables,
        "subscriptions: 10,000 documents of one feed": _documents,
        "subscriptions: cursors": _cursors,
    }
    long: dict[str, Assault] = {
        "subscriptions: 100,000 on a socket that does not read": _unread_storm,
        "subscriptions: 2,500 feeds of one caller": _feeds,
        "subscriptions: resumed from the oldest event, 200 times": _resumed,
        "subscriptions: the largest snapshots, unread": _unread_snapshots,
        "subscriptions: 100 over sockets, unread, and bursts": _unread_sockets,
        "subscriptions: 40 over SSE, unread, and bursts": _unread_streams,
    }
    return brief if quick else brief | long


async def assault(target: ServerAddress, upstream: SandboxSwitches, act: Assault) -> Reaction:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            text = await act(target, upstream)
    except TimeoutError:
        text = "no end"
    except ConnectionClosed as closed:
        text = f"closed {closed.rcvd.code if closed.rcvd else None}"
    elapsed = time.perf_counter() - started
    return Reaction(text, elapsed, elapsed, not any(word in text for word in ("no end", "1011", "INTERNAL")))


@contextlib.asynccontextmanager
async def _opened(target: ServerAddress) -> AsyncIterator[ClientConnection]:
    uri = f"ws://{target.host}:{target.port}/graphql"
    options: dict[str, Any] = {"subprotocols": [_PROTOCOL], "local_addr": (ATTACKER, 0), "proxy": None}
    async with connect(uri, max_size=None, compression=None, close_timeout=1, **options) as client:
        await client.send('{"type": "connection_init"}')
        await client.recv()
        yield client


@contextlib.asynccontextmanager
async def _all_opened(target: ServerAddress) -> AsyncIterator[list[ClientConnection]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(_opened(target)) for _ in range(_SOCKETS)]


def _subscribe(id_: str, document: str, variables: Mapping[str, object] | None = None) -> str:
    payload = {"query": f"subscription {document}", "variables": variables or {}}
    return json.dumps({"type": "subscribe", "id": id_, "payload": payload})


def _complete(id_: str) -> str:
    return json.dumps({"type": "complete", "id": id_})


async def _send_all(client: ClientConnection, messages: Iterable[str]) -> None:
    """Send the messages, and a ping whose answer shows that all were read."""
    for message in messages:
        await client.send(message)
        await asyncio.sleep(0)  # for the normal client, which is in this process
    await client.send('{"type": "ping"}')


async def _reactions(client: ClientConnection) -> str:
    """Read up to the answer of the ping, and count what came: codes, and the types of other messages."""
    counts: Counter[str] = Counter()
    async for text in client:
        message = json.loads(text)
        if message["type"] == "pong":
            break
        counts[_short(message)] += 1
    else:
        return "no end: the connection was closed before the answer of the ping"
    return ", ".join(f"{count} {name}" for name, count in counts.most_common(4)) or "nothing"


def _short(message: dict[str, Any]) -> str:
    payload = message.get("payload")
    errors = payload if isinstance(payload, list) else (payload or {}).get("errors") or []
    if errors:
        return str(errors[0].get("extensions", {}).get("code", "INTERNAL"))
    data = (payload or {}).get("data") or {}
    event: dict[str, Any] = next(iter(data.values()), {})
    return str(event.get("state") or event.get("code") or event.get("__typename") or message["type"])


async def _both(client: ClientConnection, messages: Iterable[str]) -> str:
    _, text = await asyncio.gather(_send_all(client, messages), _reactions(client))
    return text


async def _storm(target: ServerAddress, _: SandboxSwitches) -> str:
    async with _opened(target) as client:
        return await _both(client, (_subscribe(str(number), f"{{ {_ORDERS} }}") for number in range(_MANY)))


async def _unread_storm(target: ServerAddress, _: SandboxSwitches) -> str:
    """Send until nothing is taken any more, and wait to be cut off."""
    async with _opened(target) as client:
        client.transport.pause_reading()
        sent = 0
        with contextlib.suppress(ConnectionError, ConnectionClosed):
            for number in range(_MANY):
                await client.send(_subscribe(str(number), f"{{ {_ORDERS} }}"))
                sent += 1
    return f"{'all' if sent == _MANY else 'some'} were sent"


async def _completed(target: ServerAddress, _: SandboxSwitches) -> str:
    return await _begin_and_complete(target, (f"{{ {_ORDERS} }}" for _ in range(20_000)))


async def _large_ids(target: ServerAddress, upstream: SandboxSwitches) -> str:
    """Have each event sent with the id."""
    async with _opened(target) as client:
        for number in range(_OPERATIONS):
            await client.send(_subscribe(f"{number}".ljust(_LARGE, "x"), f"{{ {_ORDERS} }}"))
        await asyncio.sleep(1)
        client.transport.pause_reading()
        for _ in range(20):
            await upstream.break_stream("BURST", events=100)
            await asyncio.sleep(0.1)
        client.transport.resume_reading()
        await client.send('{"type": "ping"}')
        return await _reactions(client)


async def _large_variables(target: ServerAddress, _: SandboxSwitches) -> str:
    """Name one exchange as often as a message has room for, in each operation in another number."""
    document = "S($names: [String!]) " + f"{{ {_ORDERS.replace('Orders ', 'Orders(exchanges: $names) ', 1)} }}"
    async with _all_opened(target) as clients:
        names = ["Binance"] * (_LARGE // 11)
        texts = []
        for at, client in enumerate(clients):
            messages = [
                _subscribe(str(number), document, {"names": names[at * _OPERATIONS + number :]})
                for number in range(_OPERATIONS)
            ]
            texts.append(await _both(client, messages))
        await asyncio.sleep(1)
        return " / ".join(dict.fromkeys(texts))


async def _documents(target: ServerAddress, _: SandboxSwitches) -> str:
    return await _begin_and_complete(target, (f"{{ a{number}: {_ORDERS} }}" for number in range(10_000)))


async def _begin_and_complete(target: ServerAddress, documents: Iterable[str]) -> str:
    async with _opened(target) as client:
        messages = (
            text
            for number, document in enumerate(documents)
            for text in (_subscribe(str(number), document), _complete(str(number)))
        )
        return await _both(client, messages)


async def _feeds(target: ServerAddress, _: SandboxSwitches) -> str:
    """Follow one channel after the other, each with another minimum; they linger."""
    async with _opened(target) as client:
        texts: Counter[str] = Counter()
        for number in range(2_500):
            channel = f'futuresTrades(exchange: "Binance", symbol: "BTC/USDT", minUsd: {number})'
            await client.send(_subscribe(str(number), f"{{ e: {channel} {{ __typename }} }}"))
            texts[_short(json.loads(await client.recv()))] += 1
            await client.send(_complete(str(number)))
        return ", ".join(f"{count} {name}" for name, count in texts.most_common(4))


async def _cursors(target: ServerAddress, _: SandboxSwitches) -> str:
    fields = (
        "a.1.1",
        "a.0.0",
        "..",
        "a.-1.1",
        "a.1." + "9" * 150,
        "a." + "9" * 150 + ".1",
        "a.1",
        "a.1.1.1",
        "\x00.1.1",
    )
    encoded = [base64.urlsafe_b64encode(text.encode()).decode().rstrip("=") for text in fields]
    cursors = [*encoded, "", " ", "=", "A" * 1_000, "\u0661", "x" * _LARGE, "AAAA" * 50, "-_-_"]
    document = "S($after: String) " + f"{{ {_ORDERS.replace('Orders ', 'Orders(after: $after) ', 1)} }}"
    texts: Counter[str] = Counter()
    async with _opened(target) as client:
        for number, cursor in enumerate(cursors):
            await client.send(_subscribe(str(number), document, {"after": cursor}))
            texts[_short(json.loads(await client.recv()))] += 1
            await client.send(_complete(str(number)))
    return ", ".join(f"{count} {name}" for name, count in texts.most_common(5))


async def _resumed(target: ServerAddress, upstream: SandboxSwitches) -> str:
    """Fill the ring of a channel, and have it executed again and again for cursors that differ."""
    document = "S($after: String) " + f"{{ {_ORDERS.replace('Orders ', 'Orders(after: $after) ', 1)} }}"
    async with _opened(target) as client:
        await client.send(_subscribe("first", document))
        cursor = ""
        await asyncio.sleep(1)
        await upstream.break_stream("BURST", events=20_000)
        while not cursor:
            message = json.loads(await client.recv())
            cursor = next(iter(message["payload"]["data"].values())).get("cursor") or ""
        epoch, position, at = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(".")
        counts: Counter[str] = Counter()

        async def read() -> None:
            async for text in client:
                message = json.loads(text)
                counts[_short(message)] += 1
                if message["type"] == "pong":
                    return

        reading = asyncio.create_task(read())
        for number in range(200):
            text = f"{epoch}.{int(position)}.{int(at) + number}"
            after = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
            await client.send(_subscribe(str(number), document, {"after": after}))
            await client.send(_complete(str(number)))
            await asyncio.sleep(0.05)
        await client.send('{"type": "ping"}')
        await reading
        return ", ".join(f"{count} {name}" for name, count in counts.most_common(4))


async def _unread_snapshots(target: ServerAddress, _: SandboxSwitches) -> str:
    """Subscribe to long series in all their values, many times over, and read none of it."""
    aliases = " ".join(f"a{number}: candles {{ timestamp open high low close volumeUsd }}" for number in range(8))
    texts: list[str] = []
    async with _all_opened(target) as clients:
        for at, client in enumerate(clients):
            client.transport.pause_reading()
            for number in range(_OPERATIONS):
                series = (
                    f'price(exchange: "Binance", symbol: "BTC/USDT", interval: H4, last: {1000 - number - 20 * at})'
                )
                update = f"... on PriceSeriesUpdate {{ data {{ {aliases} }} }}"
                await client.send(_subscribe(str(number), f"{{ e: {series} {{ __typename {update} }} }}"))
        await asyncio.sleep(8)
        for client in clients:
            client.transport.resume_reading()
        await clients[0].send('{"type": "ping"}')
        with contextlib.suppress(ConnectionClosed):
            texts.append(await _reactions(clients[0]))
    return ", ".join(texts)


async def _unread_sockets(target: ServerAddress, upstream: SandboxSwitches) -> str:
    """Give each operation a document of its own, so that none shares its results."""
    async with _all_opened(target) as clients:
        for at, client in enumerate(clients):
            for number in range(_OPERATIONS):
                await client.send(_subscribe(str(number), f"{{ a{at * 20 + number}: {_ORDERS} }}"))
        await asyncio.sleep(1)
        for client in clients:
            client.transport.pause_reading()
        for _ in range(5):
            await upstream.break_stream("BURST", events=10_000)
            await asyncio.sleep(2)
        for client in clients:
            client.transport.resume_reading()
        await clients[0].send('{"type": "ping"}')
        return await _reactions(clients[0])


async def _unread_streams(target: ServerAddress, upstream: SandboxSwitches) -> str:
    with contextlib.ExitStack() as stack:
        for number in range(_STREAMS):
            client = stack.enter_context(socket.create_connection((target.host, target.port), 5, (ATTACKER, 0)))
            body = json.dumps({"query": f"subscription {{ a{number}: {_ORDERS} }}"}).encode()
            client.sendall(_STREAM_HEAD % len(body) + body)
            await asyncio.sleep(0)
        await asyncio.sleep(1)
        for _ in range(5):
            await upstream.break_stream("BURST", events=10_000)
            await asyncio.sleep(1)
    return "nothing was read"
