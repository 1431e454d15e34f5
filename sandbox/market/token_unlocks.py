"""Supply that is unlocked over time: allocations of a coin, their schedules, and what is unlocked on a day.

A coin's whole supply is a multiple of what circulates. Its allocations, tracked or not, add up to it; what is unlocked,
what is locked and what is not tracked do so at any time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cg_client.endpoint import Endpoint
from cg_client.endpoints import on_chain
from sandbox.market.model import Model, ModelContext, Row, percent_change, text
from sandbox.market.noise import hashed
from sandbox.market.path import DAY
from sandbox.market.prices import price
from sandbox.market.universe import COINS
from sandbox.windows import Query, page_of

_MONTH, _YEAR = 30 * DAY, 360 * DAY  # of schedules
_TOTAL = 1.7  # times what circulates
_FIRST, _LAST = 1_672_531_200_000, 1_727_740_800_000  # launches: 2023-01-01 to 2024-10-01
_COINS = (
    *("HYPE", "SUI", "ARB", "APT", "OP", "TIA", "SEI", "ENA", "JUP", "PYTH", "WLD", "ONDO", "IMX", "DYDX", "STX"),
    *("TAO", "TON", "INJ", "RENDER", "WIF"),
)


@dataclass(frozen=True, slots=True)
class _Allocation:
    """A part of the supply: `launch` of it is unlocked at once, the rest in equal steps from `cliff` on."""

    name: str
    percent: float
    launch: float = 0.0
    cliff: int = 0
    years: int = 0
    is_tracked: bool = True


_ALLOCATIONS = (
    _Allocation("Community", 34, launch=1.0),
    _Allocation("Ecosystem", 20, launch=0.2, years=4),
    _Allocation("Investors", 16, cliff=_YEAR, years=2),
    _Allocation("Contributors", 18, cliff=_YEAR, years=3),
    _Allocation("Foundation", 12, is_tracked=False),
)
_UNTRACKED_PERCENT = sum(part.percent for part in _ALLOCATIONS if not part.is_tracked)


@dataclass(frozen=True, slots=True)
class _Schedule:
    """The unlocking of a coin; quantities are whole coins, so that their sums are exact."""

    coin: str
    launched: int
    total: int

    def quantity(self, part: _Allocation) -> int:
        return round(self.total * part.percent / 100)

    def unlocked(self, part: _Allocation, time: int) -> int:
        """Return what is unlocked of an allocation with a schedule."""
        whole = self.quantity(part)
        if time < self.launched:
            return 0
        at_launch = round(whole * part.launch)
        return at_launch + (whole - at_launch) * self._steps(part, time) // max(1, self._all_steps(part))

    def next_unlock(self, part: _Allocation, time: int) -> tuple[int, int] | None:
        """Return when the next step is, and how much it unlocks."""
        steps = self._steps(part, time)
        if not part.is_tracked or steps >= self._all_steps(part):
            return None
        then = self.starts(part) + (steps + 1) * _MONTH
        return then, self.unlocked(part, then) - self.unlocked(part, time)

    def starts(self, part: _Allocation) -> int:
        return self.launched + part.cliff

    def ends(self, part: _Allocation) -> int:
        return self.starts(part) + part.years * _YEAR

    def _all_steps(self, part: _Allocation) -> int:
        return part.years * _YEAR // _MONTH

    def _steps(self, part: _Allocation, time: int) -> int:
        return min(self._all_steps(part), max(0, time - self.starts(part)) // _MONTH)


_TRACKED = tuple(part for part in _ALLOCATIONS if part.is_tracked)


@lru_cache(maxsize=64)
def _schedule(coin: str) -> _Schedule:
    launched = _FIRST + int(hashed("launch", 0 if coin == "HYPE" else COINS[coin].rank) * (_LAST - _FIRST)) // DAY * DAY
    return _Schedule(coin, launched, round(COINS[coin].supply * _TOTAL))


def _totals(schedule: _Schedule, now: int) -> Row:
    """Return what the list and the single coin share; locked, unlocked and untracked add up to the supply."""
    coin = schedule.coin
    at, circulating = price(coin, now), round(COINS[coin].supply)
    unlocked = sum(schedule.unlocked(part, now) for part in _TRACKED)
    untracked = sum(schedule.quantity(part) for part in _ALLOCATIONS if not part.is_tracked)
    return {
        "symbol": coin,
        "name": coin,
        "market_cap": round(at * circulating, 4),
        "fully_diluted_valuation": round(at * schedule.total, 4),
        "total_supply": schedule.total,
        "circulating_supply": circulating,
        "total_locked": schedule.total - unlocked - untracked,
        "total_unlocked": unlocked,
    }


def _next(schedule: _Schedule, now: int) -> tuple[int, int] | None:
    """Return the next unlock of all allocations together."""
    steps = [step for part in _TRACKED if (step := schedule.next_unlock(part, now))]
    if not steps:
        return None
    first = min(time for time, _ in steps)
    return first, sum(quantity for time, quantity in steps if time == first)


def _unlocks(query: Query, context: ModelContext) -> list[Row]:
    rows = [_unlock(_schedule(coin), context.now) for coin in _COINS]
    return page_of(sorted(rows, key=lambda row: -row["market_cap"]), query)


def _unlock(schedule: _Schedule, now: int) -> Row:
    coin, totals = schedule.coin, _totals(schedule, now)
    row = totals | {
        "symbol_logo_url": "",
        "price": price(coin, now),
        "price_change_percent_24h": percent_change(price(coin, now - DAY), price(coin, now)),
    }
    step = _next(schedule, now)
    if step is None:
        return row
    time, quantity = step
    return row | {
        "next_unlock_date": time,
        "next_unlock_tokens": quantity,
        "next_unlock_of_circulating": round(quantity / totals["circulating_supply"] * 100, 6),
        "next_unlock_of_supply": round(quantity / totals["total_supply"] * 100, 6),
    }


def _vesting(query: Query, context: ModelContext) -> Row | list[Row]:
    """Return a coin's schedule; an empty list for a coin without one."""
    if query["symbol"] not in _COINS:
        return []
    schedule, now = _schedule(query["symbol"]), context.now
    row = _totals(schedule, now) | {
        "max_supply": schedule.total,
        "total_untracked": sum(schedule.quantity(part) for part in _ALLOCATIONS if not part.is_tracked),
        "total_untracked_percent": _UNTRACKED_PERCENT,
        "untracked_allocation_names": [part.name for part in _ALLOCATIONS if not part.is_tracked],
        "listing_date": schedule.launched,
        "vesting_start_date": schedule.launched,
        "vesting_end_date": max(schedule.ends(part) for part in _TRACKED),
        "allocations": [_allocation(schedule, part, now) for part in _ALLOCATIONS],
        "chart": _chart(schedule),
    }
    return row | _next_row(_next(schedule, now))


