"""What CoinGlass' WebSocket sends: liquidations, trades and tickers."""

from datetime import UTC, datetime
from typing import Self

import strawberry

from cg_client.live.events import LiquidationEvent, TickerEvent, TradeEvent
from graph_types.enums import OrderSide
from payloads.source import Sourced
from schema.futures.liquidation import LiquidationOrder

_LIQUIDATED = {1: OrderSide.SELL, 2: OrderSide.BUY}  # 1: a long, which a sale closes
_TAKER = {1: OrderSide.SELL, 2: OrderSide.BUY}


@strawberry.type(description="Liquidations as they happen.")
class LiveLiquidations(Sourced):
    orders: list[LiquidationOrder] = strawberry.field(description="The liquidations, as CoinGlass sent them.")


@strawberry.type(description="A trade on an exchange, from the side of its taker.")
class Trade:
    time: datetime = strawberry.field(description="When it took place.")
    exchange: str = strawberry.field(description="Exchange, as CoinGlass labels it.")
    symbol: str = strawberry.field(description="The exchange's own code of the pair.")
    base: str | None = strawberry.field(description="Base asset.")
    side: OrderSide | None = strawberry.field(description="Whether the taker bought or sold.")
    price: float | None = strawberry.field(description="Price, in US dollars.")
    usd: float | None = strawberry.field(description="Value of the trade, in US dollars.")

    @classmethod
    def of(cls, event: TradeEvent) -> Self:
        return cls(
            time=_time(event.time_ms),
            exchange=event.exchange,
            symbol=event.symbol,
            base=event.base_asset,
            side=None if event.side is None else _TAKER.get(event.side),
            price=event.price,
            usd=event.value_usd,
        )


@strawberry.type(description="Trades of a pair as they happen.")
class LiveTrades(Sourced):
    trades: list[Trade] = strawberry.field(description="The trades, as CoinGlass sent them.")


@strawberry.type(
    description="The state of a futures pair. CoinGlass states no time zone for the times here, which are texts "
    "therefore, as it wrote them."
)
class FuturesTicker:
    exchange: str = strawberry.field(description="Exchange, as CoinGlass labels it.")
    symbol: str = strawberry.field(description="The exchange's own code of the pair.")
    base: str | None = strawberry.field(description="Base asset.")
    price: float | None = strawberry.field(description="Last price, in US dollars.")
    index_price: float | None = strawberry.field(description="Price of the index, in US dollars.")
    volume_usd: float | None = strawberry.field(description="Volume over 24 hours, in US dollars.")
    open_interest_usd: float | None = strawberry.field(description="Open interest, in US dollars.")
    open_interest_quantity: float | None = strawberry.field(description="Open interest, in coins.")
    funding_rate: float | None = strawberry.field(
        description="Funding rate as CoinGlass sends it here: by its sample a fraction, 0.0001 for 0.01 %."
    )
    funding_interval_hours: int | None = strawberry.field(description="Hours between two fundings.")
    next_funding_time: str | None = strawberry.field(description="When the next funding takes place, as a text.")
    expiry_date: str | None = strawberry.field(
        description="When the contract expires, as a text; null for a perpetual."
    )
    update_time: str | None = strawberry.field(description="When the figures were updated, as a text.")

    @classmethod
    def of(cls, event: TickerEvent) -> Self:
        return cls(
            exchange=event.exchange,
            symbol=event.symbol,
            base=event.base_asset,
            price=event.price,
            index_price=event.index_price,
            volume_usd=event.volume_usd_24h,
            open_interest_usd=event.open_interest,
            open_interest_quantity=event.open_interest_amount,
            funding_rate=event.funding_rate,
            funding_interval_hours=event.funding_interval_hours,
            next_funding_time=event.next_funding_time,
            expiry_date=event.expiry_date,
            update_time=event.update_time,
        )


@strawberry.type(description="States of a futures pair as CoinGlass sends them.")
class LiveTickers(Sourced):
    tickers: list[FuturesTicker] = strawberry.field(description="The states, the oldest first.")


def liquidation_order(event: LiquidationEvent) -> LiquidationOrder:
    return LiquidationOrder(
        time=_time(event.time_ms),
        exchange=event.exchange,
        symbol=event.symbol,
        base=event.base_asset,
        side=None if event.side is None else _LIQUIDATED.get(event.side),
        price=event.price,
        usd=event.value_usd,
    )


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
