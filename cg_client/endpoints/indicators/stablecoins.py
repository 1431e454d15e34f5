"""Capital in stablecoins, by day."""

from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators.daily import DAY
from cg_client.shapes import ParallelLists

MARKET_CAP = Endpoint(
    path="/api/index/stableCoin-marketCap-history",
    summary="Market capitalisation of all stablecoins, by day.",
    shape=ParallelLists(),
    refresh=DAY,
    spelling={"time": "time_list", "market_cap_usd": "data_list", "price_usd": "price_list"},
)
