"""Indices of the whole market, capital in stablecoins and on exchanges, and signs from spot markets and lending."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from cg_client.call import Decode
from cg_client.errors import NoData
from graph_types.fields import group, sparse, value
from graph_types.fields import value as described  # a field of the index is called `value`
from payloads.columns import Columns
from payloads.series import DailySeries, Points, Series, TimedRow
from payloads.source import Sourced
from resolvers.context import Context
from resolvers.stablecoins import stablecoins_decoder
from schema.indicators.cycle import PricedPoint


@strawberry.type(description="The fear and greed index on one day.")
class FearGreedPoint(TimedRow):
    value: Annotated[float | None, described("Index: 0 is extreme fear, 100 extreme greed.")]
    price_usd: Annotated[float | None, sparse("Price of bitcoin that day, in US dollars.")]


@strawberry.type(description="The crypto fear and greed index, by day.")
class FearGreedIndex(DailySeries, Points[FearGreedPoint]): ...


@strawberry.type(description="Options open interest relative to futures open interest on one day.")
class OptionsFuturesRatioPoint(TimedRow):
    btc_percent: Annotated[float | None, sparse("Ratio of bitcoin, in percent.")]
    eth_percent: Annotated[float | None, sparse("Ratio of ether, in percent.")]


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
        return stablecoins_decoder(StablecoinMarketCapPoint, StablecoinCapital)


@strawberry.type(description="Assets that an exchange holds.")
class DisclosedBalance:
    usd: Annotated[float | None, sparse("Value, in US dollars.", source_name="balance_usd")]
    change_usd_24h: Annotated[
        float | None, sparse("Change over 24 hours, in US dollars.", source_name="balance_change_usd_24h")
    ]
    change_usd_7d: Annotated[
        float | None,
        sparse(
            "Change over 7 days, in US dollars, by CoinGlass' documents; the documented figures look like a balance.",
            source_name="balance_change_usd_7d",
        ),
    ]


@strawberry.type(description="Net inflow of assets to an exchange; negative is outflow.")
class DisclosedInflow:
    usd_24h: Annotated[float | None, sparse("Over 24 hours, in US dollars.", source_name="inflow_usd_24h")]
    usd_7d: Annotated[float | None, sparse("Over 7 days, in US dollars.", source_name="inflow_usd_7d")]


@strawberry.type(description="Assets, flows and markets of an exchange.")
class ExchangeDisclosure:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    logo_url: Annotated[str | None, sparse("Address of its logo.")]
    balance: Annotated[DisclosedBalance, group("Assets that it holds.")]
    inflow: Annotated[DisclosedInflow, group("Net inflow of assets.")]
    open_interest_usd: Annotated[float | None, sparse("Open interest, in US dollars.")]
    average_leverage: Annotated[float | None, sparse("Average leverage, as a ratio.")]
    volume_usd: Annotated[float | None, sparse("Traded volume, in US dollars; the period is not stated.")]


@strawberry.type(description="Assets, flows and markets of exchanges.")
class ExchangeTransparency(Sourced):
    exchanges: list[ExchangeDisclosure] = strawberry.field(description="The exchanges, as CoinGlass orders them.")


@strawberry.type(description="Futures volume relative to spot volume in one interval.")
class FuturesSpotVolumeRatioPoint(TimedRow):
    ratio: Annotated[float | None, sparse("Futures volume divided by spot volume.")]
    futures_volume_usd: Annotated[float | None, sparse("Futures volume, in US dollars.")]
    spot_volume_usd: Annotated[float | None, sparse("Spot volume, in US dollars.")]


@strawberry.type(description="Futures volume relative to spot volume over time.")
class FuturesSpotVolumeRatioSeries(Series, Points[FuturesSpotVolumeRatioPoint]): ...


_ON_BITFINEX = ("BTC", "ETH")


async def bitfinex_coin(_: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments unchanged; raises NoData for a coin without figures, before anything is sent."""
    if arguments["symbol"] not in _ON_BITFINEX:
        raise NoData(f"CoinGlass has margin positions on Bitfinex for {' and '.join(_ON_BITFINEX)} only.")
    return arguments


@strawberry.type(description="Premium of bitcoin on Coinbase at one time.")
class CoinbasePremiumPoint(TimedRow):
    premium_usd: Annotated[float | None, sparse("Price on Coinbase less the price elsewhere, in US dollars.")]
    premium_percent: Annotated[float | None, sparse("The same in percent (0.01 is 0.01 %).")]
    coinbase_price_usd: Annotated[float | None, sparse("Price on Coinbase, in US dollars; not always stated.")]


@strawberry.type(description="Premium of bitcoin on Coinbase over time; negative is a discount.")
class CoinbasePremiumSeries(Series, Points[CoinbasePremiumPoint]): ...


@strawberry.type(description="Margin positions on Bitfinex at one time.")
class BitfinexMarginPoint(TimedRow):
    long_quantity: Annotated[float | None, sparse("Margin longs, in coins.")]
    short_quantity: Annotated[float | None, sparse("Margin shorts, in coins.")]


@strawberry.type(description="Margin positions on Bitfinex over time, in coins.")
class BitfinexMarginSeries(Series, Points[BitfinexMarginPoint]): ...


@strawberry.type(description="Interest on a borrowed coin at one time.")
class BorrowRatePoint(TimedRow):
    interest_rate: Annotated[
        float | None,
        sparse("Interest a day, as CoinGlass gives it: whether in percent or as a fraction is not stated."),
    ]


@strawberry.type(description="Interest on a borrowed coin over time, for a day of borrowing.")
class BorrowRateSeries(Series, Points[BorrowRatePoint]): ...
