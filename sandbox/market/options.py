"""Options of the modelled market: open interest and volume by exchange, and max pain by expiry.

The open interest of options is a part of that of futures, which makes the ratio of the two. Expiries divide an
exchange's open interest among them, strikes that of an expiry; max pain is the strike at which all options of an expiry
are worth least together.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cg_client.endpoint import Endpoint
from cg_client.endpoints import options
from cg_client.endpoints.indicators import market
from cg_client.windows import floor
from sandbox.market.days import daily_prices, day_starts
from sandbox.market.levels import open_interest_path
from sandbox.market.model import Model, ModelContext, Row, percent_change, text
from sandbox.market.noise import between, fractal, smooth
from sandbox.market.path import DAY, HOUR, MINUTE, WEEK, YEAR
from sandbox.market.prices import price
from sandbox.windows import Query

_RATIOS = {"BTC": 0.58, "ETH": 0.24, "SOL": 0.05, "XRP": 0.03}  # of options to futures, usually
_VENUES = {"Deribit": 0.76, "CME": 0.11, "OKX": 0.055, "Bybit": 0.04, "Binance": 0.035}
_STEPS = {"1h": HOUR, "4h": 4 * HOUR, "12h": 12 * HOUR, "all": DAY}
_POINTS = 180
_FROM = 1_609_459_200_000  # 2021-01-01
_EXPIRY_HOUR = 8 * HOUR
_FRIDAY = DAY  # 1970-01-02
_QUARTER = 3  # months
_STRIKES = 40
_PUTS_PER_CALL = 0.62
_NO_HISTORY: Row = {"time_list": [], "price_list": [], "data_map": {}}
_NICE = (1.0, 2.5, 5.0, 10.0)


def ratio(coin: str, time: int) -> float:
    """Return the open interest of options relative to that of futures."""
    return _RATIOS[coin] * (1 + 0.22 * fractal(f"options of {coin}", time, 120 * DAY))


def open_interest_usd(coin: str, time: int) -> float:
    return open_interest_path(coin).at(time) * ratio(coin, time)


def _parts(coin: str, time: int) -> dict[str, float]:
    """Return the share of each exchange in the open interest; they add up to 1."""
    sizes = {
        venue: size * (1 + 0.2 * smooth(f"options of {coin} on {venue}", time, 60 * DAY))
        for venue, size in _VENUES.items()
    }
    total = math.fsum(sizes.values())
    return {venue: size / total for venue, size in sizes.items()}


def _by_venue(coin: str, time: int) -> dict[str, float]:
    """Return the open interest on each exchange, in US dollars."""
    usd = open_interest_usd(coin, time)
    return {venue: round(usd * part, 2) for venue, part in _parts(coin, time).items()}


def _volumes(coin: str, time: int) -> dict[str, float]:
    """Return what was traded on each exchange within the 24 hours before, in US dollars."""
    return {
        venue: round(usd * (0.16 + 0.11 * fractal(f"traded options of {coin} on {venue}", time, 6 * DAY)), 2)
        for venue, usd in _by_venue(coin, time).items()
    }


def _info(query: Query, context: ModelContext) -> list[Row]:
    """Return each exchange after the total of them all."""
    coin, time = query["symbol"], floor(context.now, MINUTE)
    if coin not in _RATIOS:
        return []
    at = price(coin, time)
    now, before = _by_venue(coin, time), _by_venue(coin, time - DAY)
    volumes, earlier = _volumes(coin, time), _volumes(coin, time - DAY)
    total = math.fsum(now.values())
    rows = [
        _venue_row(venue, now[venue], at, total, before[venue]) | {"volume_usd_24h": volumes[venue]} for venue in now
    ]
    rows.sort(key=lambda row: -row["open_interest_usd"])
    every = _venue_row("All", round(total, 2), at, total, math.fsum(before.values()))
    every["open_interest"] = round(math.fsum(row["open_interest"] for row in rows), 2)
    every["volume_usd_24h"] = round(math.fsum(volumes.values()), 2)
    every["volume_change_percent_24h"] = percent_change(math.fsum(earlier.values()), every["volume_usd_24h"])
    return [every, *rows]


def _venue_row(venue: str, usd: float, at: float, total: float, before: float) -> Row:
    return {
        "exchange_name": venue,
        "open_interest": round(usd / at, 2),
        "oi_market_share": round(usd / total * 100, 2),
        "open_interest_change_24h": percent_change(before, usd),
        "open_interest_usd": usd,
    }


def _history(times: range, prices: Sequence[float], figures: Sequence[Mapping[str, float]], unit: str) -> list[Row]:
    is_coin = unit.upper() != "USD"
    by_venue = {
        venue: [round(row[venue] / at, 4) if is_coin else row[venue] for row, at in zip(figures, prices, strict=True)]
        for venue in _VENUES
    }
    return [{"time_list": list(times), "price_list": list(prices), "data_map": by_venue}]


def _open_interest_history(query: Query, context: ModelContext) -> list[Row]:
    coin, step = query["symbol"], _STEPS[query.get("range", "all").lower()]
    if coin not in _RATIOS:
        return [_NO_HISTORY]
    if step == DAY:
        times = day_starts(_FROM, context.now)
        prices = daily_prices(coin, times)
    else:
        newest = floor(context.now, step)
        times = range(newest - (_POINTS - 1) * step, newest + 1, step)
        prices = [price(coin, time) for time in times]
    return _history(times, prices, [_by_venue(coin, time) for time in times], query.get("unit", "USD"))


def _volume_history(query: Query, context: ModelContext) -> list[Row]:
    """Return what was traded on each day that is over."""
    coin = query["symbol"]
    if coin not in _RATIOS:
        return [_NO_HISTORY]
    times = day_starts(_FROM, context.now - DAY)
    figures = [_volumes(coin, time + DAY) for time in times]
    return _history(times, daily_prices(coin, times), figures, query.get("unit", "USD"))


def _ratios(_: Query, context: ModelContext) -> list[Row]:
    return [
        {
            "btc_option_vs_futures_radio": round(ratio("BTC", day) * 100, 2),
            "eth_option_vs_futures_radio": round(ratio("ETH", day) * 100, 2),
            "timestamp": day,
        }
        for day in day_starts(_FROM, context.now)
    ]


@dataclass(frozen=True, slots=True)
class Expiry:
    """The options of one expiry: the open interest of calls and puts by strike, in coins."""

    time: int
    calls: Mapping[float, float]
    puts: Mapping[float, float]

    def pain(self, settlement: float) -> float:
        """Return what all options are worth if the price is this one at expiry, in US dollars."""
        calls = math.fsum(held * max(0.0, settlement - strike) for strike, held in self.calls.items())
        return calls + math.fsum(held * max(0.0, strike - settlement) for strike, held in self.puts.items())

    def max_pain(self) -> float:
        return min(self.calls, key=self.pain)


def expiry_times(now: int, *, is_daily: bool) -> list[int]:
    """Return the coming expiries: days, Fridays, and the last Fridays of months and of quarters."""
    first = floor(now - _EXPIRY_HOUR, DAY) + DAY + _EXPIRY_HOUR
    days = [first + day * DAY for day in range(4)] if is_daily else []
    friday = first + (_FRIDAY + _EXPIRY_HOUR - first) % WEEK
    fridays = [friday + week * WEEK for week in range(56)]
    last = [time for time in fridays if _month(time) != _month(time + WEEK)]
    quarters = [time for time in last if _month(time) % _QUARTER == 0]
    return sorted({*days, *fridays[:3], *last[:3], *quarters[:4]})


def _month(time: int) -> int:
    return datetime.fromtimestamp(time / 1000, UTC).month


def _strike_step(at: float) -> float:
    """Return a round distance between strikes, about one percent of the price."""
    unit = 1e-8
    while unit * _NICE[-1] < at / 100:
        unit *= 10
    return next(unit * nice for nice in _NICE if unit * nice >= at / 100)


def expiries(coin: str, venue: str, time: int) -> list[Expiry]:
    """Return the expiries of a coin on an exchange, whose open interest adds up to that of the exchange."""
    times = expiry_times(time, is_daily=venue == "Deribit")
    weights = [_expiry_weight(coin, expiry) for expiry in times]
    at = price(coin, time)
    total = _by_venue(coin, time)[venue] / at
    middle = price(coin, floor(time, DAY))
    return [
        _expiry(f"{coin} options on {venue}", expiry, middle, total * weight / math.fsum(weights), expiry - time)
        for expiry, weight in zip(times, weights, strict=True)
    ]


def _expiry_weight(coin: str, expiry: int) -> float:
    ends_month = _month(expiry) != _month(expiry + WEEK)
    ends_quarter = ends_month and _month(expiry) % _QUARTER == 0
    is_friday = (expiry - _FRIDAY - _EXPIRY_HOUR) % WEEK == 0
    size = 10.0 if ends_quarter else 5.0 if ends_month else 1.6 if is_friday else 0.5
    return size * between(0.7, 1.3, f"expiry of {coin}", expiry // DAY)


def _expiry(name: str, expiry: int, middle: float, quantity: float, left: int) -> Expiry:
    """Divide an expiry's open interest: calls mostly above the price, puts below, more at round strikes."""
    step = _strike_step(middle) * (1 if left < 10 * DAY else 2 if left < 50 * DAY else 4)
    first = max(1, round(middle / step) - _STRIKES // 2)
    strikes = [round(index * step, 8) for index in range(first, first + _STRIKES)]
    puts = _PUTS_PER_CALL * between(0.7, 1.3, f"{name} puts", expiry // DAY)
    parts = {}
    for side, centre, part in (("call", 1.06, 1 / (1 + puts)), ("put", 0.95, puts / (1 + puts))):
        weights = []
        for index, strike in enumerate(strikes, first):
            distance = (strike - middle * centre) / (5 * step)
            is_round = index % 5 == 0
            size = between(0.3, 1.0, f"{name} {side} {expiry}", index) * (2.5 if is_round else 1.0)
            weights.append(size / (1 + distance * distance))
        parts[side] = {
            strike: quantity * part * weight / math.fsum(weights)
            for strike, weight in zip(strikes, weights, strict=True)
        }
    return Expiry(expiry, parts["call"], parts["put"])


def _max_pain(query: Query, context: ModelContext) -> list[Row]:
    coin, venue, time = query["symbol"], query["exchange"], floor(context.now, MINUTE)
    if coin not in _RATIOS or venue not in _VENUES:
        return []
    at = price(coin, time)
    return [_expiry_row(expiry, at, expiry.time - time) for expiry in expiries(coin, venue, time)]


def _expiry_row(expiry: Expiry, at: float, left: int) -> Row:
    calls, puts = math.fsum(expiry.calls.values()), math.fsum(expiry.puts.values())
    return {
        "date": datetime.fromtimestamp(expiry.time / 1000, UTC).strftime("%y%m%d"),
        "call_open_interest_market_value": round(_value(expiry.calls, at, left, 1), 2),
        "put_open_interest": round(puts, 1),
        "put_open_interest_market_value": round(_value(expiry.puts, at, left, -1), 2),
        "max_pain_price": text(expiry.max_pain(), 4),
        "call_open_interest": round(calls, 1),
        "call_open_interest_notional": round(calls * at, 2),
        "put_open_interest_notional": round(puts * at, 2),
    }


def _value(held: Mapping[float, float], at: float, left: int, sign: int) -> float:
    """Return what options are worth now: what they would be at expiry, and the value of the time that is left."""
    spread = at * 0.45 * math.sqrt(max(left, HOUR) / YEAR)
    values = []
    for strike, quantity in held.items():
        distance = (at - strike) / spread
        values.append(quantity * (max(0.0, sign * (at - strike)) + 0.4 * spread / (1 + distance * distance)))
    return math.fsum(values)


MODELS: Mapping[Endpoint, Model] = {
    options.INFO: _info,
    options.OPEN_INTEREST_HISTORY: _open_interest_history,
    options.VOLUME_HISTORY: _volume_history,
    options.MAX_PAIN: _max_pain,
    market.OPTIONS_FUTURES_RATIO: _ratios,
}
