"""The lists with one row a day."""

from collections.abc import Mapping
from datetime import timedelta

from cg_client.endpoint import Endpoint
from cg_client.plans.plan_table import Plan

DAY = timedelta(days=1)


def daily(
    path: str, summary: str, aliases: Mapping[str, str], plan: Plan = Plan.HOBBYIST, refresh: timedelta = DAY
) -> Endpoint:
    """Return the endpoint of a list with `timestamp` and, mostly, the day's `price`."""
    common = {"time": "timestamp", "price_usd": "price"}
    return Endpoint(path=path, summary=summary, plan=plan, refresh=refresh, aliases=common | dict(aliases))
