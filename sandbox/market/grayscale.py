"""Trusts of the modelled market: coins per share, holdings that shrink by fees and redemptions, and their premiums."""

from collections.abc import Mapping
from dataclasses import dataclass

from cg_client.endpoint import Endpoint
from cg_client.endpoints import grayscale
from cg_client.windows import floor
from sandbox.market.days import daily_prices, day_starts, is_weekday, price_at_start
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.noise import fractal
from sandbox.market.path import DAY, MINUTE
from sandbox.windows import Query

_FROM = 1_577_836_800_000  # 2020-01-01
_CLOSE = 21 * 3_600_000


@dataclass(frozen=True, slots=True)
class _Trust:
    """Coins of one share, coins held in 2020, and how far its premium swings, in percent."""

    coin: str
    coins_per_share: float
    held: float
    swing: float


_TRUSTS = {
    trust.coin: trust
    for trust in (
        _Trust("BTC", 0.00078, 420_000, 14),
        _Trust("ETH", 0.0082, 2_100_000, 16),
        _Trust("SOL", 0.072, 260_000, 40),
        _Trust("ETC", 0.75, 11_900_000, 35),
        _Trust("LTC", 0.084, 2_200_000, 30),
        _Trust("BCH", 0.0086, 410_000, 30),
        _Trust("XLM", 85.0, 115_000_000, 40),
        _Trust("LINK", 0.91, 420_000, 38),
        _Trust("FIL", 0.94, 1_100_000, 60),
        _Trust("XRP", 21.0, 6_400_000, 25),
    )
}


def _held(trust: _Trust, day: int) -> float:
    """Return the coins held on a day: less and less, by fees and redemptions."""
    years = (day - _FROM) / (365 * DAY)
    moved = 1 + 0.02 * fractal(f"trust on {trust.coin}", day, 120 * DAY)
    return round(trust.held / (1 + 0.04 * years) * moved, 6)


def _share(trust: _Trust, day: int, value: float) -> tuple[float, float, float]:
    """Return the net asset value and the price of a share, and its premium in percent."""
    asset = round(value * trust.coins_per_share, 2)
    premium = trust.swing * (0.8 * fractal(f"premium on {trust.coin}", day, 200 * DAY, 4) - 0.1)
    traded = round(asset * (1 + premium / 100), 2)
    return asset, traded, round((traded / asset - 1) * 100, 2)


def _holdings(_: Query, context: ModelContext) -> list[Row]:
    day = floor(context.now, DAY)
    closed = next(start for start in range(day - DAY, day - 4 * DAY, -DAY) if is_weekday(start))
    rows = [_trust(trust, closed, context.now) for trust in _TRUSTS.values()]
    return sorted(rows, key=lambda row: -row["holdings_usd"])


def _trust(trust: _Trust, day: int, now: int) -> Row:
    value, held = price_at_start(trust.coin, day + DAY), _held(trust, day)
    asset, traded, premium = _share(trust, day, value)
    return {
        "symbol": trust.coin,
        "primary_market_price": asset,
        "secondary_market_price": traded,
        "premium_rate": premium,
        "holdings_amount": held,
        "holdings_usd": round(held * value, 4),
        "holdings_amount_change_30d": round(held - _held(trust, day - 30 * DAY), 6),
        "holdings_amount_change_7d": round(held - _held(trust, day - 7 * DAY), 6),
        "holdings_amount_change1d": round(held - _held(trust, day - DAY), 6),
        "close_time": day + _CLOSE,
        "update_time": floor(now, MINUTE),
    }


def _premium_history(query: Query, context: ModelContext) -> list[Row]:
    trust = _TRUSTS.get(query["symbol"])
    if trust is None:
        return [_columns([], [], [], [])]
    days = [day for day in day_starts(_FROM, context.now - DAY) if is_weekday(day)]
    ends = daily_prices(trust.coin, day_starts(_FROM + DAY, context.now))
    shares = [_share(trust, day, ends[(day - _FROM) // DAY]) for day in days]
    assets, traded, premiums = (list(column) for column in zip(*shares, strict=True))
    return [_columns(days, assets, traded, premiums)]


def _columns(days: list[int], assets: list[float], traded: list[float], premiums: list[float]) -> Row:
    return {
        "primary_market_price": assets,
        "date_list": days,
        "secondary_market_price_list": traded,
        "premium_rate_list": premiums,
    }


MODELS: Mapping[Endpoint, Model] = {
    grayscale.HOLDINGS: _holdings,
    grayscale.PREMIUM_HISTORY: _premium_history,
}
