"""Positions and wallets on Hyperliquid: all of a coin, one wallet, and tiers of wallets."""

from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated, Any

import strawberry

from graph_types.fields import group, sparse, value
from pagination.connections import Paged
from payloads.series import Points, Series, TimedRow
from payloads.source import CappedList, Sourced
from resolvers.context import Context


@strawberry.enum(description="How a position is margined.")
class MarginMode(Enum):
    CROSS = strawberry.enum_value("CROSS", description="Cross: margined by the whole account.")
    ISOLATED = strawberry.enum_value("ISOLATED", description="Isolated: margined by itself.")


@strawberry.type(description="An open position on Hyperliquid.")
class HyperliquidPosition:
    user: Annotated[str, value("Address of the wallet.")]
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
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


@strawberry.type(description="What a wallet has and what it has bound, in US dollars.")
class WalletMargin:
    account_value_usd: Annotated[float | None, sparse("Equity, in US dollars.")]
    positions_usd: Annotated[float | None, sparse("Notional value of all positions, in US dollars.")]
    balance_usd: Annotated[
        float | None, sparse("Raw balance, in US dollars; negative where positions are borrowed for.")
    ]
    margin_used_usd: Annotated[float | None, sparse("Margin in use, in US dollars.")]


@strawberry.type(description="Leverage of a position.")
class WalletLeverage:
    margin_mode: Annotated[MarginMode | None, sparse("How it is margined.", source_name="type")]
    multiple: Annotated[float | None, sparse("Leverage, as a multiple.", source_name="value")]


@strawberry.type(description="Funding of a position, in US dollars; the signs are as CoinGlass gives them.")
class WalletFunding:
    all_time_usd: Annotated[float | None, sparse("Since the account began, in US dollars.")]
    since_open_usd: Annotated[float | None, sparse("Since the position was opened, in US dollars.")]
    since_change_usd: Annotated[float | None, sparse("Since its size last changed, in US dollars.")]


@strawberry.type(description="A position of a wallet on Hyperliquid.")
class WalletPosition:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    size: Annotated[float | None, value("Size in coins, negative when short.")]
    leverage: Annotated[WalletLeverage | None, sparse("Leverage and margin mode.")]
    entry_price: Annotated[float | None, sparse("Average entry price, in US dollars.")]
    value_usd: Annotated[float | None, sparse("Value, in US dollars.")]
    unrealized_pnl: Annotated[float | None, sparse("Unrealised profit or loss, in US dollars.")]
    return_on_equity: Annotated[float | None, sparse("Return on equity, as a fraction: 0.1 is 10 %.")]
    max_leverage: Annotated[float | None, sparse("Highest leverage that is allowed, as a multiple.")]
    funding: Annotated[WalletFunding | None, sparse("Funding paid or received so far.")]


@strawberry.type(description="A position of a wallet, and its mode.")
class WalletAsset:
    mode: Annotated[str | None, sparse("Position mode, as Hyperliquid words it, e.g. `oneWay`.", source_name="type")]
    position: Annotated[WalletPosition, value("The position with its figures.")]


@strawberry.type(description="Balances and open positions of a wallet on Hyperliquid.")
class HyperliquidWallet(Sourced):
    margin: Annotated[WalletMargin | None, sparse("Margin of all positions together.")]
    cross_margin: Annotated[WalletMargin | None, sparse("Positions that the whole account margins.")]
    cross_maintenance_margin_usd: Annotated[
        float | None, sparse("Maintenance margin of positions that the whole account margins, in US dollars.")
    ]
    withdrawable_usd: Annotated[float | None, sparse("What may be withdrawn, in US dollars.")]
    positions: Annotated[list[WalletAsset] | None, value("The positions, as CoinGlass orders them.")]


@strawberry.type(description="How many wallets of a tier there are.")
class TierWallets:
    count: Annotated[float | None, sparse("Number of wallets.")]
    with_position_count: Annotated[
        float | None, sparse("Number of wallets with a position.", source_name="position_address_count")
    ]
    with_position_percent: Annotated[
        float | None, sparse("Share with a position, in percent.", source_name="position_address_percent")
    ]
    in_profit_count: Annotated[float | None, sparse("Number of wallets in profit.", source_name="profit_address_count")]
    in_loss_count: Annotated[float | None, sparse("Number of wallets in loss.", source_name="loss_address_count")]
    in_profit_percent: Annotated[
        float | None, sparse("Share of wallets in profit, in percent.", source_name="profit_address_percent")
    ]
    in_loss_percent: Annotated[
        float | None, sparse("Share of wallets in loss, in percent.", source_name="loss_address_percent")
    ]


