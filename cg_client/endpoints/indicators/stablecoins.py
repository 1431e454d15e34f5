"""Capital in stablecoins, by day."""

from cg_client.decoding.shapes import Tuples
from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators.daily import DAY

MARKET_CAP = Endpoint(
    path="/api/index/stableCoin-marketCap-history",
    summary="Market capitalisation of stablecoins, in all and by coin, by day.",
    shape=Tuples(),
    refresh=DAY,
    undocumented_units=frozenset({"time_list"}),  # milliseconds
)
