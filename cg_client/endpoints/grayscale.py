"""Grayscale's trusts."""

from cg_client.decoding.shapes import ParallelLists
from cg_client.endpoint import Endpoint
from cg_client.params.funds_and_chain import OfCoin

HOLDINGS = Endpoint(
    path="/api/grayscale/holdings-list",
    summary="What Grayscale's trusts hold, and their premiums.",
    aliases={
        "net_asset_value_usd": "primary_market_price",
        "price_usd": "secondary_market_price",
        "premium_discount_percent": "premium_rate",
        "quantity": "holdings_amount",
        "change_1d": "holdings_amount_change1d",
        "change_7d": "holdings_amount_change_7d",
        "change_30d": "holdings_amount_change_30d",
        "updated": "update_time",
    },
)
# Documented as `date_list`, seen as `time_list`.
PREMIUM_HISTORY = Endpoint(
    path="/api/grayscale/premium-history",
    summary="Premium of a Grayscale trust over time, by day.",
    params=OfCoin,
    shape=ParallelLists(),
    aliases={
        "time": ("date_list", "time_list"),
        "net_asset_value_usd": "primary_market_price",
        "price_usd": "secondary_market_price_list",
        "premium_discount_percent": "premium_rate_list",
    },
)
