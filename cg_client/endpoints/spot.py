"""Spot markets: listings, current markets, prices, order books and the volume of market orders."""

from datetime import timedelta

from cg_client.decoding.shapes import KeyedRows, NameList, Record, Tuples
from cg_client.endpoint import REAL_TIME, Endpoint, standard_series
from cg_client.endpoints.futures import order_book, taker_volume
from cg_client.intervals import Interval
from cg_client.params.core import (
    CoinExchanges,
    CoinParams,
    ExchangesDepthSeries,
    ExchangesSeriesInUsd,
    PageParams,
    PairDepthSeries,
    PairParams,
    PairSeries,
    PairSeriesInUsd,
)
from cg_client.params.positions import PairLargeOrderHistory
from cg_client.plans.plan_table import Plan

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
PRICE_HISTORY = standard_series(
    path="/api/spot/price/history",
    summary="Price of a spot pair, as candles.",
    params=PairSeries,
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
ORDERBOOK_HISTORY = standard_series(
    path="/api/spot/orderbook/ask-bids-history",
    summary="Depth of a spot pair's order book over time.",
    params=PairDepthSeries,
    refresh=timedelta(seconds=5),
)
AGGREGATED_ORDERBOOK_HISTORY = standard_series(
    path="/api/spot/orderbook/aggregated-ask-bids-history",
    summary="Depth of a coin's spot order books over time, added up over exchanges.",
    params=ExchangesDepthSeries,
    aliases=order_book.AGGREGATED_ALIASES,
)
ORDERBOOK_SNAPSHOTS = Endpoint(
    path="/api/spot/orderbook/history",
    summary="Order book of a spot pair over time, level by level.",
    params=PairSeries,
    shape=Tuples(),
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    page_rows=order_book.SNAPSHOT_ROWS,
    coarsest=Interval.D1,
    retention=order_book.SNAPSHOT_RETENTION,
)
LARGE_ORDERS = Endpoint(
    path="/api/spot/orderbook/large-limit-order",
    summary="Large limit orders that stand in a spot pair's book now.",
    params=PairParams,
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    # Its page names the sides the other way round, which a captured book disproves.
    aliases=order_book.LARGE_ORDER_ALIASES,
    may_lack=order_book.LARGE_ORDERS_MAY_LACK,
)
# The newer documents list the path with v2 alone, with the same rows and parameters.
LARGE_ORDER_HISTORY = Endpoint(
    path="/api/spot/orderbook/v2/large-limit-order-history",
    former_path="/api/spot/orderbook/large-limit-order-history",
    summary="Large limit orders of a spot pair's book over a period, by what became of them.",
    params=PairLargeOrderHistory,
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    aliases=order_book.LARGE_ORDER_ALIASES,
    row_cap=order_book.LARGE_ORDER_HISTORY_ROWS,
)
TAKER_VOLUME_HISTORY = standard_series(
    path="/api/spot/taker-buy-sell-volume/history",
    summary="Taker buy and sell volume of a spot pair.",
    params=PairSeries,
    aliases=taker_volume.PAIR_ALIASES,
)
AGGREGATED_TAKER_VOLUME_HISTORY = standard_series(
    path="/api/spot/aggregated-taker-buy-sell-volume/history",
    summary="Taker buy and sell volume of a coin's spot markets, added up over exchanges.",
    params=ExchangesSeriesInUsd,
    aliases=taker_volume.AGGREGATED_ALIASES,
)
CVD_HISTORY = standard_series(
    path="/api/spot/cvd/history",
    summary="Cumulative volume delta of a spot pair.",
    params=PairSeriesInUsd,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases=taker_volume.PAIR_CVD_ALIASES,
)
AGGREGATED_CVD_HISTORY = standard_series(
    path="/api/spot/aggregated-cvd/history",
    summary="Cumulative volume delta of a coin's spot markets, added up over exchanges.",
    params=ExchangesSeriesInUsd,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases=taker_volume.AGGREGATED_CVD_ALIASES,
    page_rows=taker_volume.AGGREGATED_CVD_ROWS,
)
FOOTPRINT_HISTORY = Endpoint(
    path="/api/spot/volume/footprint-history",
    summary="Volume of market orders of a spot pair by price (Binance, OKX and Bybit, past 90 days).",
    params=PairSeries,
    shape=Tuples(),
    plan=Plan.PROFESSIONAL,
    refresh=REAL_TIME,
    retention=taker_volume.FOOTPRINT_RETENTION,
)
NETFLOW_LIST = Endpoint(
    path="/api/spot/netflow-list",
    summary="Net flow of each coin's spot markets, by period.",
    params=PageParams,
    plan=Plan.STARTUP,
    # The documented row says `1w` in this one name and `7d` in those beside it.
    aliases={**taker_volume.NETFLOW_LIST_ALIASES, "net_usd_7d": ("net_flow_usd_1w", "net_flow_usd_7d")},
)
COIN_NETFLOW = Endpoint(
    path="/api/spot/coin/netflow",
    summary="Net flow of a coin's spot markets by period, added up over exchanges.",
    params=CoinExchanges,
    shape=Record(),
    plan=Plan.STARTUP,
    aliases=taker_volume.COIN_NETFLOW_ALIASES,
)
