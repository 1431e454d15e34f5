"""Volume of market orders: by side, as a running sum, by price and as net flow by period."""

from collections.abc import Mapping
from datetime import timedelta

from cg_client.decoding.shapes import Record, Tuples
from cg_client.endpoint import REAL_TIME, Endpoint, standard_series
from cg_client.intervals import Interval
from cg_client.params.core import CoinExchanges, ExchangesSeriesInUsd, PageParams, PairSeries
from cg_client.params.positions import CoinTakerRange
from cg_client.plans.plan_table import Plan

PAIR_ALIASES = {"buy_usd": "taker_buy_volume_usd", "sell_usd": "taker_sell_volume_usd"}
AGGREGATED_ALIASES = {"buy_usd": "aggregated_buy_volume_usd", "sell_usd": "aggregated_sell_volume_usd"}

HISTORY = standard_series(
    path="/api/futures/v2/taker-buy-sell-volume/history",
    summary="Taker buy and sell volume of a futures pair.",
    params=PairSeries,
    aliases=PAIR_ALIASES,
)
AGGREGATED_HISTORY = standard_series(
    path="/api/futures/aggregated-taker-buy-sell-volume/history",
    summary="Taker buy and sell volume of a coin's futures, added up over exchanges.",
    params=ExchangesSeriesInUsd,
    aliases=AGGREGATED_ALIASES,
)
EXCHANGE_LIST = Endpoint(
    path="/api/futures/taker-buy-sell-volume/exchange-list",
    summary="Taker buy and sell volume of a coin on each exchange.",
    params=CoinTakerRange,
    shape=Record(),
    refresh=timedelta(seconds=1),
    aliases={
        "buy_percent": "buy_ratio",
        "sell_percent": "sell_ratio",
        "buy_usd": "buy_vol_usd",
        "sell_usd": "sell_vol_usd",
        "exchanges": "exchange_list",
    },
)

AGGREGATED_CVD_ROWS = 4500
PAIR_CVD_ALIASES = {
    "buy_usd": "taker_buy_vol",
    "sell_usd": "taker_sell_vol",
    "cumulative_delta_usd": "cum_vol_delta",
}
AGGREGATED_CVD_ALIASES = PAIR_CVD_ALIASES | {"buy_usd": "agg_taker_buy_vol", "sell_usd": "agg_taker_sell_vol"}

CVD_HISTORY = standard_series(
    path="/api/futures/cvd/history",
    summary="Cumulative volume delta of a futures pair.",
    params=PairSeries,  # no unit to choose here, unlike the other three
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases=PAIR_CVD_ALIASES,
)
AGGREGATED_CVD_HISTORY = standard_series(
    path="/api/futures/aggregated-cvd/history",
    summary="Cumulative volume delta of a coin's futures, added up over exchanges.",
    params=ExchangesSeriesInUsd,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases=AGGREGATED_CVD_ALIASES,
    page_rows=AGGREGATED_CVD_ROWS,
)

FOOTPRINT_RETENTION = {interval: timedelta(days=90) for interval in Interval}  # the page's title says 90 days

FOOTPRINT_HISTORY = Endpoint(
    path="/api/futures/volume/footprint-history",
    summary="Volume of market orders of a futures pair by price (Binance, OKX, Bybit and Hyperliquid, past 90 days).",
    params=PairSeries,
    shape=Tuples(),
    plan=Plan.PROFESSIONAL,
    refresh=REAL_TIME,
    retention=FOOTPRINT_RETENTION,
)

_MINUTES_AND_HOURS = ("5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "24h")
_DAYS = ("3d", "5d", "7d", "10d", "15d", "30d", "40d", "50d", "60d", "90d", "120d", "150d", "180d", "1y")
_PERIODS = (*_MINUTES_AND_HOURS, *_DAYS)  # of all these endpoints together
_FLOW_ALIASES: Mapping[str, str] = {
    f"{name}_{period}": f"{upstream}_{period}"
    for period in _PERIODS
    for name, upstream in (
        ("buy_usd", "taker_buy_volume_usd"),
        ("sell_usd", "taker_sell_volume_usd"),
        ("net_usd", "net_flow_usd"),
        ("net_change_percent", "net_flow_usd_change_percent"),
    )
}
# The page calls it a ratio; its sample fits percent of a capitalisation such as the list's sample has.
COIN_NETFLOW_ALIASES: Mapping[str, str] = {
    **_FLOW_ALIASES,
    **{f"net_market_cap_percent_{period}": f"net_flow_usd_{period}_market_cap_ratio" for period in _PERIODS},
}
NETFLOW_LIST_ALIASES: Mapping[str, str] = {**_FLOW_ALIASES, "market_cap_usd": "market_cap"}

NETFLOW_LIST = Endpoint(
    path="/api/futures/netflow-list",
    summary="Net flow of each coin's futures, by period.",
    params=PageParams,
    plan=Plan.STARTUP,
    aliases=NETFLOW_LIST_ALIASES,
)
COIN_NETFLOW = Endpoint(
    path="/api/futures/coin/netflow",
    summary="Net flow of a coin's futures by period, added up over exchanges.",
    params=CoinExchanges,
    shape=Record(),
    plan=Plan.STARTUP,
    aliases=COIN_NETFLOW_ALIASES,
)
