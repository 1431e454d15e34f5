"""Large positions on Hyperliquid: those above a million US dollars."""

from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.plans import Plan

_SPELLING = {
    "size": "position_size",
    "liquidation_price": "liq_price",
    "value_usd": "position_value_usd",
    "action": "position_action",
    "created": "create_time",
    "updated": "update_time",
}
WHALE_ALERTS = Endpoint(
    path="/api/hyperliquid/whale-alert",
    summary="Positions above a million US dollars opened or closed lately, about 200.",
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    spelling=_SPELLING,
)
WHALE_POSITIONS = Endpoint(
    path="/api/hyperliquid/whale-position",
    summary="Open positions above a million US dollars.",
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    spelling=_SPELLING,
)
