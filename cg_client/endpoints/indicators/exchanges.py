"""What exchanges hold, and how their futures and spot markets compare."""

from datetime import timedelta

from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.params.core import ExchangesSeries
from cg_client.plans.plan_table import Plan

TRANSPARENCY = Endpoint(
    path="/api/exchange_assets_transparency/list",
    summary="Assets, flows, open interest and volume of each exchange.",
    plan=Plan.STARTUP,
    refresh=timedelta(hours=1),
    aliases={"exchange": "exchange_name", "logo_url": "exchange_logo_url", "open_interest_usd": "open_interest"},
)
FUTURES_SPOT_VOLUME_RATIO = Endpoint(
    path="/api/futures_spot_volume_ratio",
    summary="Futures volume of a coin relative to its spot volume, added up over exchanges.",
    params=ExchangesSeries,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases={
        "ratio": "futures_spot_vol_ratio",
        "futures_volume_usd": "futures_vol_usd",
        "spot_volume_usd": "spot_vol_usd",
    },
)