@strawberry.type(description="Value of the positions of a tier, by side.")
class TierPositions:
    usd: Annotated[float | None, sparse("Notional value of all, in US dollars.")]
    long_usd: Annotated[float | None, sparse("Value of the longs, in US dollars.")]
    short_usd: Annotated[float | None, sparse("Value of the shorts, in US dollars.")]
    long_percent: Annotated[float | None, sparse("Share of longs in the value, in percent.")]
    short_percent: Annotated[float | None, sparse("Share of shorts in the value, in percent.")]


@strawberry.type(description="To which side a tier leans.")
class TierBias:
    score: Annotated[
        float | None, sparse("Score, positive when long and negative when short.", source_name="bias_score")
    ]
    remark: Annotated[
        str | None, sparse("The same in CoinGlass' words, e.g. `very_bullish`.", source_name="bias_remark")
    ]


@strawberry.type(description="Wallets between two bounds.")
class WalletTier:
    name: Annotated[str, value("CoinGlass' name of the tier, e.g. `Shrimp`.")]
    minimum_usd: Annotated[float | None, sparse("Lower bound, in US dollars.")]
    maximum_usd: Annotated[float | None, sparse("Upper bound, in US dollars; null where there is none.")]
    wallets: Annotated[TierWallets, group("Number of its wallets.")]
    positions: Annotated[TierPositions, group("Positions of its wallets.")]
    bias: Annotated[TierBias, group("Side to which its wallets lean.")]


@strawberry.type(description="Wallets on Hyperliquid in tiers by the size of their positions.")
class PositionDistribution(Sourced):
    tiers: list[WalletTier] = strawberry.field(description="The tiers, as CoinGlass orders them.")


@strawberry.type(description="Wallets on Hyperliquid in tiers by their profit or loss.")
class PnlDistribution(Sourced):
    tiers: list[WalletTier] = strawberry.field(description="The tiers, as CoinGlass orders them.")


@strawberry.type(description="Accounts with one tag that are long and short in a coin at one time.")
class TaggedAccountsPoint(TimedRow):
    tag: Annotated[str | None, sparse("CoinGlass' name of the tag.")]
    long_count: Annotated[float | None, value("Number of accounts that are long.")]
    short_count: Annotated[float | None, value("Number of accounts that are short.")]
    long_usd: Annotated[float | None, sparse("Their longs, in US dollars.")]
    short_usd: Annotated[float | None, sparse("Their shorts, in US dollars.")]


@strawberry.type(
    description="Accounts with one tag that are long and short in a coin over time, from 2026-03-20 on. CoinGlass has "
    "points every 10 minutes too, which are not offered."
)
class TaggedAccounts(Series, Points[TaggedAccountsPoint], rows_only=("tag",)): ...


@strawberry.type(description="How many wallets have a tag.")
class TaggedWallets:
    count: Annotated[float | None, sparse("Number of wallets.")]
    with_position_count: Annotated[
        float | None, sparse("Number of wallets with a position.", source_name="position_address_count")
    ]
    in_profit_count: Annotated[float | None, sparse("Number of wallets in profit.", source_name="profit_address_count")]
    in_loss_count: Annotated[float | None, sparse("Number of wallets in loss.", source_name="loss_address_count")]


@strawberry.type(description="Positions of the wallets with a tag.")
class TaggedPositions:
    usd: Annotated[float | None, sparse("Notional value of all, in US dollars.")]
    long_usd: Annotated[float | None, sparse("Value of the longs, in US dollars.")]
    short_usd: Annotated[float | None, sparse("Value of the shorts, in US dollars.")]


@strawberry.type(description="Wallets with one tag, and their positions, at one time.")
class TaggedWalletTier:
    time: Annotated[
        datetime | None,
        sparse("Start of the interval; null where CoinGlass does not state it. Its documents show no time."),
    ]
    tag: Annotated[str, value("CoinGlass' name of the tag.")]
    minimum_usd: Annotated[float | None, sparse("Lower bound of the tag, in US dollars.")]
    maximum_usd: Annotated[float | None, sparse("Upper bound of the tag, in US dollars; null where there is none.")]
    wallets: Annotated[TaggedWallets, group("Number of its wallets.")]
    positions: Annotated[TaggedPositions, group("Positions of its wallets.")]
    bias: Annotated[TierBias, group("Side to which its wallets lean.")]


@strawberry.type(
    description="Wallets with one tag, and their positions, over time, from 2026-03-20 on. CoinGlass has points every "
    "10 minutes too, which are not offered."
)
class TaggedPositionDistribution(CappedList):
    points: list[TaggedWalletTier] = strawberry.field(description="The points, as CoinGlass orders them.")


_INSTANT = timedelta(milliseconds=1)


async def include_end(_context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Move the end by a millisecond, since CoinGlass ends a window before `end_time`."""
    to = arguments.get("to")
    return arguments if to is None else arguments | {"to": to + _INSTANT}
