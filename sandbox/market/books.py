"""Order books: how much stands near the price, level by level and in large orders; futures and spot alike."""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.market.model import Row
from sandbox.market.noise import draw, smooth
from sandbox.market.path import HOUR, MINUTE, WEEK, Path
from sandbox.market.prices import pair_price, price_path
from sandbox.market.shares import ShareOf, interpolated, share
from sandbox.market.universe import COINS, ModelPair

# Depth within a distance of the price in percent, relative to that within 1 %.
DEPTHS = {0.25: 0.31, 0.5: 0.55, 0.75: 0.79, 1.0: 1.0, 2.0: 1.72, 3.0: 2.31, 5.0: 3.24, 10.0: 4.7}
_WITHIN_ONE_PERCENT = 0.0045  # of a coin's usual open interest, on each side of all futures books
_SPOT = 0.4  # of that in spot books
_BOOK_LEVELS = 40
_WALLS_ABOVE = 240  # of 256: the levels that are much larger than the others
_SLOT = 20 * MINUTE  # in each, some large orders are placed
_LONGEST = 12 * HOUR  # that a large order stands


@functools.cache
def _depth_path(coin: str, side: str, *, is_spot: bool) -> Path:
    name = f"{'spot ' if is_spot else ''}{side} {coin}"
    correlation = 0.3 if side == "asks" else -0.3
    return Path(
        name,
        lambda week: 1 + 0.3 * smooth(name, week * WEEK, 6 * WEEK),
        2.4,
        is_relative=False,
        low=0.35,
        high=2.4,
        follows=f"price {coin}",
        correlation=correlation,
    )


@dataclass(frozen=True, slots=True)
class Depth:
    """What stands within a distance of the price, in US dollars and coins."""

    bids_usd: float
    bids_quantity: float
    asks_usd: float
    asks_quantity: float


def depth_bars(pairs: tuple[ModelPair, ...], starts: range, now: int, percent: float) -> list[Depth]:
    """Return the depth of some pairs of one coin at the end of each interval."""
    coin, is_spot = pairs[0].base, not pairs[0].margin
    ends = [min(time + starts.step, now) for time in starts]
    parts = interpolated(functools.partial(share, ShareOf.BUY, pairs), ends)
    size = COINS[coin].open_interest_usd * _WITHIN_ONE_PERCENT * DEPTHS[percent] * (_SPOT if is_spot else 1)
    bids, asks = (_depth_path(coin, side, is_spot=is_spot).bars(starts, now) for side in ("bids", "asks"))
    closes = [bar.close for bar in price_path(coin).bars(starts, now)]
    away = percent / 230  # the mean distance, as a fraction
    return [
        Depth(
            round(size * part * bid.close, 4),
            round(size * part * bid.close / (at * (1 - away)), 5),
            round(size * part * ask.close, 4),
            round(size * part * ask.close / (at * (1 + away)), 5),
        )
        for part, bid, ask, at in zip(parts, bids, asks, closes, strict=True)
    ]


