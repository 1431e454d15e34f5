"""Market-wide indices, by day."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse
from graph_types.fields import value as described  # a field of the index is called `value`
from payloads.series import DailySeries, Points, TimedRow
from schema.indicators.points import PricedPoint


@strawberry.type(description="The fear and greed index on one day.")
class FearGreedPoint(TimedRow):
    value: Annotated[float | None, described("Index: 0 is extreme fear, 100 extreme greed.")]
    price_usd: Annotated[float | None, sparse("Price of bitcoin that day, in US dollars.")]


@strawberry.type(description="The crypto fear and greed index, by day.")
class FearGreedIndex(DailySeries, Points[FearGreedPoint]): ...


@strawberry.type(description="Options open interest relative to futures open interest on one day.")
class OptionsFuturesRatioPoint(TimedRow):
    btc_percent: Annotated[float | None, sparse("Of bitcoin, in percent.")]
    eth_percent: Annotated[float | None, sparse("Of ether, in percent.")]


@strawberry.type(description="Options open interest relative to futures open interest, by day.")
class OptionsFuturesRatio(DailySeries, Points[OptionsFuturesRatioPoint]): ...


@strawberry.type(description="The altcoin season index on one day.")
class AltcoinSeasonPoint(TimedRow):
    value: Annotated[float | None, sparse("Index from 0 to 100; the higher, the more altcoins do better than bitcoin.")]
    market_cap_usd: Annotated[float | None, sparse("Market capitalisation of the altcoins, in US dollars.")]


@strawberry.type(description="The altcoin season index, by day.")
class AltcoinSeason(DailySeries, Points[AltcoinSeasonPoint]): ...


@strawberry.type(description="Bitcoin's share of the market capitalisation of all coins on one day.")
class DominancePoint(PricedPoint):
    dominance_percent: Annotated[float | None, sparse("Share of bitcoin, in percent.")]
    market_cap_usd: Annotated[
        float | None,
        sparse("Market capitalisation; the documented figures fit that of bitcoin alone, in US dollars."),
    ]


@strawberry.type(description="Bitcoin's share of the market capitalisation of all coins, by day.")
class Dominance(DailySeries, Points[DominancePoint]): ...
