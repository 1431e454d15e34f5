"""Futures markets: current ones of pairs, coins and exchanges, prices over time, and delisted pairs."""

from datetime import datetime
from typing import Annotated

import strawberry

from graph_types.fields import group, sparse, value
from payloads.series import Candles, Series, TimedRow
from payloads.source import Sourced
from schema.futures.liquidation import LiquidationsByPeriod
from schema.periods import DayChange, FromMinutesToDay, PercentByPeriod


@strawberry.type(description="Last and index price of a futures pair.")
class PairPrice:
    last: Annotated[float | None, sparse("Last price, in US dollars.")]
    index: Annotated[float | None, sparse("Index price, in US dollars.", source_name="index_price")]
    change_percent: Annotated[DayChange, group("Change of the price, in percent.", "price_change_percent_{}")]


@strawberry.type(description="Volume of a pair over 24 hours.")
class PairVolume:
    usd: Annotated[float | None, sparse("Traded volume, in US dollars.", source_name="volume_usd")]
    long_usd: Annotated[float | None, sparse("Volume of the long side, in US dollars.", source_name="long_volume_usd")]
    short_usd: Annotated[
        float | None, sparse("Volume of the short side, in US dollars.", source_name="short_volume_usd")
    ]
    long_trades: Annotated[
        float | None, sparse("Number of trades on the long side.", source_name="long_volume_quantity")
    ]
    short_trades: Annotated[
        float | None, sparse("Number of trades on the short side.", source_name="short_volume_quantity")
    ]
    change_percent: Annotated[DayChange, group("Change of the volume, in percent.", "volume_usd_change_percent_{}")]


@strawberry.type(description="Open interest of a futures pair, and its changes.")
class PairOpenInterest:
    usd: Annotated[float | None, sparse("Open interest, in US dollars.", source_name="open_interest_usd")]
    quantity: Annotated[float | None, sparse("Open interest, in coins.", source_name="open_interest_quantity")]
    change_percent: Annotated[
        DayChange, group("Change of the open interest, in percent.", "open_interest_change_percent_{}")
    ]
    volume_ratio: Annotated[
        float | None, sparse("Open interest divided by volume.", source_name="open_interest_volume_ratio")
    ]
    volume_ratio_change_percent: Annotated[
        DayChange, group("Change of that ratio, in percent.", "open_interest_volume_ratio_change_percent_{}")
    ]


@strawberry.type(description="Liquidations of a pair over 24 hours, in US dollars.")
class PairLiquidations:
    long_usd: Annotated[
        float | None, sparse("Longs liquidated, in US dollars.", source_name="long_liquidation_usd_24h")
    ]
    short_usd: Annotated[
        float | None, sparse("Shorts liquidated, in US dollars.", source_name="short_liquidation_usd_24h")
    ]


@strawberry.type(description="The current market of a futures pair.")
class PairMarket(Sourced):
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    symbol: Annotated[str, value("The exchange's own code.")]
    name: Annotated[str | None, sparse("Base and quote, e.g. `BTC/USDT`.")]
    price: Annotated[PairPrice, group("Last price and its changes.")]
    volume: Annotated[PairVolume, group("Volume over 24 hours.")]
    open_interest: Annotated[PairOpenInterest, group("Open interest and its changes.")]
    liquidations: Annotated[PairLiquidations, group("Liquidations over 24 hours.")]
    funding_rate: Annotated[float | None, sparse("Funding rate, in percent per funding interval.")]
    next_funding_time: Annotated[datetime | None, sparse("When the next funding takes place; not always stated.")]


@strawberry.type(description="Change of volume, in US dollars.")
class VolumeChangeUsd:
    h1: Annotated[float | None, sparse("Over 1 hour, in US dollars.", source_name="1h")]
    h4: Annotated[float | None, sparse("Over 4 hours, in US dollars.", source_name="4h")]
    h24: Annotated[float | None, sparse("Over 24 hours, in US dollars.", source_name="24h")]


@strawberry.type(description="Price of a coin on futures markets, and its changes.")
class CoinPrice:
    last: Annotated[float | None, sparse("Last price, in US dollars.")]
    change_percent: Annotated[FromMinutesToDay, group("Change of the price, in percent.", "price_change_percent_{}")]