def _next_row(step: tuple[int, int] | None) -> Row:
    if step is None:
        return {}
    return {"next_unlock": {"date": step[0], "next_unlock_token_amount": text(step[1], 0)}}


def _allocation(schedule: _Schedule, part: _Allocation, now: int) -> Row:
    whole = schedule.quantity(part)
    row: Row = {
        "is_untracked": not part.is_tracked,
        "allocation_of_supply": part.percent,
        "name": part.name,
        "token_amount": text(whole, 0),
    }
    if not part.is_tracked:
        return row
    unlocked = schedule.unlocked(part, now)
    row |= {
        "unlock_type": "linear" if part.years else "nonlinear",
        "tge_unlocked_token_amount": text(round(whole * part.launch), 0),
        "unlocked_token_amount": text(unlocked, 0),
        "tge_unlock_percent": round(part.launch * 100),
    }
    return row | (_vested(schedule, part, whole - unlocked, now) if part.years else {})


def _vested(schedule: _Schedule, part: _Allocation, locked: int, now: int) -> Row:
    return {
        "vesting_start_date": schedule.starts(part),
        "vesting_end_date": schedule.ends(part),
        "locked_token_amount": text(locked, 0),
        "vesting_duration_value": part.years,
        "vesting_duration_type": "year",
        "unlock_frequency_type": "month",
        "unlock_frequency_value": 1,
    } | _next_row(schedule.next_unlock(part, now))


def _chart(schedule: _Schedule) -> list[Row]:
    """Return the course of the unlocking by month, from the launch to the end."""
    end = max(schedule.ends(part) for part in _TRACKED)
    return [_chart_day(schedule, time) for time in range(schedule.launched, end + 1, _MONTH)]


def _chart_day(schedule: _Schedule, time: int) -> Row:
    amounts = {part: schedule.unlocked(part, time) for part in _TRACKED}
    unlocked = sum(amounts.values())
    return {
        "date": time,
        "allocations": [
            {
                "name": part.name,
                "unlocked_percent": round(amount / schedule.total * 100, 4),
                "token_amount": text(schedule.quantity(part), 0),
                "unlocked_token_amount": text(amount, 0),
            }
            for part, amount in amounts.items()
        ],
        "is_tge": time == schedule.launched,
        "unlocked_percent": round(unlocked / schedule.total * 100, 4),
        "unlocked_token_amount": text(unlocked, 0),
    }


MODELS: Mapping[Endpoint, Model] = {on_chain.UNLOCKS: _unlocks, on_chain.VESTING: _vesting}
