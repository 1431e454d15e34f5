"""Net flow of spot markets."""

from cg_client.decoding.shapes import Record
from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures.netflow import COIN_ALIASES, LIST_ALIASES
from cg_client.params.core import CoinExchanges, PageParams
from cg_client.plans.plan_table import Plan

LIST = Endpoint(
    path="/api/spot/netflow-list",
    summary="Net flow of each coin's spot markets, by period.",
    params=PageParams,
    plan=Plan.STARTUP,
    # The documented row says `1w` in this one name and `7d` in those beside it.
    aliases={**LIST_ALIASES, "net_usd_7d": ("net_flow_usd_1w", "net_flow_usd_7d")},
)
COIN = Endpoint(
    path="/api/spot/coin/netflow",
    summary="Net flow of a coin's spot markets by period, added up over exchanges.",
    params=CoinExchanges,
    shape=Record(),
    plan=Plan.STARTUP,
    aliases=COIN_ALIASES,
)
