"""Capital in stablecoins, by day."""

from collections.abc import Mapping, Sequence

import msgspec
import strawberry

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector
from payloads.columns import Columns
from payloads.series import DailySeries, Points, timed_rows
from resolvers.stablecoins import StablecoinDay, decode_stablecoins
from schema.indicators.points import PricedPoint


@strawberry.type(description="Market capitalisation of one stablecoin.")
class StablecoinCapital:
    symbol: str = strawberry.field(description="Stablecoin, e.g. `USDT`.")
    market_cap_usd: float = strawberry.field(description="Its market capitalisation, in US dollars.")


@strawberry.type(description="Market capitalisation of stablecoins on one day.")
class StablecoinMarketCapPoint(PricedPoint):
    market_cap_usd: float | None = strawberry.field(
        description="Market capitalisation of all stablecoins that CoinGlass lists that day, in US dollars."
    )
    by_coin: Sequence[StablecoinCapital] | None = strawberry.field(
        description="That of each stablecoin; null where CoinGlass gives the sum alone."
    )


@strawberry.type(description="Market capitalisation of stablecoins, by day.")
class StablecoinMarketCap(DailySeries, Points[StablecoinMarketCapPoint], rows_only=("by_coin",)):
    @classmethod
    def decoder(cls) -> Decode[Columns[StablecoinMarketCapPoint]]:
        return _decode


def _decode(data: msgspec.Raw, anomalies: AnomalyCollector) -> Columns[StablecoinMarketCapPoint]:
    days: Sequence[StablecoinDay] = decode_stablecoins(data, anomalies)
    return timed_rows(
        StablecoinMarketCapPoint,
        [day.time for day in days],
        price_usd=[day.price for day in days],
        market_cap_usd=[day.sum for day in days],
        by_coin=[_by_coin(day.by_coin) for day in days],
    )


def _by_coin(capital: Mapping[str, float] | None) -> Sequence[StablecoinCapital] | None:
    if capital is None:
        return None
    return [StablecoinCapital(symbol=symbol, market_cap_usd=usd) for symbol, usd in capital.items()]
