"""Hyperliquid by CoinGlass' tags of wallets: accounts over time in one coin, and positions over time in all."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import strawberry

from graph_types.fields import group, sparse, value
from payloads.series import Points, Series, TimedRow
from payloads.source import CappedList
from resolvers.context import Context
from schema.futures.hyperliquid_wallets import TierBias


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
        float | None, sparse("Number with a position.", source_name="position_address_count")
    ]
    in_profit_count: Annotated[float | None, sparse("Number in profit.", source_name="profit_address_count")]
    in_loss_count: Annotated[float | None, sparse("Number in loss.", source_name="loss_address_count")]


@strawberry.type(description="Positions of the wallets with a tag.")
class TaggedPositions:
    usd: Annotated[float | None, sparse("Notional value of all, in US dollars.")]
    long_usd: Annotated[float | None, sparse("Longs, in US dollars.")]
    short_usd: Annotated[float | None, sparse("Shorts, in US dollars.")]


@strawberry.type(description="Wallets with one tag, and their positions, at one time.")
class TaggedWalletTier:
    time: Annotated[
        datetime | None,
        sparse("Start of the interval; null where CoinGlass does not state it. Its documents show no time."),
    ]
    tag: Annotated[str, value("CoinGlass' name of the tag.")]
    minimum_usd: Annotated[float | None, sparse("Lower bound of the tag, in US dollars.")]
    maximum_usd: Annotated[float | None, sparse("Upper bound of the tag, in US dollars; null where there is none.")]
    wallets: Annotated[TaggedWallets, group("Its wallets.")]
    positions: Annotated[TaggedPositions, group("Their positions.")]
    bias: Annotated[TierBias, group("To which side they lean.")]


@strawberry.type(
    description="Wallets with one tag, and their positions, over time, from 2026-03-20 on. CoinGlass has rows every 10 "
    "minutes too, which are not offered."
)
class TaggedPositionDistribution(CappedList):
    tiers: list[TaggedWalletTier] = strawberry.field(description="The rows, as CoinGlass orders them.")


_INSTANT = timedelta(milliseconds=1)


async def with_the_end(_context: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Move the end by a millisecond, since CoinGlass ends a window before `end_time`."""
    to = arguments.get("to")
    return arguments if to is None else arguments | {"to": to + _INSTANT}
