"""The economic calendar: what is published, decided and said, and when."""

from datetime import timedelta

from cg_client.endpoint import Endpoint
from cg_client.params.funds_and_chain import CalendarWindow, EconomicDataParams
from cg_client.plans.plan_table import Plan

_REFRESH = timedelta(minutes=10)
_ALIASES = {
    "name": "calendar_name",
    "time": "publish_timestamp",
    "time_is_exact": "has_exact_publish_time",
    "country": "country_name",
    "importance": "importance_level",
}

ECONOMIC_DATA = Endpoint(
    path="/api/calendar/economic-data",
    summary="Economic figures with forecast and previous value, as they are published.",
    params=EconomicDataParams,
    plan=Plan.STARTUP,
    refresh=_REFRESH,
    aliases=_ALIASES
    | {
        "effect": "data_effect",
        "published": "published_value",
        "forecast": "forecast_value",
        "previous": "previous_value",
        "revised_previous": "revised_previous_value",
    },
)
# The next two are documented in Chinese only.
CENTRAL_BANK_ACTIVITIES = Endpoint(
    path="/api/calendar/central-bank-activities",
    summary="Activities of central banks: meetings, decisions, speeches.",
    params=CalendarWindow,
    plan=Plan.STARTUP,
    refresh=_REFRESH,
    aliases=_ALIASES,
)
FINANCIAL_EVENTS = Endpoint(
    path="/api/calendar/financial-events",
    summary="Other events that markets watch.",
    params=CalendarWindow,
    plan=Plan.STARTUP,
    refresh=_REFRESH,
    aliases=_ALIASES,
)
