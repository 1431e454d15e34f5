"""Liquidation max pain: the prices at which most would be liquidated."""

from typing import Annotated, Self

import strawberry

from graph_types.fields import group, sparse, value
from payloads.source import Source, Sourced


@strawberry.type(description="Where most positions of one side would be liquidated.")
class MaxPainSide:
    price_usd: Annotated[float | None, sparse("The price, in US dollars.")]
    size_usd: Annotated[float | None, sparse("What would be liquidated there, in US dollars.")]


@strawberry.type(description="Where most longs and most shorts of a coin would be liquidated.")
class CoinMaxPain:
    symbol: Annotated[str, value("Coin.")]
    price_usd: Annotated[float | None, sparse("Price of the coin, in US dollars.")]
    long: Annotated[MaxPainSide, group("What CoinGlass labels long.", "long_{}")]
    short: Annotated[MaxPainSide, group("What CoinGlass labels short.", "short_{}")]


@strawberry.type(description="Where most longs and most shorts of one coin would be liquidated.")
class LiquidationMaxPain(CoinMaxPain, Sourced):
    @classmethod
    def of(cls, source: Source, row: CoinMaxPain) -> Self:
        return cls(source=source, **vars(row))


@strawberry.type(description="Where most longs and most shorts of each coin would be liquidated.")
class LiquidationMaxPains(Sourced):
    coins: list[CoinMaxPain] = strawberry.field(description="The coins, as CoinGlass orders them.")
