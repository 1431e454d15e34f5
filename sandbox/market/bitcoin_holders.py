"""Holders and network of bitcoin, by day: who holds how much, what they paid, and how many addresses move.

Short-term holders paid about the average price of the last five months, long-term holders that of the years before.
The two supplies add up to the coins in circulation, and the ratios follow from the prices paid.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from statistics import median

from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators import bitcoin
from sandbox.market.bitcoin_cycle import by_day, priced, trend_usd
from sandbox.market.days import BITCOIN_FROM, daily_prices, date_text, running_means
from sandbox.market.model import Model, Row
from sandbox.market.noise import fractal
from sandbox.market.path import DAY
from sandbox.market.supply import supply

_SHORT_TERM, _LONG_TERM = 155, 1100  # days of purchases
_LONG_TERM_SHARE = 0.74
_DECIMALS = 8


def _held_long(day: int, price: float, paid: float) -> float:
    """Return the share of the supply in the hands of long-term holders, who sell when the price is high."""
    profit = price / paid
    return _LONG_TERM_SHARE + 0.08 * (1 - profit) / (1 + profit) + 0.02 * fractal("long-term holders", day, 200 * DAY)


def _realized_prices(name: str, width: int) -> Model:
    def rows_of(days: range, prices: Sequence[float]) -> list[Row]:
        paid = running_means(prices, width)
        return [row | {name: round(figure, _DECIMALS)} for row, figure in zip(priced(days, prices), paid, strict=True)]

    return by_day(rows_of)


def _spent_ratios(name: str, width: int, swing: float) -> Model:
    """Make a model of the profit on spent coins: that of the holders, drawn towards 1 since losers sell less."""

    def rows_of(days: range, prices: Sequence[float]) -> list[Row]:
        rows = zip(priced(days, prices), running_means(prices, width), strict=True)
        return [row | {name: _spent_ratio(name, row["timestamp"], row["price"] / paid, swing)} for row, paid in rows]

    return by_day(rows_of)


def _spent_ratio(name: str, day: int, profit: float, swing: float) -> float:
    return round(1 + swing * (profit - 1) + 0.02 * fractal(name, day, 6 * DAY), _DECIMALS)


@lru_cache(maxsize=8)
def long_term_supplies(days: range) -> Sequence[float]:
    """Return the coins of long-term holders on each of consecutive days."""
    prices = daily_prices("BTC", days)
    rows = zip(days, prices, running_means(prices, _LONG_TERM), strict=True)
    return [round(supply("BTC", day) * _held_long(day, price, paid), 2) for day, price, paid in rows]


def _long_term_supply(days: range, prices: Sequence[float]) -> list[Row]:
    holding = long_term_supplies(days)
    return [row | {"long_term_holder_supply": coins} for row, coins in zip(priced(days, prices), holding, strict=True)]


def _short_term_supply(days: range, prices: Sequence[float]) -> list[Row]:
    rows = zip(priced(days, prices), long_term_supplies(days), strict=True)
    return [
        row | {"short_term_holder_supply": round(supply("BTC", row["timestamp"]) - coins, 2)} for row, coins in rows
    ]


def unrealized_profits(days: range, prices: Sequence[float]) -> list[float]:
    """Return the profit of all holders as a fraction of the market capitalisation."""
    paid = zip(
        running_means(prices, _SHORT_TERM), running_means(prices, _LONG_TERM), long_term_supplies(days), strict=True
    )
    profits = []
    for day, price, (short, long, coins) in zip(days, prices, paid, strict=True):
        holding = coins / supply("BTC", day)
        profits.append(round(1 - (holding * long + (1 - holding) * short) / price, _DECIMALS))
    return profits


def _net_unrealized(days: range, prices: Sequence[float]) -> list[Row]:
    profits = unrealized_profits(days, prices)
    return [row | {"net_unpnl": profit} for row, profit in zip(priced(days, prices), profits, strict=True)]


def rhodl_ratios(days: range, prices: Sequence[float]) -> list[float]:
    """Return a ratio that grows with the square of the price relative to what was paid in the last years."""
    rows = zip(days, prices, running_means(prices, _LONG_TERM), strict=True)
    return [
        round(600 * (price / paid) * (price / paid) * (1 + 0.2 * fractal("rhodl", day, 60 * DAY)), _DECIMALS)
        for day, price, paid in rows
    ]


def _rhodl(days: range, prices: Sequence[float]) -> list[Row]:
    ratios = rhodl_ratios(days, prices)
    return [row | {"rhodl_ratio": ratio} for row, ratio in zip(priced(days, prices), ratios, strict=True)]


def _reserve_risk(days: range, prices: Sequence[float]) -> list[Row]:
    """Return the price relative to the HODL bank, which adds up what holders gave up by not selling."""
    destroyed = [
        price * (0.35 + 0.3 * fractal("coin days", day, 20 * DAY)) for day, price in zip(days, prices, strict=True)
    ]
    medians = [median(destroyed[max(0, index - 29) : index + 1]) for index in range(len(destroyed))]
    bank = accumulate(max(0.0, price - usual) for price, usual in zip(prices, medians, strict=True))
    columns = zip(priced(days, prices), destroyed, medians, bank, strict=True)
    return [
        row
        | {
            "reserve_risk_index": round(row["price"] / max(holding, row["price"]), 10),
            "movcd": round(usual, _DECIMALS),
            "hodl_bank": round(holding, _DECIMALS),
            "vocd": round(value, _DECIMALS),
        }
        for row, value, usual, holding in columns
    ]


def active_addresses(day: int, price: float) -> int:
    """Return the addresses of a day: more as the network grows, and while the price is above its trend."""
    years = (day - BITCOIN_FROM) / (365 * DAY) + 3
    grown = 1_000_000 * years * years / (years * years + 12)
    lively = 1 + 0.12 * fractal("active addresses", day, 40 * DAY, 4) + 0.1 * min(1.0, price / trend_usd(day) / 8)
    return int(500 + grown * lively)


def _addresses(name: str, part: float) -> Model:
    def rows_of(days: range, prices: Sequence[float]) -> list[Row]:
        return [
            row | {name: int(part * active_addresses(row["timestamp"], row["price"]))} for row in priced(days, prices)
        ]

    return by_day(rows_of)


def bubble_index(day: int, price: float) -> float:
    return round(12 * (price / (2.2 * trend_usd(day)) - 1) + 4 * fractal("bubble", day, 25 * DAY), 8)


def _bubble(days: range, prices: Sequence[float]) -> list[Row]:
    return [
        {
            "price": price,
            "bubble_index": bubble_index(day, price),
            "google_trend_percent": round(18 + 15 * fractal("searches", day, 80 * DAY, 4), 3),
            "mining_difficulty": round(trend_usd(day) * trend_usd(day) * 36_000, 3),
            "transaction_count": int(0.45 * active),
            "address_send_count": int(0.55 * active),
            "tweet_count": int(90_000 * (1 + 0.5 * fractal("posts", day, 30 * DAY))),
            "date_string": date_text(day),
        }
        for day, price in zip(days, prices, strict=True)
        if (active := active_addresses(day, price))
    ]


def macro_oscillators(days: range, prices: Sequence[float]) -> list[float]:
    """Return the mean of four distances from usual values, from about -1.5 to 4."""
    rows = zip(days, prices, running_means(prices, 350), running_means(prices, _LONG_TERM), strict=True)
    return [
        round((price / mean - 1) * 0.6 + (price / paid - 1.4) * 0.4 + 0.1 * fractal("oscillator", day, 50 * DAY), 10)
        for day, price, mean, paid in rows
    ]


def _macro(days: range, prices: Sequence[float]) -> list[Row]:
    values = macro_oscillators(days, prices)
    return [row | {"bmo_value": value} for row, value in zip(priced(days, prices), values, strict=True)]


MODELS: Mapping[Endpoint, Model] = {
    bitcoin.SHORT_TERM_SOPR: _spent_ratios("sth_sopr", _SHORT_TERM, 0.12),
    bitcoin.LONG_TERM_SOPR: _spent_ratios("lth_sopr", _LONG_TERM, 0.8),
    bitcoin.SHORT_TERM_REALIZED_PRICE: _realized_prices("sth_realized_price", _SHORT_TERM),
    bitcoin.LONG_TERM_REALIZED_PRICE: _realized_prices("lth_realized_price", _LONG_TERM),
    bitcoin.SHORT_TERM_SUPPLY: by_day(_short_term_supply),
    bitcoin.LONG_TERM_SUPPLY: by_day(_long_term_supply),
    bitcoin.RHODL_RATIO: by_day(_rhodl),
    bitcoin.RESERVE_RISK: by_day(_reserve_risk),
    bitcoin.NET_UNREALIZED_PROFIT_LOSS: by_day(_net_unrealized),
    bitcoin.ACTIVE_ADDRESSES: _addresses("active_address_count", 1.0),
    bitcoin.NEW_ADDRESSES: _addresses("new_address_count", 0.42),
    bitcoin.BUBBLE_INDEX: by_day(_bubble),
    bitcoin.MACRO_OSCILLATOR: by_day(_macro),
}
