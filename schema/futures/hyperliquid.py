"""Large positions on Hyperliquid."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from cg_client.endpoints import futures as api
from resolvers.field import upstream
from vocabulary.fields import value
from vocabulary.payloads import Sourced
from vocabulary.problems import PlanGated, Unavailable, result


@strawberry.enum(description="What a whale did.")
class PositionAction(Enum):
    OPENED = strawberry.enum_value("OPENED", description="Opened the position.")
    CLOSED = strawberry.enum_value("CLOSED", description="Closed the position.")


@strawberry.enum(description="How a position is margined.")
class MarginMode(Enum):
    CROSS = strawberry.enum_value("CROSS", description="By the whole account.")
    ISOLATED = strawberry.enum_value("ISOLATED", description="By itself.")


_ACTIONS = {1: PositionAction.OPENED, 2: PositionAction.CLOSED}


@strawberry.type(description="A position above a million US dollars that was opened or closed.")
class WhaleAlert:
    user: Annotated[str, value("Address of the wallet.")]
    symbol: Annotated[str, value("Coin.")]
    size: Annotated[float, value("Size in coins, negative when short.")]
    entry_price: Annotated[float | None, value("Average entry price, in US dollars.")]
    liquidation_price: Annotated[float | None, value("Estimated liquidation price, in US dollars.")]
    value_usd: Annotated[float | None, value("Value, in US dollars.")]
    action: Annotated[PositionAction, value("What happened.", codes=_ACTIONS)]
    created: Annotated[datetime, value("When.")]


@strawberry.type(description="An open position above a million US dollars.")
class WhalePosition:
    user: Annotated[str, value("Address of the wallet.")]
    symbol: Annotated[str, value("Coin.")]
    size: Annotated[float, value("Size in coins, negative when short.")]
    entry_price: Annotated[float | None, value("Average entry price, in US dollars.")]
    mark_price: Annotated[float | None, value("Mark price, in US dollars.")]
    liquidation_price: Annotated[float | None, value("Estimated liquidation price, in US dollars.")]
    leverage: Annotated[float | None, value("Leverage, as a multiple.")]
    margin_balance: Annotated[float | None, value("Margin posted, in US dollars.")]
    value_usd: Annotated[float | None, value("Value, in US dollars.")]
    unrealized_pnl: Annotated[float | None, value("Unrealised profit or loss, in US dollars.")]
    funding_fee: Annotated[float | None, value("Funding so far, in US dollars; the sign is as CoinGlass gives it.")]
    margin_mode: Annotated[MarginMode | None, value("How it is margined.")]
    created: Annotated[datetime, value("When it was opened.")]
    updated: Annotated[datetime | None, value("When its figures were taken.")]


@strawberry.type(description="Positions above a million US dollars that were opened or closed lately.")
class WhaleAlerts(Sourced):
    alerts: list[WhaleAlert] = strawberry.field(description="About 200, as CoinGlass orders them.")


@strawberry.type(description="Open positions above a million US dollars.")
class WhalePositions(Sourced):
    positions: list[WhalePosition] = strawberry.field(description="The positions, as CoinGlass orders them.")


WhaleAlertsResult = Annotated[WhaleAlerts | PlanGated | Unavailable, result("WhaleAlerts")]
WhalePositionsResult = Annotated[WhalePositions | PlanGated | Unavailable, result("WhalePositions")]


@strawberry.type(description="Hyperliquid: what its large traders do.")
class Hyperliquid:
    whale_alerts: WhaleAlertsResult = upstream(api.hyperliquid.WHALE_ALERTS, WhaleAlerts)
    whale_positions: WhalePositionsResult = upstream(api.hyperliquid.WHALE_POSITIONS, WhalePositions)
