"""Net flow of futures: what market orders bought less what they sold, by period."""

from collections.abc import Mapping

from cg_client.decoding.shapes import Record
from cg_client.endpoint import Endpoint
from cg_client.params.core import CoinExchanges, PageParams
from cg_client.plans.plan_table import Plan

_MINUTES_AND_HOURS = ("5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "24h")
_DAYS = ("3d", "5d", "7d", "10d", "15d", "30d", "40d", "50d", "60d", "90d", "120d", "150d", "180d", "1y")
_PERIODS = (*_MINUTES_AND_HOURS, *_DAYS)  # of all these endpoints together
_FLOW_ALIASES: Mapping[str, str] = {
    f"{name}_{period}": f"{upstream}_{period}"
    for period in _PERIODS
    for name, upstream in (
        ("buy_usd", "taker_buy_volume_usd"),
        ("sell_usd", "taker_sell_volume_usd"),
        ("net_usd", "net_flow_usd"),
        ("net_change_percent", "net_flow_usd_change_percent"),
    )
}
# The page calls it a ratio; its sample fits percent of a capitalisation such as the list's sample has.
COIN_ALIASES: Mapping[str, str] = {
    **_FLOW_ALIASES,
    **{f"net_market_cap_percent_{period}": f"net_flow_usd_{period}_market_cap_ratio" for period in _PERIODS},
}
LIST_ALIASES: Mapping[str, str] = {**_FLOW_ALIASES, "market_cap_usd": "market_cap"}

LIST = Endpoint(
    path="/api/futures/netflow-list",
    summary="Net flow of each coin's futures, by period.",
    params=PageParams,
    plan=Plan.STARTUP,
    aliases=LIST_ALIASES,
)
COIN = Endpoint(
    path="/api/futures/coin/netflow",
    summary="Net flow of a coin's futures by period, added up over exchanges.",
    params=CoinExchanges,
    shape=Record(),
    plan=Plan.STARTUP,
    aliases=COIN_ALIASES,
)
