"""The finest interval that each plan includes.

Source: the limits printed on 25 endpoint pages. Plans that are not named have no floor.
"""

from collections.abc import Mapping

from cg_client.intervals import Interval
from cg_client.plans.plan import Plan

NO_FLOORS: Mapping[Plan, Interval] = {}
STANDARD_FLOORS: Mapping[Plan, Interval] = {Plan.HOBBYIST: Interval.H4, Plan.STARTUP: Interval.M30}


def plan_for_interval(interval: Interval, floors: Mapping[Plan, Interval], least: Plan) -> Plan:
    """Return the least plan from `least` on whose floor admits the interval."""
    admits = (plan for plan in Plan if plan not in floors or floors[plan].milliseconds <= interval.milliseconds)
    return next(plan for plan in admits if plan >= least)
