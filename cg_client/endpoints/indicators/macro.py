"""Bitcoin beside the other markets and money in general."""

from cg_client.endpoints.indicators.daily import daily
from cg_client.plans.plan_table import Plan

CORRELATION = daily(
    "/api/index/bitcoin-correlation",
    "Correlation of bitcoin with exchange-traded funds on gold, stocks and bonds, by day.",
    {},
    Plan.STARTUP,
)
MACRO_OSCILLATOR = daily(
    "/api/index/bitcoin-macro-oscillator",
    "The bitcoin macro oscillator, by day.",
    {"value": "bmo_value"},
    Plan.STARTUP,
)
# Growth is percent here and a fraction in the list of the US.
GLOBAL_M2 = daily(
    "/api/index/bitcoin-vs-global-m2-growth",
    "Global money supply M2 and its growth within a year, beside bitcoin's price.",
    {"growth_percent": "global_m2_yoy_growth", "supply_usd": "global_m2_supply"},
    Plan.STARTUP,
)
US_M2 = daily(
    "/api/index/bitcoin-vs-us-m2-growth",
    "US money supply M2 and its growth within a year, beside bitcoin's price.",
    {"growth_fraction": "us_m2_yoy_growth", "supply_usd": "us_m2_supply"},
    Plan.STARTUP,
)
