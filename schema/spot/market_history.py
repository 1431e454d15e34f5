"""What a coin was worth, by day."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from graph_types.fields import sparse, value
from payloads.series import DailySeries, Timestamps
from schema.etf.days import Day, TimestampOfDay


@strawberry.type(description="Price, supply and market capitalisation of a coin on one day.")
class CoinMarketDay:
    time: Day
    timestamp: TimestampOfDay
    price_usd: Annotated[float | None, sparse("Price at the start of the day, in US dollars.")]
    circulating_supply: Annotated[float | None, sparse("Coins in circulation.")]
    market_cap_usd: Annotated[float | None, sparse("Market capitalisation, in US dollars.")]


@strawberry.type(description="Price, supply and market capitalisation as columns, index by index.")
class CoinMarketDayColumns:
    timestamp: Timestamps
    price_usd: Annotated[Sequence[float | None], value("Prices at the starts of the days, in US dollars.")]
    circulating_supply: Annotated[Sequence[float | None], value("Coins in circulation.")]
    market_cap_usd: Annotated[Sequence[float | None], value("Market capitalisations, in US dollars.")]


@strawberry.type(description="Price, supply and market capitalisation of a coin, by day.")
class CoinMarketHistory(DailySeries):
    days: Sequence[CoinMarketDay] = strawberry.field(description="The days, oldest first.")
    columns: CoinMarketDayColumns = strawberry.field(description="The same days as columns.")
    latest: CoinMarketDay | None = strawberry.field(description="The newest day.")
