"""How net longs and net shorts change, in coins."""

from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.intervals import Interval
from cg_client.params.core import PairSeries
from cg_client.plans.plan_table import Plan

_FLOORS = {Plan.STARTUP: Interval.M30}
_ALIASES = {
    "long_change_quantity": "net_long_change",
    "short_change_quantity": "net_short_change",
    "cumulative_long_quantity": "net_long_change_cum",
    "cumulative_short_quantity": "net_short_change_cum",
    "cumulative_net_quantity": "net_position_change_cum",
}

# The documentation's page shows the path of another endpoint; the shorter of its two lists of intervals is used.
HISTORY = Endpoint(
    path="/api/futures/net-position/history",
    summary="Changes of net longs and net shorts of a futures pair.",
    params=PairSeries,
    plan=Plan.STARTUP,
    interval_floors=_FLOORS,
    refresh=REAL_TIME,
    coarsest=Interval.D1,
    aliases=_ALIASES,
)
V2_HISTORY = Endpoint(
    path="/api/futures/v2/net-position/history",
    summary="Changes of net longs and net shorts of a futures pair, second version.",
    params=PairSeries,
    plan=Plan.STARTUP,
    interval_floors=_FLOORS,
    refresh=REAL_TIME,
    aliases=_ALIASES,
)
