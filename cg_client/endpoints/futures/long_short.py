"""Long and short shares of accounts and positions in percent, and how net longs and net shorts change in coins."""

from cg_client.endpoint import REAL_TIME, Endpoint, standard_series
from cg_client.intervals import Interval
from cg_client.params.core import PairSeries
from cg_client.plans.plan_table import Plan


def _shares(path: str, summary: str, prefix: str) -> Endpoint:
    return standard_series(
        path=path,
        summary=summary,
        params=PairSeries,
        aliases={
            "long_percent": f"{prefix}_long_percent",
            "short_percent": f"{prefix}_short_percent",
            "ratio": f"{prefix}_long_short_ratio",
        },
    )


GLOBAL_ACCOUNTS = _shares(
    "/api/futures/global-long-short-account-ratio/history",
    "Long and short share of all accounts.",
    "global_account",
)
TOP_ACCOUNTS = _shares(
    "/api/futures/top-long-short-account-ratio/history",
    "Long and short share of the top traders' accounts.",
    "top_account",
)
TOP_POSITIONS = _shares(
    "/api/futures/top-long-short-position-ratio/history",
    "Long and short share of the top traders' positions.",
    "top_position",
)

_NET_POSITION_FLOORS = {Plan.STARTUP: Interval.M30}
_NET_POSITION_ALIASES = {
    "long_change_quantity": "net_long_change",
    "short_change_quantity": "net_short_change",
    "cumulative_long_quantity": "net_long_change_cum",
    "cumulative_short_quantity": "net_short_change_cum",
    "cumulative_net_quantity": "net_position_change_cum",
}

# The documentation's page shows the path of another endpoint; the shorter of its two lists of intervals is used.
NET_POSITION_HISTORY = Endpoint(
    path="/api/futures/net-position/history",
    summary="Changes of net longs and net shorts of a futures pair.",
    params=PairSeries,
    plan=Plan.STARTUP,
    interval_floors=_NET_POSITION_FLOORS,
    refresh=REAL_TIME,
    coarsest=Interval.D1,
    aliases=_NET_POSITION_ALIASES,
)
V2_NET_POSITION_HISTORY = Endpoint(
    path="/api/futures/v2/net-position/history",
    summary="Changes of net longs and net shorts of a futures pair, second version.",
    params=PairSeries,
    plan=Plan.STARTUP,
    interval_floors=_NET_POSITION_FLOORS,
    refresh=REAL_TIME,
    aliases=_NET_POSITION_ALIASES,
)
