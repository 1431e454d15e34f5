"""What a coin was worth, by day."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse
from payloads.series import DailySeries, DayRow, Days


@strawberry.type(description="Price, supply and market capitalisation of a coin on one day.")
class CoinMarketDay(DayRow):
    price_usd: Annotated[float | None, sparse("Price at the start of the day, in US dollars.")]
    circulating_supply: Annotated[float | None, sparse("Coins in circulation.")]
    market_cap_usd: Annotated[float | None, sparse("Market capitalisation, in US dollars.")]


@strawberry.type(description="Price, supply and market capitalisation of a coin, by day.")
class CoinMarketHistory(DailySeries, Days[CoinMarketDay], columns="CoinMarketDayColumns"): ...
