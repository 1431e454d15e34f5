"""Hyperliquid: large positions, accounts over time, and the type `Hyperliquid` with all fields."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from cg_client.endpoints import futures as api
from graph_types.fields import sparse, value
from graph_types.problems import Result
from payloads.series import Points, Series, TimedRow
from payloads.source import CappedList, Sourced
from resolvers.arguments import blamed_on
from resolvers.context import Context
from resolvers.field import upstream
from resolvers.pages import upstream_numbered
from schema.futures.hyperliquid_wallets import (
    HyperliquidPosition,
    HyperliquidPositions,
    HyperliquidWallet,
    PnlDistribution,
    PositionDistribution,
    TaggedAccounts,
    TaggedPositionDistribution,
    include_end,
)


@strawberry.type(description="Accounts that are long and short at one time.")
class HyperliquidAccountsPoint(TimedRow):
    long_count: Annotated[float | None, value("Number of accounts that are long.")]
    short_count: Annotated[float | None, value("Number of accounts that are short.")]
    total_count: Annotated[float | None, value("Number of accounts counted.")]
    long_percent: Annotated[float | None, value("Share that is long, in percent.")]
    short_percent: Annotated[float | None, value("Share that is short, in percent.")]
    ratio: Annotated[float | None, value("Long divided by short.")]


@strawberry.type(description="Accounts that are long and short over time.")
class HyperliquidAccounts(Series, Points[HyperliquidAccountsPoint]): ...


@strawberry.enum(description="Whether a position was opened or closed.")
class PositionAction(Enum):
    OPENED = strawberry.enum_value("OPENED", description="The position was opened.")
    CLOSED = strawberry.enum_value("CLOSED", description="The position was closed.")


_ACTIONS = {1: PositionAction.OPENED, 2: PositionAction.CLOSED}


@strawberry.type(description="A position above a million US dollars that was opened or closed.")
class WhaleAlert:
    user: Annotated[str, value("Address of the wallet.")]
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    size: Annotated[float | None, value("Size in coins, negative when short.")]
    entry_price: Annotated[float | None, sparse("Average entry price, in US dollars.")]
    liquidation_price: Annotated[float | None, sparse("Estimated liquidation price, in US dollars.")]
    value_usd: Annotated[float | None, sparse("Value, in US dollars.")]
    action: Annotated[PositionAction | None, value("Whether it was opened or closed.", codes=_ACTIONS)]
    created: Annotated[datetime | None, value("When it was opened or closed.")]


@strawberry.type(description="An open position above a million US dollars.")
class WhalePosition(HyperliquidPosition): ...


@strawberry.type(description="Positions above a million US dollars that were opened or closed lately.")
class WhaleAlerts(CappedList):
    alerts: list[WhaleAlert] = strawberry.field(description="The alerts: about 200, in CoinGlass' order.")


@strawberry.type(description="Open positions above a million US dollars.")
class WhalePositions(Sourced):
    positions: list[WhalePosition] = strawberry.field(description="The positions, as CoinGlass orders them.")


async def _listed_coin(context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with CoinGlass' name of the coin; raises UnknownName."""
    with blamed_on("coin"):
        return arguments | {"coin": await context.symbols.coin(arguments["coin"])}


@strawberry.type(description="Hyperliquid: what its traders do.")
class Hyperliquid:
    whale_alerts: Result[WhaleAlerts] = upstream(api.hyperliquid.WHALE_ALERTS, WhaleAlerts)
    whale_positions: Result[WhalePositions] = upstream(api.hyperliquid.WHALE_POSITIONS, WhalePositions)
    positions: Result[HyperliquidPositions] = upstream_numbered(
        api.hyperliquid.POSITIONS,
        HyperliquidPositions,
        prepare=_listed_coin,
        alternatives={"Hyperliquid.whalePositions": api.hyperliquid.WHALE_POSITIONS},
    )
    wallet: Result[HyperliquidWallet] = upstream(api.hyperliquid.WALLET, HyperliquidWallet)
    position_distribution: Result[PositionDistribution] = upstream(
        api.hyperliquid.POSITION_DISTRIBUTION, PositionDistribution
    )
    pnl_distribution: Result[PnlDistribution] = upstream(api.hyperliquid.PNL_DISTRIBUTION, PnlDistribution)
    long_short_accounts: Result[HyperliquidAccounts] = upstream(
        api.hyperliquid.LONG_SHORT_ACCOUNTS, HyperliquidAccounts, prepare=_listed_coin
    )
    long_short_accounts_by_tag: Result[TaggedAccounts] = upstream(
        api.hyperliquid.LONG_SHORT_ACCOUNTS_BY_TAG,
        TaggedAccounts,
        prepare=_listed_coin,
        alternatives={"Hyperliquid.longShortAccounts": api.hyperliquid.LONG_SHORT_ACCOUNTS},
    )
    position_distribution_by_tag: Result[TaggedPositionDistribution] = upstream(
        api.hyperliquid.POSITION_DISTRIBUTION_BY_TAG,
        TaggedPositionDistribution,
        prepare=include_end,
        alternatives={
            "Hyperliquid.positionDistribution": api.hyperliquid.POSITION_DISTRIBUTION,
            "Hyperliquid.pnlDistribution": api.hyperliquid.PNL_DISTRIBUTION,
        },
    )
