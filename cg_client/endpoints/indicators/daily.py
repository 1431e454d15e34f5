"""What the lists of one point a day have in common."""

from collections.abc import Mapping
from datetime import timedelta

from cg_client.endpoint import Endpoint
from cg_client.plans.plan import Plan

DAY = timedelta(days=1)


def daily(
    path: str,
    summary: str,
    aliases: Mapping[str, str],
    plan: Plan = Plan.HOBBYIST,
    refresh: timedelta = DAY,
) -> Endpoint:
    """Rows with `timestamp` and, in most lists, the day's `price`."""
    common = {"time": "timestamp", "price_usd": "price"}
    return Endpoint(path=path, summary=summary, plan=plan, refresh=refresh, aliases=common | dict(aliases))
