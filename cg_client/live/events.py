"""What the channels bring: liquidations, trades, tickers, and batches of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

import msgspec

from cg_client.decoding.anomalies import DecodingAnomaly
from cg_client.live.channels import Channel


class OrderEvent(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An executed order. `side` is CoinGlass' code, whose meaning depends on the class.

    Exchange, symbol and time are never missing; any other value is None if it was missing or unreadable.
    """

    exchange: str
    symbol: str
    base_asset: str | None = None
    price: float | None = None  # in US dollars
    side: int | None = None  # 1 or 2
    value_usd: float | None = None
    time_ms: int


class LiquidationEvent(OrderEvent, frozen=True, gc=False, kw_only=True):
    """A liquidated position: of a long one with side 1, of a short one with side 2."""


class TradeEvent(OrderEvent, frozen=True, gc=False, kw_only=True):
    """A trade: the taker sold with side 1, bought with side 2."""


class TickerEvent(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The state of a futures pair. CoinGlass states no time zone, so that its times are texts, as it sent them.

    The funding rate is a fraction, as the documented sample suggests, where that of REST is in percent. Values of
    funding and `expiry_date` may be null without an anomaly: a perpetual does not expire, a future has no funding.
    """

    exchange: str
    symbol: str
    base_asset: str | None = None
    price: float | None = None
    index_price: float | None = None
    volume_usd_24h: float | None = None
    open_interest: float | None = None  # in US dollars
    open_interest_amount: float | None = None  # in coins
    funding_rate: float | None = None
    next_funding_time: str | None = None
    funding_interval_hours: int | None = None
    expiry_date: str | None = None
    update_time: str | None = None


ChannelEvent: TypeAlias = LiquidationEvent | TradeEvent | TickerEvent


class EventBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What one message brought to a channel, in its order. Without events it has anomalies, or its rows were none."""

    channel: Channel
    events: Sequence[ChannelEvent]
    received_at: datetime  # in UTC, by the wall clock
    anomalies: Sequence[DecodingAnomaly] = ()
    sandbox: bool = False
