"""CoinGlass plans: requests a minute, interval floors and depth of history.

Source: the official plan table (26 identical copies of plans-interval-history-length.md, 2026-03-26) and the limits
printed on 25 endpoint pages. Enterprise stands in neither: it counts as at least Professional.
"""

from collections.abc import Mapping
from enum import IntEnum

from cg_client.intervals import Interval


class Plan(IntEnum):
    HOBBYIST = 1
    STARTUP = 2
    STANDARD = 3
    PROFESSIONAL = 4
    ENTERPRISE = 5


REQUESTS_PER_MINUTE: Mapping[Plan, int] = {
    Plan.HOBBYIST: 30,
    Plan.STARTUP: 80,
    Plan.STANDARD: 300,
    Plan.PROFESSIONAL: 1200,
    Plan.ENTERPRISE: 1200,  # not stated; the usage headers raise it
}

# The finest interval that a plan includes; plans that are not named have no floor.
NO_FLOORS: Mapping[Plan, Interval] = {}
STANDARD_FLOORS: Mapping[Plan, Interval] = {Plan.HOBBYIST: Interval.H4, Plan.STARTUP: Interval.M30}

# Days of history on Hobbyist, Startup, Standard and Professional. A zero means that the interval is not included,
# which the floors say already; 1d reaches back to the listing, and nothing is stated about 1w.
_STATED_DAYS: Mapping[Interval, tuple[int, int, int, int]] = {
    Interval.M1: (0, 0, 6, 12),
    Interval.M3: (0, 0, 20, 40),
    Interval.M5: (0, 0, 30, 60),
    Interval.M15: (0, 0, 90, 180),
    Interval.M30: (0, 90, 180, 360),
    Interval.H1: (0, 180, 360, 720),
    Interval.H4: (180, 180, 360, 720),
    Interval.H6: (360, 360, 360, 720),
    Interval.H8: (360, 360, 360, 720),
    Interval.H12: (360, 360, 360, 720),
}
# How far back a plan reaches, by interval, where the table states a limit; None stands for an unknown plan.
HISTORY_DAYS: Mapping[Plan | None, Mapping[Interval, int]] = {
    None: {},
    Plan.ENTERPRISE: {},
    **{
        plan: {interval: days[plan - 1] for interval, days in _STATED_DAYS.items() if days[plan - 1]}
        for plan in (Plan.HOBBYIST, Plan.STARTUP, Plan.STANDARD, Plan.PROFESSIONAL)
    },
}


def plan_for_interval(interval: Interval, floors: Mapping[Plan, Interval], least: Plan) -> Plan:
    """Return the least plan from `least` on whose floor admits the interval."""
    admits = (plan for plan in Plan if plan not in floors or floors[plan].milliseconds <= interval.milliseconds)
    return next(plan for plan in admits if plan >= least)


def least_history_days(interval: Interval) -> int | None:
    """Return how far back the least plan with this interval reaches; None if no limit is stated."""
    return next(filter(None, _STATED_DAYS.get(interval, ())), None)


def plan_for_history(interval: Interval, days: float, least: Plan) -> Plan | None:
    """Return the least plan from `least` on that reaches so many days back; None if none does."""
    stated = (plan for plan in Plan if least <= plan < Plan.ENTERPRISE)
    return next((plan for plan in stated if HISTORY_DAYS[plan].get(interval, days) >= days), None)
