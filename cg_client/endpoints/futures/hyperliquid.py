"""Positions and wallets on Hyperliquid; whales are positions above a million US dollars."""

from datetime import timedelta

from cg_client.decoding.shapes import Record
from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.intervals import Interval
from cg_client.params.positions import (
    TAG_INTERVALS,
    TAG_ROWS,
    HyperliquidPage,
    HyperliquidSeries,
    HyperliquidTagHistory,
    HyperliquidTagSeries,
    Wallet,
)
from cg_client.plans.plan_table import Plan

_ALIASES = {
    "size": "position_size",
    "liquidation_price": "liq_price",
    "value_usd": "position_value_usd",
    "action": "position_action",
    "created": "create_time",
    "updated": "update_time",
}
WHALE_ALERTS = Endpoint(
    path="/api/hyperliquid/whale-alert",
    summary="Positions above a million US dollars opened or closed lately, about 200.",
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases=_ALIASES,
    row_cap=200,  # documented as about so many
)
WHALE_POSITIONS = Endpoint(
    path="/api/hyperliquid/whale-position",
    summary="Open positions above a million US dollars.",
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases=_ALIASES,
)
POSITIONS = Endpoint(
    path="/api/hyperliquid/position",
    summary="Positions in a coin, page by page.",
    params=HyperliquidPage,
    shape=Record(),
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    aliases=_ALIASES | {"positions": "list"},
)
WALLET = Endpoint(
    path="/api/hyperliquid/user-position",
    summary="Balances and open positions of a wallet.",
    params=Wallet,
    shape=Record(),
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases={
        "margin": "margin_summary",
        "cross_margin": "cross_margin_summary",
        "account_value_usd": "account_value",
        "positions_usd": "total_ntl_pos",
        "balance_usd": "total_raw_usd",
        "margin_used_usd": "total_margin_used",
        "cross_maintenance_margin_usd": "cross_maintenance_margin_used",
        "withdrawable_usd": "withdrawable",
        "positions": "asset_positions",
        "symbol": "coin",
        "size": "szi",
        "entry_price": "entry_px",
        "value_usd": "position_value",
        "funding": "cum_funding",
        "all_time_usd": "all_time",
        "since_open_usd": "since_open",
        "since_change_usd": "since_change",
    },
)
_DISTRIBUTION = {
    "name": "group_name",
    "minimum_usd": "minimum_amount",
    "maximum_usd": "maximum_amount",
    "count": "all_address_count",
    "long_usd": "long_position_usd",
    "short_usd": "short_position_usd",
    "long_percent": "long_position_usd_percent",
    "short_percent": "short_position_usd_percent",
    "usd": "position_usd",
}
POSITION_DISTRIBUTION = Endpoint(
    path="/api/hyperliquid/wallet/position-distribution",
    summary="Wallets in tiers by the size of their positions.",
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    aliases=_DISTRIBUTION,
)
PNL_DISTRIBUTION = Endpoint(
    path="/api/hyperliquid/wallet/pnl-distribution",
    summary="Wallets in tiers by their profit or loss.",
    plan=Plan.STANDARD,
    refresh=REAL_TIME,
    aliases=_DISTRIBUTION,
)
LONG_SHORT_ACCOUNTS = Endpoint(
    path="/api/hyperliquid/global-long-short-account-ratio/history",
    summary="Accounts that are long and short in a coin on Hyperliquid.",
    params=HyperliquidSeries,
    plan=Plan.STANDARD,
    intervals=(Interval.M5, Interval.H1, Interval.D1),
    aliases={
        "long_count": "global_account_long_count",
        "short_count": "global_account_short_count",
        "total_count": "global_account_total_count",
        "long_percent": "global_account_long_percent",
        "short_percent": "global_account_short_percent",
        "ratio": "global_account_long_short_ratio",
    },
)
# On later pages of the documents only, since April 2026: plan, parameters, tags and rows are theirs. They go back to
# 2026-03-20.
_BY_TAG = timedelta(minutes=15)
LONG_SHORT_ACCOUNTS_BY_TAG = Endpoint(
    path="/api/futures/hyperliquid/long-short-account-ratio-by-tag/history",
    summary="Accounts with one tag that are long and short in a coin on Hyperliquid, and their positions.",
    params=HyperliquidTagSeries,
    plan=Plan.PROFESSIONAL,
    refresh=_BY_TAG,
    intervals=TAG_INTERVALS,
    page_rows=TAG_ROWS,
    aliases={
        "tag": "group_name",
        "long_count": "account_long_count",
        "short_count": "account_short_count",
        "long_usd": "long_position_usd",
        "short_usd": "short_position_usd",
    },
)
# The documented rows have no time. `time` is read as in the history of accounts by tag, should it come.
POSITION_DISTRIBUTION_BY_TAG = Endpoint(
    path="/api/futures/hyperliquid/position-distribution-by-tag/history",
    summary="Wallets with one tag and their positions over time, on Hyperliquid.",
    params=HyperliquidTagHistory,
    plan=Plan.PROFESSIONAL,
    refresh=_BY_TAG,
    aliases=_DISTRIBUTION | {"tag": "group_name"},
    row_cap=TAG_ROWS,
)
