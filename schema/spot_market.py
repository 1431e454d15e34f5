"""Spot markets of pairs and coins, and what a coin was worth by day."""

from typing import Annotated

import strawberry

from graph_types.fields import group, sparse, value
from payloads.series import DailySeries, DayRow, Points
from payloads.source import Sourced
from schema.periods import FromHourToWeek, FromMinutesToWeek


@strawberry.type(description="Price of a spot pair, and its changes.")
class SpotPairPrice:
    last: Annotated[float | None, sparse("Last price, in US dollars.")]
    change_usd: Annotated[FromHourToWeek, group("Change of the price, in US dollars.", "price_change_{}")]
    change_percent: Annotated[FromHourToWeek, group("Change of the price, in percent.", "price_change_percent_{}")]


@strawberry.type(description="Volume of a spot pair, by period.")
class SpotPairVolume:
    usd: Annotated[FromHourToWeek, group("Traded volume, in US dollars.", "volume_usd_{}")]
    buy_usd: Annotated[FromHourToWeek, group("Bought by market orders, in US dollars.", "buy_volume_usd_{}")]
    sell_usd: Annotated[FromHourToWeek, group("Sold by market orders, in US dollars.", "sell_volume_usd_{}")]
    net_flow_usd: Annotated[FromHourToWeek, group("Bought less sold, in US dollars.", "net_flows_usd_{}")]
    change_usd: Annotated[FromHourToWeek, group("Change of volume, in US dollars.", "volume_change_usd_{}")]
    change_percent: Annotated[FromHourToWeek, group("Change of volume, in percent.", "volume_change_percent_{}")]


@strawberry.type(description="The current market of a spot pair.")
class SpotPairMarket(Sourced):
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    name: Annotated[str, value("Base and quote, e.g. `BTC/USDT`.")]
    price: Annotated[SpotPairPrice, group("Last price and its changes.")]
    volume: Annotated[SpotPairVolume, group("Traded volume, by period.")]


@strawberry.type(description="Spot price of a coin, and its changes.")
class SpotCoinPrice:
    last: Annotated[float | None, sparse("Last price, in US dollars.")]
    change_usd: Annotated[FromMinutesToWeek, group("Change of the price, in US dollars.", "price_change_{}")]
    change_percent: Annotated[FromMinutesToWeek, group("Change of the price, in percent.", "price_change_percent_{}")]


@strawberry.type(description="Spot volume of a coin, by period.")
class SpotCoinVolume:
    usd: Annotated[FromMinutesToWeek, group("Traded volume, in US dollars.", "volume_usd_{}")]
    buy_usd: Annotated[FromMinutesToWeek, group("Bought by market orders, in US dollars.", "buy_volume_usd_{}")]
    sell_usd: Annotated[FromMinutesToWeek, group("Sold by market orders, in US dollars.", "sell_volume_usd_{}")]
    net_flow_usd: Annotated[FromMinutesToWeek, group("Bought less sold, in US dollars.", "volume_flow_usd_{}")]
    change_usd: Annotated[FromMinutesToWeek, group("Change of volume, in US dollars.", "volume_change_usd_{}")]
    change_percent: Annotated[FromMinutesToWeek, group("Change of volume, in percent.", "volume_change_percent_{}")]


@strawberry.type(description="The current spot market of a coin, over all exchanges.")
class SpotCoinMarket(Sourced):
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    market_cap_usd: Annotated[float | None, sparse("Market capitalisation, in US dollars.")]
    price: Annotated[SpotCoinPrice, group("Last price and its changes.")]
    volume: Annotated[SpotCoinVolume, group("Traded volume, by period.")]


@strawberry.type(description="Price, supply and market capitalisation of a coin on one day.")
class CoinMarketDay(DayRow):
    price_usd: Annotated[float | None, sparse("Price at the start of the day, in US dollars.")]
    circulating_supply: Annotated[float | None, sparse("Coins in circulation.")]
    market_cap_usd: Annotated[float | None, sparse("Market capitalisation, in US dollars.")]


@strawberry.type(description="Price, supply and market capitalisation of a coin, by day.")
class CoinMarketHistory(DailySeries, Points[CoinMarketDay]): ...
