"""Signs of a bull market's peak: where other figures stand today, and the values that would be the peak."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators import bitcoin
from sandbox.market import bitcoin_cycle, bitcoin_holders, capital, etf
from sandbox.market.days import bitcoin_days
from sandbox.market.model import Model, ModelContext, Row, text
from sandbox.market.path import DAY
from sandbox.market.supply import supply
from sandbox.windows import Query

_LOOKED_AT = 1500  # days: more than the widest mean


@dataclass(frozen=True, slots=True)
class _Days:
    """Bitcoin's price at the start of each day up to the one looked at."""

    days: range
    prices: Sequence[float]

    @property
    def day(self) -> int:
        return self.days[-1]

    @property
    def price(self) -> float:
        return self.prices[-1]

    def mean(self, width: int) -> float:
        return sum(self.prices[-width:]) / len(self.prices[-width:])

    def before(self) -> "_Days":
        return _Days(self.days[:-1], self.prices[:-1])


@dataclass(frozen=True, slots=True)
class _Sign:
    """A figure, its target and how it compares with that; `unit` is written after either."""

    name: str
    figure: Callable[[_Days], float]
    target: Callable[[_Days], float]
    comparison: str = ">="
    unit: str = ""
    decimals: int = 2


def _at(value: float) -> Callable[[_Days], float]:
    return lambda _: value


def _outflow_days(series: _Days) -> float:
    """Return on how many trading days in a row money has left the funds."""
    count = 0
    for day in reversed(etf.trading_days(series.day - 60 * DAY, series.day)):
        if etf.total_flow_usd(etf.BITCOIN, day) >= 0:
            break
        count += 1
    return count


def _fund_share(series: _Days) -> float:
    day = etf.last_trading_day(series.day)
    return sum(etf.holdings(fund, day) for fund in etf.BITCOIN) / supply("BTC", day) * 100


def _relative_strength(series: _Days, width: int = 22) -> float:
    moves = [after - before for before, after in zip(series.prices[-width - 1 :], series.prices[-width:], strict=False)]
    gains, losses = sum(move for move in moves if move > 0), -sum(move for move in moves if move < 0)
    return 100 * gains / (gains + losses) if gains + losses else 50.0


def _rainbow_band(series: _Days) -> float:
    return sum(series.price >= edge for edge in bitcoin_cycle.rainbow_edges(series.day))


def _market_to_realized(series: _Days) -> float:
    return 1 / (1 - bitcoin_holders.unrealized_profits(series.days, series.prices)[-1])


def _long_term_coins(series: _Days) -> float:
    return bitcoin_holders.long_term_supplies(series.days)[-1]


def _short_term_percent(series: _Days) -> float:
    return 100 - 100 * _long_term_coins(series) / supply("BTC", series.day)


def _dominance(series: _Days) -> float:
    day = range(series.day, series.day + DAY, DAY)
    return capital.dominance_percent(series.price * supply("BTC", series.day), capital.altcoin_usd(day)[0], series.day)


def _season(series: _Days) -> float:
    return capital.altcoin_seasons(range(series.day, series.day + DAY, DAY))[0]


def _ahr999(series: _Days) -> float:
    cost = bitcoin_cycle.purchase_costs(series.prices)[-1]
    return bitcoin_cycle.ahr999(series.day, series.price, cost)


_SIGNS = (
    _Sign("Bitcoin Ahr999 Index", _ahr999, _at(4)),
    _Sign("Pi Cycle Top Indicator", lambda one: one.mean(111), lambda one: 2 * one.mean(350), decimals=1),
    _Sign("Puell Multiple", lambda one: bitcoin_cycle.puell_multiples(one.days, one.prices)[-1], _at(2.2)),
    _Sign("Bitcoin Rainbow Chart", _rainbow_band, _at(5), decimals=0),
    _Sign("Days of ETF Net Outflows", _outflow_days, _at(10), decimals=0),
    _Sign("ETF-to-BTC Ratio", _fund_share, _at(3.5), "<=", "%"),
    _Sign("2-Year MA Multiplier", lambda one: one.price, lambda one: 5 * one.mean(730), decimals=1),
    _Sign("Bitcoin Bubble Index", lambda one: bitcoin_holders.bubble_index(one.day, one.price), _at(80)),
    _Sign("RSI - 22 Day", _relative_strength, _at(80)),
    _Sign("Altcoin Season Index", _season, _at(75)),
    _Sign("Bitcoin Dominance", _dominance, _at(65), unit="%"),
    _Sign("Bitcoin Long Term Holder Supply", _long_term_coins, _at(13_500_000), "<=", decimals=0),
    _Sign("Bitcoin Short Term Holder Supply (%)", _short_term_percent, _at(30), unit="%"),
    _Sign(
        "Bitcoin Net Unrealized P&L (NUPL)",
        lambda one: 100 * bitcoin_holders.unrealized_profits(one.days, one.prices)[-1],
        _at(70),
        unit="%",
    ),
    _Sign("Bitcoin RHODL Ratio", lambda one: bitcoin_holders.rhodl_ratios(one.days, one.prices)[-1], _at(10_000)),
    _Sign(
        "Bitcoin Macro Oscillator (BMO)",
        lambda one: bitcoin_holders.macro_oscillators(one.days, one.prices)[-1],
        _at(1.4),
    ),
    _Sign("Bitcoin MVRV Ratio", _market_to_realized, _at(3)),
    _Sign("Bitcoin 4-Year Moving Average", lambda one: one.price / one.mean(1460), _at(3.5)),
    _Sign("Mayer Multiple", lambda one: one.price / one.mean(200), _at(2.2)),
    _Sign("The Golden Ratio Multiplier", lambda one: one.price, lambda one: 1.6 * one.mean(350), decimals=1),
)


def _row(sign: _Sign, series: _Days) -> Row:
    current, previous = (round(sign.figure(one), sign.decimals) for one in (series, series.before()))
    target = round(sign.target(series), sign.decimals)
    return {
        "indicator_name": sign.name,
        "current_value": text(current, sign.decimals) + sign.unit,
        "target_value": text(target, sign.decimals) + sign.unit,
        "previous_value": text(previous, sign.decimals) + sign.unit,
        "change_value": text(current - previous, sign.decimals),
        "comparison_type": sign.comparison,
        "hit_status": current >= target if sign.comparison == ">=" else current <= target,
    }


def _signs(_: Query, context: ModelContext) -> list[Row]:
    days, prices = bitcoin_days(context.now)
    return [*_rows(_Days(days[-_LOOKED_AT:], tuple(prices[-_LOOKED_AT:])))]


@lru_cache(maxsize=2)
def _rows(series: _Days) -> tuple[Row, ...]:
    return tuple(_row(sign, series) for sign in _SIGNS)


MODELS: Mapping[Endpoint, Model] = {bitcoin.BULL_MARKET_PEAK: _signs}
