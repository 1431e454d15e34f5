"""Spot coins, pairs and their current markets."""

from datetime import timedelta

from cg_client.decoding.shapes import KeyedRows, NameList
from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.params.core import CoinParams, PageParams, PairSeries
from cg_client.plans.plan_table import STANDARD_FLOORS, Plan

SUPPORTED_COINS = Endpoint(
    path="/api/spot/supported-coins",
    summary="Coins with spot markets.",
    shape=NameList(),
    refresh=timedelta(minutes=1),
)
SUPPORTED_PAIRS = Endpoint(
    path="/api/spot/supported-exchange-pairs",
    summary="Spot pairs of each exchange.",
    shape=KeyedRows(key="exchange"),
    refresh=timedelta(minutes=1),
    aliases={"symbol": "instrument_id", "base": "base_asset", "quote": "quote_asset"},
)
PAIRS_MARKETS = Endpoint(
    path="/api/spot/pairs-markets",
    summary="Current market of a spot pair.",
    params=CoinParams,
    aliases={
        "exchange": "exchange_name",
        "name": "symbol",
        "last": "current_price",
        # The name of this figure has the unit at 1h and 1w, and lacks it in between.
        "volume_change_usd_4h": "volume_change_4h",
        "volume_change_usd_12h": "volume_change_12h",
        "volume_change_usd_24h": "volume_change_24h",
    },
)
COINS_MARKETS = Endpoint(
    path="/api/spot/coins-markets",
    summary="Current spot market of a coin, over all exchanges.",
    params=PageParams,
    plan=Plan.STANDARD,
    aliases={"last": "current_price", "market_cap_usd": "market_cap"},
)
PRICE_HISTORY = Endpoint(
    path="/api/spot/price/history",
    summary="Price of a spot pair, as candles.",
    params=PairSeries,
    interval_floors=STANDARD_FLOORS,
    refresh=REAL_TIME,
)
# On later pages of the documents only, which count it to spot. It takes no window: all days come at once.
COIN_HISTORY = Endpoint(
    path="/api/coin/market-data-history",
    summary="Price, supply and market capitalisation of a coin, by day since it is traded.",
    params=CoinParams,
    plan=Plan.STARTUP,
    refresh=timedelta(days=1),
    aliases={"price_usd": "price", "market_cap_usd": "market_cap"},
)
