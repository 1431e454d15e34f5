"""Indicators of bitcoin: averages, models of its cycle, holders, network, and money beside it."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from cg_client.decoding.shapes import Rows, Tuples
from cg_client.endpoint import Endpoint
from cg_client.plans.plan_table import Plan

DAY = timedelta(days=1)


def daily(
    path: str, summary: str, aliases: Mapping[str, str], plan: Plan = Plan.HOBBYIST, refresh: timedelta = DAY
) -> Endpoint:
    """Return the endpoint of a list with `timestamp` and, mostly, the day's `price`."""
    common = {"time": "timestamp", "price_usd": "price"}
    return Endpoint(path=path, summary=summary, plan=plan, refresh=refresh, aliases=common | dict(aliases))


_daily_startup = partial(daily, plan=Plan.STARTUP)

PI_CYCLE = daily(
    "/api/index/pi-cycle-indicator",
    "The Pi cycle indicator of bitcoin, by day.",
    # The field says 110; the indicator is defined with 111 days.
    {"moving_average_111_usd": "ma_110", "moving_average_350_doubled_usd": "ma_350_mu_2"},
)
GOLDEN_RATIO_MULTIPLIER = daily(
    "/api/index/golden-ratio-multiplier",
    "The golden ratio multiplier of bitcoin, by day.",
    {
        "moving_average_usd": "ma_350",
        "accumulation_high_usd": "accumulation_high_1_6",
        "low_bull_high_usd": "low_bull_high_2",
        "times_3_usd": "x_3",
        "times_5_usd": "x_5",
        "times_8_usd": "x_8",
        "times_13_usd": "x_13",
        "times_21_usd": "x_21",
    },
)
TWO_YEAR_MOVING_AVERAGE = daily(
    "/api/index/2-year-ma-multiplier",
    "The 2-year moving average of bitcoin's price and its fivefold, by day.",
    {"moving_average_usd": "moving_average_730", "moving_average_times_5_usd": "moving_average_730_multiplier_5"},
)
TWO_HUNDRED_WEEK_MOVING_AVERAGE = daily(
    "/api/index/200-week-moving-average-heatmap",
    "The 200-week moving average of bitcoin's price and its increase, by day.",
    {"moving_average_usd": "moving_average_1440", "increase_percent": "moving_average_1440_ip"},
)
AHR999 = Endpoint(
    path="/api/index/ahr999",
    summary="The AHR999 index of bitcoin, by day.",
    shape=Rows(time_is_date=True),
    aliases={
        "time": "date_string",
        "value": "ahr999_value",
        "average_price_usd": "average_price",
        "price_usd": "current_value",
    },
)
BULL_MARKET_PEAK = Endpoint(
    path="/api/bull-market-peak-indicator",
    summary="Indicators of a bull market's peak: where each stands, and at which value it is reached.",
    refresh=DAY,
    aliases={
        "name": "indicator_name",
        "current": "current_value",
        "target": "target_value",
        "previous": "previous_value",
        "change": "change_value",
        "comparison": "comparison_type",
        "reached": "hit_status",
    },
)
PUELL_MULTIPLE = daily(
    "/api/index/puell-multiple", "The Puell multiple of bitcoin, by day.", {"value": "puell_multiple"}
)
STOCK_TO_FLOW = daily(
    "/api/index/stock-flow",
    "Price of bitcoin and days to the next halving, by day.",
    {"days_to_halving": "next_halving"},
)
PROFITABLE_DAYS = daily(
    "/api/index/bitcoin/profitable-days",
    "On which days a purchase of bitcoin would be in profit today.",
    {"profitable": "side"},
)
RAINBOW = Endpoint(
    path="/api/index/bitcoin/rainbow-chart",
    summary="The rainbow chart of bitcoin, by day.",
    shape=Tuples(),
    refresh=DAY,
)
SHORT_TERM_SOPR = _daily_startup(
    "/api/index/bitcoin-sth-sopr",
    "Spent output profit ratio of bitcoin's short-term holders, by day.",
    {"ratio": "sth_sopr"},
)
LONG_TERM_SOPR = _daily_startup(
    "/api/index/bitcoin-lth-sopr",
    "Spent output profit ratio of bitcoin's long-term holders, by day.",
    {"ratio": "lth_sopr"},
)
SHORT_TERM_REALIZED_PRICE = _daily_startup(
    "/api/index/bitcoin-sth-realized-price",
    "What bitcoin's short-term holders paid on average, by day.",
    {"realized_price_usd": "sth_realized_price"},
)
LONG_TERM_REALIZED_PRICE = _daily_startup(
    "/api/index/bitcoin-lth-realized-price",
    "What bitcoin's long-term holders paid on average, by day.",
    {"realized_price_usd": "lth_realized_price"},
)
SHORT_TERM_SUPPLY = _daily_startup(
    "/api/index/bitcoin-short-term-holder-supply",
    "Coins in the hands of bitcoin's short-term holders, by day.",
    {"quantity": "short_term_holder_supply"},
)
LONG_TERM_SUPPLY = _daily_startup(
    "/api/index/bitcoin-long-term-holder-supply",
    "Coins in the hands of bitcoin's long-term holders, by day.",
    {"quantity": "long_term_holder_supply"},
)
RHODL_RATIO = _daily_startup(
    "/api/index/bitcoin-rhodl-ratio", "The RHODL ratio of bitcoin, by day.", {"ratio": "rhodl_ratio"}
)
RESERVE_RISK = _daily_startup(
    "/api/index/bitcoin-reserve-risk",
    "The reserve risk of bitcoin, by day.",
    {
        "value": "reserve_risk_index",
        "value_of_coin_days_destroyed": "vocd",
        "median_value_of_coin_days_destroyed": "movcd",
    },
)
NET_UNREALIZED_PROFIT_LOSS = _daily_startup(
    "/api/index/bitcoin-net-unrealized-profit-loss",
    "Net unrealised profit or loss of bitcoin's holders, by day.",
    {"ratio": "net_unpnl"},
)
ACTIVE_ADDRESSES = _daily_startup(
    "/api/index/bitcoin-active-addresses",
    "Active addresses of bitcoin, by day.",
    {"address_count": "active_address_count"},
)
NEW_ADDRESSES = _daily_startup(
    "/api/index/bitcoin-new-addresses", "New addresses of bitcoin, by day.", {"address_count": "new_address_count"}
)
BUBBLE_INDEX = Endpoint(
    path="/api/index/bitcoin/bubble-index",
    summary="The bubble index of bitcoin and what it is made of, by day.",
    shape=Rows(time_is_date=True),
    aliases={
        "time": "date_string",
        "price_usd": "price",
        "value": "bubble_index",
        "sending_address_count": "address_send_count",
    },
)
CORRELATION = _daily_startup(
    "/api/index/bitcoin-correlation",
    "Correlation of bitcoin with exchange-traded funds on gold, stocks and bonds, by day.",
    {},
)
MACRO_OSCILLATOR = _daily_startup(
    "/api/index/bitcoin-macro-oscillator", "The bitcoin macro oscillator, by day.", {"value": "bmo_value"}
)
# Growth is percent here and a fraction in the list of the US.
GLOBAL_M2 = _daily_startup(
    "/api/index/bitcoin-vs-global-m2-growth",
    "Global money supply M2 and its growth within a year, beside bitcoin's price.",
    {"growth_percent": "global_m2_yoy_growth", "supply_usd": "global_m2_supply"},
)
US_M2 = _daily_startup(
    "/api/index/bitcoin-vs-us-m2-growth",
    "US money supply M2 and its growth within a year, beside bitcoin's price.",
    {"growth_fraction": "us_m2_yoy_growth", "supply_usd": "us_m2_supply"},
)
