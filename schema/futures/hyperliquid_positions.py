"""Open positions on Hyperliquid."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from graph_types.fields import sparse, value
from pagination.connections import Paged


@strawberry.enum(description="How a position is margined.")
class MarginMode(Enum):
    CROSS = strawberry.enum_value("CROSS", description="By the whole account.")
    ISOLATED = strawberry.enum_value("ISOLATED", description="By itself.")


@strawberry.type(description="An open position on Hyperliquid.")
class HyperliquidPosition:
    user: Annotated[str, value("Address of the wallet.")]
    symbol: Annotated[str, value("Coin.")]
    size: Annotated[float | None, value("Size in coins, negative when short.")]
    entry_price: Annotated[float | None, sparse("Average entry price, in US dollars.")]
    mark_price: Annotated[float | None, sparse("Mark price, in US dollars.")]
    liquidation_price: Annotated[float | None, sparse("Estimated liquidation price, in US dollars.")]
    leverage: Annotated[float | None, sparse("Leverage, as a multiple.")]
    margin_balance: Annotated[float | None, sparse("Margin posted, in US dollars.")]
    value_usd: Annotated[float | None, sparse("Value, in US dollars.")]
    unrealized_pnl: Annotated[float | None, sparse("Unrealised profit or loss, in US dollars.")]
    funding_fee: Annotated[float | None, sparse("Funding so far, in US dollars; the sign is as CoinGlass gives it.")]
    margin_mode: Annotated[MarginMode | None, sparse("How it is margined.")]
    created: Annotated[datetime | None, value("When it was opened.")]
    updated: Annotated[datetime | None, sparse("When its figures were taken.")]


@strawberry.type(description="Open positions on Hyperliquid in one coin, one page of them.")
class HyperliquidPositions(Paged):
    total_pages: Annotated[float | None, value("Number of pages, as CoinGlass states it.")]
    current_page: Annotated[float | None, value("Number of this page, from 1, as CoinGlass states it.")]
    positions: Annotated[list[HyperliquidPosition] | None, value("The positions, as CoinGlass orders them.")]
