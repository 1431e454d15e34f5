"""Models of bitcoin's cycle, computed from the market's own prices by day since 2014.

Averages are those of the days that there are, up to their length. A row never changes once its day has begun, but for
`profitable_days`, which compares with today.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators import bitcoin
from sandbox.market.days import bitcoin_days, date_text, running_means
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.path import DAY
from sandbox.market.supply import bitcoins_issued, days_to_halving
from sandbox.windows import Query

_GENESIS = 1_231_459_200_000  # 2009-01-09, when the first blocks followed the first one
_TREND_AGE = 6300  # days
_TREND_USD = 45_000  # of the lowest edge of the rainbow at that age
_EDGES = (1.0, 1.33, 1.8, 2.45, 3.3, 4.45, 6.1, 8.4, 11.3, 15.4)  # of the rainbow, relative to the lowest
_VALUATION = 2.1  # of the AHR999 index, relative to the lowest edge
_DECIMALS = 6

ByDay: TypeAlias = Callable[[range, Sequence[float]], list[Row]]


def by_day(rows_of: ByDay) -> Model:
    """Make a model of a function of the days and of bitcoin's price at the start of each."""

    def model(_: Query, context: ModelContext) -> list[Row]:
        return rows_of(*bitcoin_days(context.now))

    return model


def trend_usd(day: int) -> float:
    """Return a price that grows with the sixth power of bitcoin's age: the lowest edge of the rainbow."""
    age = (day - _GENESIS) / DAY / _TREND_AGE
    return _TREND_USD * age * age * age * age * age * age


def priced(days: range, prices: Sequence[float]) -> list[Row]:
    return [{"timestamp": day, "price": price} for day, price in zip(days, prices, strict=True)]


def _means(prices: Sequence[float], width: int) -> list[float]:
    return [round(mean, _DECIMALS) for mean in running_means(prices, width)]


def _multiples(days: range, prices: Sequence[float], width: int, names: Mapping[str, float]) -> list[Row]:
    """Return the price and multiples of its mean."""
    means = _means(prices, width)
    return [
        row | {name: round(factor * mean, _DECIMALS) for name, factor in names.items()}
        for row, mean in zip(priced(days, prices), means, strict=True)
    ]


def _pi_cycle(days: range, prices: Sequence[float]) -> list[Row]:
    fast = _multiples(days, prices, 111, {"ma_110": 1})
    slow = _multiples(days, prices, 350, {"ma_350_mu_2": 2})
    return [row | other for row, other in zip(fast, slow, strict=True)]


def _golden_ratio(days: range, prices: Sequence[float]) -> list[Row]:
    names = {"ma_350": 1.0, "accumulation_high_1_6": 1.6, "low_bull_high_2": 2.0}
    return _multiples(days, prices, 350, names | {f"x_{factor}": float(factor) for factor in (3, 5, 8, 13, 21)})


def _two_years(days: range, prices: Sequence[float]) -> list[Row]:
    return _multiples(days, prices, 730, {"moving_average_730": 1, "moving_average_730_multiplier_5": 5})


def _two_hundred_weeks(days: range, prices: Sequence[float]) -> list[Row]:
    means = _means(prices, 1400)
    increases = [0.0] * min(30, len(means))
    increases += [round((mean / before - 1) * 100, 4) for mean, before in zip(means[30:], means, strict=False)]
    rows = zip(priced(days, prices), means, increases, strict=True)
    return [row | {"moving_average_1440": mean, "moving_average_1440_ip": increase} for row, mean, increase in rows]


def purchase_costs(prices: Sequence[float]) -> list[float]:
    """Return what a coin cost on average if the same sum was spent on each of the last 200 days."""
    return [1 / mean for mean in running_means([1 / price for price in prices], 200)]


def ahr999(day: int, price: float, cost: float) -> float:
    return round(price / cost * price / (_VALUATION * trend_usd(day)), 6)


def _ahr999(days: range, prices: Sequence[float]) -> list[Row]:
    return [
        {
            "date_string": date_text(day, "/"),
            "average_price": round(cost, 4),
            "ahr999_value": ahr999(day, price, cost),
            "current_value": price,
        }
        for day, price, cost in zip(days, prices, purchase_costs(prices), strict=True)
    ]


def puell_multiples(days: range, prices: Sequence[float]) -> list[float]:
    """Return the value of each day's new coins, relative to its mean of a year."""
    issued = [price * bitcoins_issued(day) for day, price in zip(days, prices, strict=True)]
    return [round(value / mean, _DECIMALS) for value, mean in zip(issued, running_means(issued, 365), strict=True)]


def _puell(days: range, prices: Sequence[float]) -> list[Row]:
    multiples = puell_multiples(days, prices)
    return [row | {"puell_multiple": value} for row, value in zip(priced(days, prices), multiples, strict=True)]


def _stock_to_flow(days: range, prices: Sequence[float]) -> list[Row]:
    return [row | {"next_halving": days_to_halving(row["timestamp"])} for row in priced(days, prices)]


def _profitable_days(days: range, prices: Sequence[float]) -> list[Row]:
    today = prices[-1]
    return [row | {"side": 1 if row["price"] <= today else -1} for row in priced(days, prices)]


def rainbow_edges(day: int) -> list[float]:
    """Return the prices that part the bands, the lowest first."""
    lowest = trend_usd(day)
    return [round(lowest * edge, _DECIMALS) for edge in _EDGES]


def _rainbow(_: Query, context: ModelContext) -> list[list[float]]:
    days, prices = bitcoin_days(context.now)
    return [[price, *rainbow_edges(day), day] for day, price in zip(days, prices, strict=True)]


MODELS: Mapping[Endpoint, Model] = {
    bitcoin.PI_CYCLE: by_day(_pi_cycle),
    bitcoin.GOLDEN_RATIO_MULTIPLIER: by_day(_golden_ratio),
    bitcoin.TWO_YEAR_MOVING_AVERAGE: by_day(_two_years),
    bitcoin.TWO_HUNDRED_WEEK_MOVING_AVERAGE: by_day(_two_hundred_weeks),
    bitcoin.AHR999: by_day(_ahr999),
    bitcoin.PUELL_MULTIPLE: by_day(_puell),
    bitcoin.STOCK_TO_FLOW: by_day(_stock_to_flow),
    bitcoin.PROFITABLE_DAYS: by_day(_profitable_days),
    bitcoin.RAINBOW: _rainbow,
}
