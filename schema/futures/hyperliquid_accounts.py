"""How many accounts are long and short on Hyperliquid."""

from typing import Annotated

import strawberry

from graph_types.fields import value
from payloads.series import Points, Series, TimedRow


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
