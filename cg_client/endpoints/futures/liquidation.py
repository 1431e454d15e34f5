"""Forced liquidations: history, totals, orders, and the Professional heatmaps and maps."""

from datetime import timedelta

from cg_client.decoding.shapes import Tuples
from cg_client.endpoint import REAL_TIME, Endpoint, standard_series
from cg_client.params.core import ExchangeParams, ExchangesSeries, PairSeries, Params
from cg_client.params.positions import (
    CoinMapRange,
    CoinRange,
    LiquidationOrdersParams,
    LiquidationTotalsParams,
    MaxPain,
    PairMapRange,
    PairRange,
)
from cg_client.plans.plan_table import Plan

HISTORY = standard_series(
    path="/api/futures/liquidation/history",
    summary="Long and short liquidations of a pair.",
    params=PairSeries,
    aliases={"long_usd": "long_liquidation_usd", "short_usd": "short_liquidation_usd"},
)
AGGREGATED_HISTORY = standard_series(
    path="/api/futures/liquidation/aggregated-history",
    summary="Long and short liquidations of a coin, added up over exchanges.",
    params=ExchangesSeries,
    aliases={"long_usd": "aggregated_long_liquidation_usd", "short_usd": "aggregated_short_liquidation_usd"},
)
COIN_LIST = Endpoint(
    path="/api/futures/liquidation/coin-list",
    summary="Liquidations of each coin on an exchange, over the last hours.",
    params=ExchangeParams,
    plan=Plan.STARTUP,  # as documented, though two live probes with a Hobbyist key got data
)
EXCHANGE_LIST = Endpoint(
    path="/api/futures/liquidation/exchange-list",
    summary="Liquidations on each exchange.",
    params=LiquidationTotalsParams,
    refresh=timedelta(seconds=10),
    aliases={
        "usd": "liquidation_usd",
        "long_usd": ("longLiquidation_usd", "long_liquidation_usd"),
        "short_usd": ("shortLiquidation_usd", "short_liquidation_usd"),
    },
)
ORDERS = Endpoint(
    path="/api/futures/liquidation/order",
    summary="Single liquidations of a coin on an exchange, of the past seven days and at most 200.",
    params=LiquidationOrdersParams,
    plan=Plan.STANDARD,
    refresh=timedelta(seconds=1),
    aliases={"exchange": "exchange_name", "base": "base_asset", "usd": "usd_value"},
    row_cap=200,  # documented
)


def _professional(path: str, summary: str, params: type[Params]) -> Endpoint:
    return Endpoint(
        path=f"/api/futures/liquidation/{path}",
        summary=summary,
        params=params,
        shape=Tuples(),
        plan=Plan.PROFESSIONAL,
        refresh=REAL_TIME,
    )


_PAIR_HEATMAP = "Liquidation heatmap of a pair"
HEATMAP_MODEL1 = _professional("heatmap/model1", f"{_PAIR_HEATMAP}, model 1.", PairRange)
HEATMAP_MODEL2 = _professional("heatmap/model2", f"{_PAIR_HEATMAP}, model 2.", PairRange)
HEATMAP_MODEL3 = _professional("heatmap/model3", f"{_PAIR_HEATMAP}, model 3.", PairRange)
_COIN_HEATMAP = "Liquidation heatmap of a coin over all exchanges"
AGGREGATED_HEATMAP_MODEL1 = _professional("aggregated-heatmap/model1", f"{_COIN_HEATMAP}, model 1.", CoinRange)
AGGREGATED_HEATMAP_MODEL2 = _professional("aggregated-heatmap/model2", f"{_COIN_HEATMAP}, model 2.", CoinRange)
AGGREGATED_HEATMAP_MODEL3 = _professional("aggregated-heatmap/model3", f"{_COIN_HEATMAP}, model 3.", CoinRange)
MAP = _professional("map", "Liquidation map of a pair: size by price.", PairMapRange)
AGGREGATED_MAP = _professional(
    "aggregated-map", "Liquidation map of a coin over all exchanges: size by price.", CoinMapRange
)
MAX_PAIN = Endpoint(
    path="/api/futures/liquidation/max-pain",
    summary="Prices at which most longs and most shorts of each coin would be liquidated.",
    params=MaxPain,
    plan=Plan.PROFESSIONAL,
    refresh=REAL_TIME,
    aliases={
        "price_usd": "price",
        "long_price_usd": "long_max_pain_liq_price",
        "long_size_usd": "long_max_pain_liq_level",
        "short_price_usd": "short_max_pain_liq_price",
        "short_size_usd": "short_max_pain_liq_level",
    },
)
