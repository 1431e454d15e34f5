"""Subscriptions: what the client has after each event, and how it goes on after lost connections."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from coinglass_graphql_client import (
    AsyncClient,
    AuthenticationError,
    Client,
    Interval,
    InvalidInputError,
    NotConnectedError,
    PlanGated,
    RequestError,
    ResponseError,
    SchemaMismatchError,
    StreamStatus,
    Subscription,
    Unavailable,
    Update,
    enums,
    live,
)
from tests.conftest import ClientOf

PRICE = live.price("Binance", "BTC/USDT", Interval.H1, last=60)
TRADES = live.futures_trades("Binance", "BTC/USDT", min_usd=7)
SOURCE: dict[str, Any] = {
    "endpoint": "/api/x",
    "fetchedAt": "2026-11-01T00:00:00Z",
    "freshness": "FRESH",
    "refreshSeconds": None,
    "expiresAt": None,
    "sandbox": True,
    "anomalies": [],
}
COMPLETE = b"event: complete\r\ndata: \r\n\r\n"
PING = b": ping\r\n\r\n"
BROKEN = httpx.ReadError("broken")
START = 1_793_404_800_000
FIGURES = ("open", "high", "low", "close", "volumeUsd")


def candle(hour: int, close: float) -> dict[str, Any]:
    moment = START + 3_600_000 * hour
    time = f"2026-10-31T{hour:02}:00:00Z"
    return {"time": time, "timestamp": moment} | dict.fromkeys(FIGURES) | {"close": close}


def price(cursor: str, closes: dict[int, float], *, is_snapshot: bool = False) -> dict[str, Any]:
    rows = [candle(hour, close) for hour, close in closes.items()]
    names = ("timestamp", *FIGURES)
    data = {
        "source": SOURCE,
        "requestedInterval": "H1",
        "interval": "H1",
        "from": rows[0]["time"],
        "to": rows[-1]["time"],
        "count": len(rows),
        "truncated": None,
        "unit": "USD",
        "columns": {name: [row[name] for row in rows] for name in names},
        "latest": rows[-1],
    }
    return {"__typename": "PriceSeriesUpdate", "cursor": cursor, "isSnapshot": is_snapshot, "data": data}


def trades(cursor: str, *prices: float) -> dict[str, Any]:
    names = {"time": "2026-10-31T00:00:00Z", "exchange": "OKX", "symbol": "X", "base": None, "side": "BUY", "usd": 9}
    data = {"source": SOURCE, "trades": [names | {"price": each} for each in prices]}
    return {"__typename": "LiveTradesUpdate", "cursor": cursor, "isSnapshot": False, "data": data}


def status(state: str, cursor: str) -> dict[str, Any]:
    more = dict.fromkeys(("gapStart", "gapSeconds", "dropped", "periodSeconds"))
    return {"__typename": "StreamStatus", "state": state, "message": "", "cursor": cursor} | more


def failing(kind: str, **more: Any) -> dict[str, Any]:
    return {"__typename": kind, "code": "UPSTREAM_ERROR", "message": "m", "endpoint": "/x"} | more


UNAVAILABLE = failing("Unavailable", retryable=True, retryAfter=None)
GATED = failing(
    "PlanGated",
    reason="PLAN",
    requiredPlan="STANDARD",
    currentPlan="HOBBYIST",
    decidedBy="CATALOGUE",
    alternatives=[],
    minInterval=None,
    availableFrom=None,
)
INVALID = failing("InvalidInput", argument="symbol", suggestions=[])


def following(event: dict[str, Any]) -> bytes:
    return b"event: next\r\ndata: %s\r\n\r\n" % json.dumps({"data": {"it": event}}).encode()


def refused(code: str, **extensions: Any) -> bytes:
    errors = [{"message": "no", "extensions": {"code": code} | extensions}]
    return b"event: next\r\ndata: %s\r\n\r\n" % json.dumps({"errors": errors}).encode() + COMPLETE


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The pieces of a response, of which an exception breaks it off."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def stream(*pieces: bytes | Exception) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Pieces(*pieces))


def answering(*answers: httpx.Response | Exception) -> tuple[httpx.MockTransport, list[Any]]:
    """Return a transport that gives these answers in turn, and the cursors of the requests."""
    cursors: list[Any] = []
    pending = iter(answers)

    def respond(request: httpx.Request) -> httpx.Response:
        cursors.append(json.loads(request.content)["variables"]["after"])
        answer = next(pending)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.MockTransport(respond), cursors


def closes(update: Any) -> list[tuple[int, float]]:
    columns = update.data.columns
    hours = ((time - START) // 3_600_000 for time in columns.timestamp)
    return list(zip(hours, columns.close, strict=True))


def updates(events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, Update)]


def test_a_snapshot_replaces_all_and_changed_rows_replace_those_of_their_time(client_of: ClientOf) -> None:
    sent = [
        price("a", {1: 10, 2: 20}, is_snapshot=True),
        price("b", {2: 21, 3: 30}),
        price("c", {7: 7}, is_snapshot=True),
    ]
    transport, _ = answering(stream(following(status("POLLED", "")), PING, *map(following, sent), COMPLETE))
    first, *rest = client_of(transport).subscribe(PRICE)
    assert isinstance(first, StreamStatus)
    assert first.state is enums.StreamState.POLLED
    one, two, three = updates(rest)
    assert [closes(each) for each in (one, two, three)] == [[(1, 10), (2, 20)], [(1, 10), (2, 21), (3, 30)], [(7, 7)]]
    assert (two.data.count, two.data.from_.hour, two.data.to.hour, two.data.latest.close) == (3, 1, 3, 30)
    assert (two.changes.count, two.is_snapshot, two.cursor) == (2, False, "b")
    assert two.data.to_pandas().shape == (3, 5)


def test_after_a_lost_connection_the_stream_goes_on_after_the_last_event_that_came_whole(
    client_of: ClientOf, waits: list[float]
) -> None:
    half = following(price("c", {3: 30}))[:60]
    transport, cursors = answering(
        stream(following(price("a", {1: 10}, is_snapshot=True)), following(price("b", {2: 20})), half, BROKEN),
        stream(following(status("RESUMED", "")), following(price("c", {3: 30})), COMPLETE),
    )
    events = list(client_of(transport).subscribe(PRICE))
    assert cursors == [None, "b"]
    assert closes(events[-1]) == [(1, 10), (2, 20), (3, 30)]
    assert len(waits) == 1
    assert 0.5 <= waits[0] <= 1


def test_events_are_read_however_the_response_is_cut_into_pieces(client_of: ClientOf) -> None:
    whole = following(price("a", {1: 10}, is_snapshot=True)) + PING + following(price("b", {2: 20})) + COMPLETE
    for size in (1, 2, 7, 1000):
        pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
        events = list(client_of(answering(stream(*pieces))[0]).subscribe(PRICE))
        assert [closes(event) for event in events] == [[(1, 10)], [(1, 10), (2, 20)]]


def test_the_waits_double_until_half_a_minute_and_begin_anew_after_an_event(
    client_of: ClientOf, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda _, high: high)
    opened = stream(following(price("a", {1: 10}, is_snapshot=True)), BROKEN)
    offline = [httpx.ConnectError("refused")] * 6
    again = stream(following(price("b", {2: 20})), BROKEN)
    transport, cursors = answering(opened, *offline, again, stream(COMPLETE))
    list(client_of(transport).subscribe(PRICE))
    assert waits == [1, 2, 4, 8, 16, 30, 30, 1]
    assert cursors[-2:] == ["a", "b"]


def test_a_server_that_was_never_there_is_named(client_of: ClientOf) -> None:
    transport, cursors = answering(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(NotConnectedError, match="no connection"):
        next(iter(client_of(transport).subscribe(PRICE)))
    assert len(cursors) == 3


def test_a_server_without_room_is_tried_again_when_it_says_so(client_of: ClientOf, waits: list[float]) -> None:
    busy = httpx.Response(503, headers={"retry-after": "7"}, json={"errors": [{"message": "shutting down"}]})
    limited = stream(refused("CLIENT_RATE_LIMITED", retryAfter=40))
    transport, _ = answering(busy, limited, stream(COMPLETE))
    assert list(client_of(transport).subscribe(PRICE)) == []
    assert waits == [7, 40]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (stream(refused("GRAPHQL_VALIDATION_FAILED")), SchemaMismatchError),
        (stream(refused("TOO_MANY_SUBSCRIPTIONS")), RequestError),
        (stream(refused("UNAUTHENTICATED")), AuthenticationError),
        (httpx.Response(401, json={"errors": [{"message": "no"}]}), AuthenticationError),
        (httpx.Response(404, html="<p>"), ResponseError),
        (stream(following({"__typename": "PriceSeriesUpdate"})), ResponseError),
        (stream(following(INVALID)), InvalidInputError),
    ],
)
def test_what_would_be_refused_again_is_raised(client_of: ClientOf, answer: httpx.Response, kind: type) -> None:
    transport, cursors = answering(answer)
    with pytest.raises(kind):
        list(client_of(transport).subscribe(PRICE))
    assert len(cursors) == 1


def test_credentials_that_expire_are_renewed() -> None:
    tokens = iter(["first", "second"])
    expired = stream(following(price("a", {1: 10}, is_snapshot=True)), refused("UNAUTHENTICATED"))
    transport, cursors = answering(expired, stream(COMPLETE))
    with Client(transport=transport, token=lambda: next(tokens)) as client:
        client._sleep = lambda _: None
        assert len(list(client.subscribe(PRICE))) == 1
    assert cursors == [None, "a"]
    assert list(tokens) == []


def test_of_a_channel_there_are_the_rows_that_came_or_as_many_as_the_client_keeps(client_of: ClientOf) -> None:
    pieces = [*map(following, (trades("a", 1, 2), trades("b", 3), trades("c", 4, 5))), COMPLETE]

    def prices(keep: int | None) -> list[list[float]]:
        events = client_of(answering(stream(*pieces))[0]).subscribe(TRADES, keep=keep)
        return [[trade.price for trade in event.data.trades] for event in updates(list(events))]

    assert prices(None) == [[1, 2], [3], [4, 5]]
    assert prices(4) == [[1, 2], [1, 2, 3], [2, 3, 4, 5]]


def test_that_nothing_comes_at_present_is_a_value(client_of: ClientOf) -> None:
    transport, _ = answering(stream(following(UNAVAILABLE), following(GATED), COMPLETE))
    first, second = client_of(transport).subscribe(PRICE)
    assert isinstance(first, Unavailable)
    assert first.retryable
    assert isinstance(second, PlanGated)
    assert second.required_plan == "STANDARD"


def test_the_asynchronous_client_goes_on_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    transport, cursors = answering(
        stream(following(price("a", {1: 10}, is_snapshot=True)), BROKEN),
        stream(following(price("b", {2: 20})), COMPLETE),
    )

    async def receive() -> list[Any]:
        async with AsyncClient(transport=transport) as client:
            monkeypatch.setattr(client, "_sleep", lambda _: asyncio.sleep(0))
            return [event async for event in client.subscribe(PRICE)]

    assert [closes(event) for event in asyncio.run(receive())] == [[(1, 10)], [(1, 10), (2, 20)]]
    assert cursors == [None, "a"]


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "liquidation_orders": (),
    "coin_markets": (),
    "coin_open_interest": ("BTC", Interval.H1),
    "current_funding_rates": ("BTC",),
    "etf_flows": (enums.ETFAsset.BTC,),
    "fear_greed": (),
}


def subscription(name: str) -> Subscription[msgspec.Struct]:
    default = ("Binance", "BTC/USDT") if name.endswith(("trades", "ticker")) else ("Binance", "BTC/USDT", Interval.H1)
    made: Subscription[msgspec.Struct] = getattr(live, name)(*ARGUMENTS.get(name, default))
    return made


@pytest.mark.parametrize("name", live.__all__)
def test_the_server_answers_each_subscription_with_figures(client: Client, name: str) -> None:
    event = next(event for event in client.subscribe(subscription(name)) if isinstance(event, Update))
    assert event.data == event.changes
    assert msgspec.to_builtins(event.data)["source"]["sandbox"]