def snapshots(pair: ModelPair, starts: range, now: int) -> list[list[Any]]:
    """Return bids and asks by level at the start of each interval; times are in seconds."""
    digits = COINS[pair.base].decimals
    return [[time // 1000, *_book(pair, time, digits)] for time in starts if time <= now]


def _book(pair: ModelPair, time: int, digits: int) -> Iterator[list[list[float]]]:
    at = pair_price(pair, time)
    usd = COINS[pair.base].open_interest_usd * _WITHIN_ONE_PERCENT * (1.0 if pair.margin else _SPOT)
    usd *= share(ShareOf.BUY, (pair,), time // WEEK)
    for side, sign in (("bids", -1), ("asks", 1)):
        bits = draw(f"book {side} {pair.exchange} {pair.symbol}", time)
        factor = _depth_path(pair.base, side, is_spot=not pair.margin).at(time)
        levels = []
        for index in range(_BOOK_LEVELS):
            distance = (index + 0.5) * (index + 8) / 36_000  # up to nearly 6 %, and closer near the price
            level = round(at * (1 + sign * distance), digits)
            wall = 3.5 if bits[index] > _WALLS_ABOVE else 1.0
            levels.append([level, round(usd * factor * wall * (0.4 + bits[index] / 160) / 14 / level, 4)])
        yield levels


@dataclass(frozen=True, slots=True)
class ModelOrder:
    """An order. `ended` is when it was filled or taken back, None while it stands; `is_filled` which of the two."""

    number: int
    price: float
    is_bid: bool
    started: int
    quantity: float
    ended: int | None
    is_filled: bool


def large_orders(pair: ModelPair, start: int, end: int, now: int) -> Iterator[ModelOrder]:
    """Yield the large orders that stand at some time from `start` to `end`, as of `now`, the oldest first."""
    first = (start - _LONGEST) // _SLOT
    for slot in range(first, min(end, now) // _SLOT + 1):
        order = _large_order(pair, slot, now)
        if order.started <= min(end, now) and (order.ended is None or order.ended >= start):
            yield order


def _large_order(pair: ModelPair, slot: int, now: int) -> ModelOrder:
    """Return the order of a slot: it stands for some time, unless the price reaches it before."""
    bits = draw(f"large {pair.exchange} {pair.symbol}", slot)
    started = slot * _SLOT + (bits[0] * 256 + bits[1]) * _SLOT // 65_536
    is_bid, digits = bits[2] % 2 == 0, COINS[pair.base].decimals
    distance = 0.002 + 0.045 * (bits[3] / 255) * (bits[4] / 255)
    at = round(pair_price(pair, started) * (1 - distance if is_bid else 1 + distance), digits)
    usd = max(60_000.0, COINS[pair.base].open_interest_usd * 0.00002) * (0.8 + 3 * (bits[5] / 255) * (bits[6] / 255))
    stands_until = started + 10 * MINUTE + (_LONGEST - 10 * MINUTE) * bits[7] // 255
    reached = _reached(pair, at, is_bid, started, min(stands_until, now))
    ended = reached if reached is not None else stands_until if stands_until <= now else None
    number = 2_000_000_000 + slot % 40_000 * 20_000 + bits[8] * 60 + bits[9] % 60
    return ModelOrder(number, at, is_bid, started, round(usd / at, 5), ended, reached is not None)


def _reached(pair: ModelPair, at: float, is_bid: bool, start: int, end: int) -> int | None:  # noqa: FBT001
    """Return when the price first reached a level, to the minute; None if it did not."""
    path = price_path(pair.base)

    def is_reached(until: int) -> bool:
        if until <= start:
            return False
        bar = path.bar(start - start % MINUTE, until)
        return bar.low <= at if is_bid else bar.high >= at

    if not is_reached(end):
        return None
    early, late = start, end
    while late - early > MINUTE:
        middle = (early + late) // 2
        early, late = (early, middle) if is_reached(middle) else (middle, late)
    return late


def order_row(pair: ModelPair, order: ModelOrder, now: int) -> Row:
    """Return an order as CoinGlass lists it: side 1 sells, 2 buys; state 1 is open, 2 filled, 3 taken back."""
    state = 1 if order.ended is None else 2 if order.is_filled else 3
    usd = round(order.quantity * order.price, 4)
    rest = 0.0 if order.is_filled else order.quantity
    row = {
        "id": order.number,
        "exchange_name": pair.exchange,
        "symbol": pair.symbol,
        "base_asset": pair.base,
        "quote_asset": pair.quote,
        "price": order.price,
        "start_time": order.started,
        "start_quantity": order.quantity,
        "start_usd_value": usd,
        "current_quantity": rest,
        "current_usd_value": round(rest * order.price, 4),
        "current_time": order.ended or now,
        "executed_volume": round(order.quantity - rest, 5),
        "executed_usd_value": round((order.quantity - rest) * order.price, 4),
        "trade_count": math.ceil(usd / 90_000) if order.is_filled else 0,
        "order_side": 2 if order.is_bid else 1,
        "order_state": state,
    }
    return row if order.ended is None else row | {"order_end_time": order.ended}
