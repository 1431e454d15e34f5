"""Money and other assets beside bitcoin: money supply, and correlations with funds on gold, stocks and bonds."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators import bitcoin
from sandbox.market.bitcoin_cycle import by_day, priced
from sandbox.market.days import price_at_start
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.noise import fractal
from sandbox.market.path import DAY, WEEK
from sandbox.windows import Query

_GLOBAL_FROM = 1_369_008_000_000  # 2013-05-20, a Monday
_SKIPPED = 33 * WEEK  # to the first Monday of 2014
_US_FROM = 1_278_979_200_000  # 2010-07-13
_YEAR = 364 * DAY  # whole weeks
_GLOBAL_UNIT, _US_UNIT = 1_000_000, 100_000_000  # US dollars, to which the supplies are stated
_FUNDS = {"gld": 0.10, "iwm": 0.30, "qqq": 0.28, "spy": 0.30, "tlt": -0.05}  # and their usual correlation
_SWING = 0.65


def _global_supply(time: int) -> int:
    years = (time - _GLOBAL_FROM) / _YEAR
    usd = 59.2e12 * (1 + 0.052 * years + 0.0014 * years * years) * (1 + 0.02 * fractal("global M2", time, 2 * _YEAR))
    return round(usd / _GLOBAL_UNIT) * _GLOBAL_UNIT


def _us_supply(time: int) -> int:
    years = (time - _US_FROM) / _YEAR
    usd = 8.64e12 * (1 + 0.075 * years + 0.0016 * years * years) * (1 + 0.02 * fractal("US M2", time, 2 * _YEAR))
    return round(usd / _US_UNIT) * _US_UNIT


def _global_money(_: Query, context: ModelContext) -> list[Row]:
    return [
        {
            "timestamp": time,
            "price": price_at_start("BTC", time),
            "global_m2_yoy_growth": round((_global_supply(time) / _global_supply(time - _YEAR) - 1) * 100, 10),
            "global_m2_supply": _global_supply(time),
        }
        for time in range(_GLOBAL_FROM + _SKIPPED, context.now + 1, WEEK)
    ]


def _us_money(days: range, prices: Sequence[float]) -> list[Row]:
    """Return the days with the figures of their month."""
    by_month: dict[str, tuple[float, int]] = {}
    rows = []
    for row in priced(days, prices):
        month = datetime.fromtimestamp(row["timestamp"] / 1000, UTC).strftime("%Y-%m-01")
        if month not in by_month:
            start = int(datetime.fromisoformat(month).replace(tzinfo=UTC).timestamp()) * 1000
            by_month[month] = round(_us_supply(start) / _us_supply(start - _YEAR) - 1, 4), _us_supply(start)
        growth, supply = by_month[month]
        rows.append(row | {"us_m2_yoy_growth": growth, "us_m2_supply": supply})
    return rows


def _correlations(days: range, prices: Sequence[float]) -> list[Row]:
    return [
        row
        | {
            fund: round(usual + _SWING * fractal(f"correlation with {fund}", row["timestamp"], 120 * DAY, 2), 10)
            for fund, usual in _FUNDS.items()
        }
        for row in priced(days, prices)
    ]


MODELS: Mapping[Endpoint, Model] = {
    bitcoin.GLOBAL_M2: _global_money,
    bitcoin.US_M2: by_day(_us_money),
    bitcoin.CORRELATION: by_day(_correlations),
}
