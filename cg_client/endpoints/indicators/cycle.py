"""Models of where bitcoin stands in its cycle, by day."""

from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators.daily import DAY, daily
from cg_client.shapes import Rows, Tuples

AHR999 = Endpoint(
    path="/api/index/ahr999",
    summary="The AHR999 index of bitcoin, by day.",
    shape=Rows(time_is_date=True),
    spelling={
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
    spelling={
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
