"""Every subscription: plans answer its events as graphql-core does, and an answer that is the same is no event."""

from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType, get_named_type

from cg_client.live.channels import ChannelKind
from cg_client.live.events import ChannelEvent, EventBatch, LiquidationEvent, TickerEvent, TradeEvent
from execution.planned_schema import PlannedSchema
from live.events import Changes
from live.feed import Feed
from live.polled_feed import PolledFeed
from live.source import Source
from payloads.updates import changed_part, row_count, with_rows
from resolvers.context import Context
from served_schema.build import options
from served_schema.cost import declared_cost
from tests.cases import SCHEMA
from tests.live.fields import fields, operation_on, payload_of
from tests.live.rig import LiveRig, liquidation

PLANNED = PlannedSchema(1 << 20, **options())


def events_of(kind: ChannelKind) -> list[ChannelEvent]:
    """Return two events, the second of which has nothing but what it must have."""
    match kind:
        case ChannelKind.LIQUIDATION_ORDERS:
            return [liquidation(1), LiquidationEvent(exchange="OKX", symbol="ETH-USDT-SWAP", time_ms=1)]
        case ChannelKind.FUTURES_TICKER:
            values: dict[str, Any] = dict.fromkeys(("price", "index_price", "volume_usd_24h", "open_interest"), 1.5)
            full = TickerEvent(exchange="Binance", symbol="BTCUSDT", funding_interval_hours=8, **values)
            return [full, TickerEvent(exchange="Binance", symbol="BTCUSDT")]
        case _:
            trade = TradeEvent(
                exchange="Binance", symbol="BTCUSDT", base_asset="BTC", price=1.5, side=2, value_usd=3.5, time_ms=1
            )
            return [trade, TradeEvent(exchange="Binance", symbol="BTCUSDT", time_ms=1)]


async def happen(rig: LiveRig) -> None:
    """Let everything be sent that a stream can say."""
    for channel, listener in rig.socket.listeners.items():
        listener.connected()
        events = events_of(channel.kind)
        listener.received(EventBatch(channel=channel, events=events, received_at=rig.clock.now(), sandbox=True))
        listener.resumed(rig.clock.now(), 2.5)
    await rig.elapse(2)


def values_of(source: Source, feed: Feed) -> list[object]:
    values = [*source.opening(feed.opening(), feed.cursor(1)), *source.values(feed.ring.after(0))]
    current = feed._current if isinstance(feed, PolledFeed) else None
    rows = 0 if current is None else row_count(current)
    if rows > 3:  # rows that do not lie side by side
        presented = source.present(Changes(with_rows(current, [0, 2, rows - 1]), is_snapshot=False), "cursor")
        assert presented is not None
        values.append(presented)
    return [value.value for value in values]


@pytest.mark.parametrize("name", fields())
async def test_plans_answer_events_as_graphql_core_does(name: str) -> None:
    rig, query = LiveRig(schema=PLANNED), operation_on(name)
    reader = await rig.subscribe(query)
    await happen(rig)
    (feed,) = rig.feeds._feeds.values()
    planned = await rig.operation(query)
    rig.schema = SCHEMA
    default = await rig.operation(query)
    assert any("data" in value for value in reader.values)
    for value in values_of(planned.source, feed):
        context = Context(rig.client, rig.upstream.symbols, "", planner=rig.upstream.planner)
        before = PLANNED.plans.hits
        by_plan, by_default = await planned.execute(value, context), await default.execute(value, context)
        assert PLANNED.plans.hits == before + 1
        assert not by_default.errors
        assert orjson.dumps(by_plan.data) == orjson.dumps(by_default.data)
    await rig.close()


@pytest.mark.parametrize("name", fields())
async def test_the_same_answer_again_is_no_change(name: str) -> None:
    rig = LiveRig()
    await rig.subscribe(operation_on(name))
    for feed in rig.feeds._feeds.values():
        if isinstance(feed, PolledFeed):
            first, second = [(await feed._ask(is_first=False)).value for _ in range(2)]
            assert type(first).__name__ == payload_of(name).name
            assert changed_part(first, second) is None
    await rig.close()


def test_nothing_below_a_subscription_makes_calls() -> None:
    """Such a field would make them for each event, and is refused: selections of all others are not."""
    seen: set[str] = set()
    waiting: list[Any] = [payload_of(name) for name in fields()]
    while waiting:
        kind = waiting.pop()
        if not isinstance(kind, GraphQLObjectType) or kind.name in seen:
            continue
        seen.add(kind.name)
        for field in kind.fields.values():
            assert declared_cost(field) is None
            waiting.append(get_named_type(field.type))
    assert len(seen) > 20
