"""Coins, exchanges, pairs and their current markets."""

from datetime import timedelta

from cg_client.decoding.shapes import KeyedRows, NameList
from cg_client.endpoint import REAL_TIME, Endpoint, standard_series
from cg_client.params.core import CoinMarketsPage, CoinParams, PairSeries
from cg_client.plans.plan_table import Plan

SUPPORTED_COINS = Endpoint(
    path="/api/futures/supported-coins",
    summary="Coins with futures markets.",
    shape=NameList(),
    refresh=timedelta(minutes=1),
)
SUPPORTED_EXCHANGES = Endpoint(
    path="/api/futures/supported-exchanges",
    summary="Exchanges with futures markets.",
    shape=NameList(),
)
SUPPORTED_PAIRS = Endpoint(
    path="/api/futures/supported-exchange-pairs",
    summary="Futures instruments of each exchange.",
    shape=KeyedRows(key="exchange"),
    refresh=timedelta(minutes=1),
    aliases={
        "symbol": "instrument_id",
        "base": "base_asset",
        "quote": "quote_asset",
        "funding_interval_hours": "funding_interval",
    },
)
PAIRS_MARKETS = Endpoint(
    path="/api/futures/pairs-markets",
    summary="Current market of a futures pair.",
    params=CoinParams,
    aliases={
        "exchange": "exchange_name",
        "symbol": "instrument_id",
        "name": "symbol",
        "last": "current_price",
        "open_interest_volume_ratio": "open_interest_volume_radio",
        "open_interest_volume_ratio_change_percent_24h": "oi_vol_ratio_change_percent_24h",
    },
)
COINS_MARKETS = Endpoint(
    path="/api/futures/coins-markets",
    summary="Current futures market of a coin, over all exchanges or chosen ones.",
    params=CoinMarketsPage,
    plan=Plan.STANDARD,
    aliases={
        "last": "current_price",
        "by_open_interest": "avg_funding_rate_by_oi",
        "by_volume": "avg_funding_rate_by_vol",
    },
)
PRICE_HISTORY = standard_series(
    path="/api/futures/price/history",
    summary="Price of a futures pair, as candles.",
    params=PairSeries,
    refresh=REAL_TIME,
    limit_required=True,
)
PRICE_CHANGES = Endpoint(
    path="/api/futures/coins-price-change",
    summary="Price of each coin, and how it changed and swung over the last hours.",
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    aliases={"last": "current_price"},
)
DELISTED_PAIRS = Endpoint(
    path="/api/futures/delisted-exchange-pairs",
    summary="Futures instruments that exchanges have delisted.",
    shape=KeyedRows(key="exchange"),
    refresh=timedelta(minutes=1),
    aliases={"symbol": "instrument_id", "base": "base_asset", "quote": "quote_asset"},
)
# The documentation's page shows the path of another endpoint; this one answers.
EXCHANGE_RANKING = Endpoint(
    path="/api/futures/exchange-rank",
    summary="Open interest, volume and liquidations of each exchange with futures.",
    refresh=timedelta(minutes=1),
)
