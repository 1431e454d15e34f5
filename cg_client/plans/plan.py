"""CoinGlass plans: requests a minute, interval floors and depth of history.

Source: the official plan table (26 identical copies of plans-interval-history-length.md, 2026-03-26) and the limits
printed on 25 endpoint pages. Enterprise stands in neither: it is held for at least Professional.
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

# Days of history on Hobbyist, Startup, Standard and Professional. A zero means that the interval is not included,
# which the floors say already; 1d reaches back to the listing, and nothing is stated about 1w.
_HISTORY_DAYS: Mapping[Interval, tuple[int, int, int, int]] = {
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


def history_days(plan: Plan, interval: Interval) -> int | None:
    """How far back the plan reaches at this interval; None where the table states no limit."""
    days = _HISTORY_DAYS.get(interval)
    if days is None or plan is Plan.ENTERPRISE:
        return None
    return days[plan - 1] or None


def least_history_days(interval: Interval) -> int | None:
    """How far back the least plan with this interval reaches; None where the table states no limit."""
    return next(filter(None, _HISTORY_DAYS.get(interval, ())), None)


def plan_for_history(interval: Interval, days: float, least: Plan) -> Plan | None:
    """Return the least plan from `least` on that reaches so many days back; None if none does."""
    stated = (plan for plan in Plan if least <= plan < Plan.ENTERPRISE)
    return next((plan for plan in stated if (history_days(plan, interval) or days) >= days), None)