@strawberry.type(description="Open interest of a coin, and its changes.")
class CoinOpenInterest:
    usd: Annotated[float | None, sparse("Open interest, in US dollars.", source_name="open_interest_usd")]
    quantity: Annotated[float | None, sparse("Open interest, in coins.", source_name="open_interest_quantity")]
    market_cap_ratio: Annotated[
        float | None,
        sparse("Open interest divided by market capitalisation.", source_name="open_interest_market_cap_ratio"),
    ]
    volume_ratio: Annotated[
        float | None, sparse("Open interest divided by volume.", source_name="open_interest_volume_ratio")
    ]
    change_percent: Annotated[
        PercentByPeriod, group("Change of the open interest, in percent.", "open_interest_change_percent_{}")
    ]


@strawberry.type(description="Funding rate of a coin, averaged over exchanges, in percent per funding interval.")
class CoinFundingRate:
    by_open_interest: Annotated[float | None, sparse("Weighted by open interest, in percent.")]
    by_volume: Annotated[float | None, sparse("Weighted by volume, in percent.")]


@strawberry.type(description="Changes of a coin's futures volume.")
class CoinVolume:
    change_percent: Annotated[PercentByPeriod, group("Change of the volume, in percent.", "volume_change_percent_{}")]
    change_usd: Annotated[VolumeChangeUsd, group("Change of the volume, in US dollars.", "volume_change_usd_{}")]
    long_short_ratio: Annotated[FromMinutesToDay, group("Long volume divided by short volume.", "long_short_ratio_{}")]


@strawberry.type(description="The current futures market of a coin, over all exchanges or those that were requested.")
class CoinMarket(Sourced):
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    market_cap_usd: Annotated[float | None, sparse("Market capitalisation, in US dollars.")]
    price: Annotated[CoinPrice, group("Last price and its changes.")]
    open_interest: Annotated[CoinOpenInterest, group("Open interest and its changes.")]
    funding_rate: Annotated[CoinFundingRate, group("Funding rate, averaged over exchanges.")]
    volume: Annotated[CoinVolume, group("Changes of the traded volume.")]
    liquidations: Annotated[LiquidationsByPeriod, group("Liquidations of the last hours.")]


@strawberry.type(description="Price over one interval, in US dollars.")
class PriceCandle(TimedRow):
    open: Annotated[float | None, value("First price of the interval, in US dollars.")]
    high: Annotated[float | None, value("Highest price of the interval, in US dollars.")]
    low: Annotated[float | None, value("Lowest price of the interval, in US dollars.")]
    close: Annotated[
        float | None, value("Last price of the interval, in US dollars; while the interval lasts, the current one.")
    ]
    volume_usd: Annotated[float | None, value("Traded volume, in US dollars.")]


@strawberry.type(description="Price over time, in US dollars.")
class PriceSeries(Series, Candles[PriceCandle]): ...


@strawberry.type(description="How a coin's price moved over the last hours.")
class CoinPriceChange:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    last: Annotated[float | None, sparse("Last price, in US dollars.")]
    change_percent: Annotated[FromMinutesToDay, group("Change of the price, in percent.", "price_change_percent_{}")]
    amplitude_percent: Annotated[
        FromMinutesToDay,
        group("Distance from the lowest to the highest price, in percent.", "price_amplitude_percent_{}"),
    ]


@strawberry.type(description="How the price of each coin moved over the last hours.")
class PriceChanges(Sourced):
    coins: list[CoinPriceChange] = strawberry.field(description="The coins, as CoinGlass orders them.")


@strawberry.type(description="A futures instrument that its exchange has delisted.")
class DelistedPair:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    symbol: Annotated[str, value("The exchange's own code.")]
    base: Annotated[str | None, sparse("Base asset.")]
    quote: Annotated[str | None, sparse("Quote asset.")]


@strawberry.type(description="Futures instruments that exchanges have delisted.")
class DelistedPairs(Sourced):
    pairs: list[DelistedPair] = strawberry.field(description="The instruments, exchange by exchange.")


@strawberry.type(description="The futures market of one exchange.")
class RankedExchange:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    open_interest_usd: Annotated[float | None, sparse("Open interest, in US dollars.")]
    volume_usd: Annotated[float | None, sparse("Traded volume, in US dollars; CoinGlass states no period.")]
    liquidation_usd_24h: Annotated[float | None, sparse("Longs and shorts liquidated over 24 hours, in US dollars.")]


@strawberry.type(description="The exchanges with futures, by size.")
class ExchangeRanking(Sourced):
    exchanges: list[RankedExchange] = strawberry.field(description="The exchanges, as CoinGlass orders them.")
