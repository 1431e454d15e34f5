"""Capital in stablecoins, by day."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from schema.indicators.points import PricedColumns, PricedPoint
from vocabulary.fields import value
from vocabulary.problems import Problems, result
from vocabulary.series import DailySeries


@strawberry.type(description="Market capitalisation of all stablecoins on one day.")
class StablecoinMarketCapPoint(PricedPoint):
    market_cap_usd: Annotated[float | None, value("Market capitalisation of all stablecoins, in US dollars.")]


@strawberry.type(description="Market capitalisation of all stablecoins as columns, index by index.")
class StablecoinMarketCapColumns(PricedColumns):
    market_cap_usd: Annotated[
        Sequence[float | None], value("Market capitalisations of all stablecoins, in US dollars.")
    ]


@strawberry.type(description="Market capitalisation of all stablecoins, by day.")
class StablecoinMarketCap(DailySeries):
    points: Sequence[StablecoinMarketCapPoint] = strawberry.field(description="The days, oldest first.")
    columns: StablecoinMarketCapColumns = strawberry.field(description="The same days as columns.")
    latest: StablecoinMarketCapPoint | None = strawberry.field(description="The newest day.")


StablecoinMarketCapResult = Annotated[StablecoinMarketCap | Problems, result("StablecoinMarketCap")]
