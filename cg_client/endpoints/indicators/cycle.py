"""Models of where bitcoin stands in its cycle, by day."""

from cg_client.decoding.shapes import Rows, Tuples
from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators.daily import DAY, daily

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
