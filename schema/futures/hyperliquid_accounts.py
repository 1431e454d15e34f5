"""How many accounts are long and short on Hyperliquid."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from graph_types.fields import value
from payloads.series import Series, Time, TimestampOfTime, Timestamps


@strawberry.type(description="Accounts that are long and short at one time.")
class HyperliquidAccountsPoint:
    time: Time
    timestamp: TimestampOfTime
    long_count: Annotated[float | None, value("Number of accounts that are long.")]
    short_count: Annotated[float | None, value("Number of accounts that are short.")]
    total_count: Annotated[float | None, value("Number of accounts counted.")]
    long_percent: Annotated[float | None, value("Share that is long, in percent.")]
    short_percent: Annotated[float | None, value("Share that is short, in percent.")]
    ratio: Annotated[float | None, value("Long divided by short.")]


@strawberry.type(description="Accounts that are long and short as columns, index by index.")
class HyperliquidAccountsColumns:
    timestamp: Timestamps
    long_count: Annotated[Sequence[float | None], value("Numbers of accounts that are long.")]
    short_count: Annotated[Sequence[float | None], value("Numbers of accounts that are short.")]
    total_count: Annotated[Sequence[float | None], value("Numbers of accounts counted.")]
    long_percent: Annotated[Sequence[float | None], value("Shares that are long, in percent.")]
    short_percent: Annotated[Sequence[float | None], value("Shares that are short, in percent.")]
    ratio: Annotated[Sequence[float | None], value("Long divided by short.")]


@strawberry.type(description="Accounts that are long and short over time.")
class HyperliquidAccounts(Series):
    points: Sequence[HyperliquidAccountsPoint] = strawberry.field(description="The points, oldest first.")
    columns: HyperliquidAccountsColumns = strawberry.field(description="The same points as columns.")
    latest: HyperliquidAccountsPoint | None = strawberry.field(description="The newest point.")
