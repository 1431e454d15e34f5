"""Use of bitcoin's network, by day."""

from cg_client.decoding.shapes import Rows
from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators.daily import daily
from cg_client.plans.plan_table import Plan

ACTIVE_ADDRESSES = daily(
    "/api/index/bitcoin-active-addresses",
    "Active addresses of bitcoin, by day.",
    {"address_count": "active_address_count"},
    Plan.STARTUP,
)
NEW_ADDRESSES = daily(
    "/api/index/bitcoin-new-addresses",
    "New addresses of bitcoin, by day.",
    {"address_count": "new_address_count"},
    Plan.STARTUP,
)
BUBBLE_INDEX = Endpoint(
    path="/api/index/bitcoin/bubble-index",
    summary="The bubble index of bitcoin and what it is made of, by day.",
    shape=Rows(time_is_date=True),
    aliases={
        "time": "date_string",
        "price_usd": "price",
        "value": "bubble_index",
        "sending_address_count": "address_send_count",
    },
)
