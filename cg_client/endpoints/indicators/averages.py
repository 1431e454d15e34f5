"""Moving averages of bitcoin's price and multiples of them, by day."""

from cg_client.endpoints.indicators.daily import daily

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
