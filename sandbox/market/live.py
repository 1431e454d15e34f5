"""Events of the WebSocket: liquidations, trades and tickers that agree with what the endpoints answer.

Liquidations are the orders of the REST endpoint. The trades of a minute add up to the buys and the sells of its candle,
at the price of their time. All are made a minute at a time, and only for channels that somebody listens to.
"""

import functools
import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sandbox.live.channels import EventRow, LiveChannel, LiveKind, text_of
from sandbox.market.flows import flows_of, pairs_bars, pairs_between, part_of_flow
from sandbox.market.futures_liquidations import PARTS, SELL, orders_of_minute
from sandbox.market.futures_taker_volume import USD_OF_A_TRADE
from sandbox.market.levels import funding_hours, funding_rate, next_funding, open_interest
from sandbox.market.noise import draw
from sandbox.market.path import DAY, MINUTE
from sandbox.market.prices import pair_price, price
from sandbox.market.universe import COINS, ModelPair, pair_of, pairs_of_coin

_SECOND = 1000
_LONG, _SHORT = 1, 2  # the position that is liquidated; the endpoint states whether it is bought or sold
_TRADE_SELL, _TRADE_BUY = 1, 2
_PER_DRAW = 16  # trades whose time and size come from one draw of 64 bytes
_STEEPNESS = 0.01  # of the sizes: the largest trades have about a hundred times the mean


class _Trade(NamedTuple):
    time: int
    side: int
    usd: float


def events(channel: LiveChannel, start: int, end: int) -> Sequence[EventRow]:
    """Return the events of a channel after one time up to another, in milliseconds, the oldest first."""
    return _MODELS[channel.kind](channel, start, end)


def _liquidations(_: LiveChannel, start: int, end: int) -> list[EventRow]:
    return [row for minute in _minutes(start, end) for row in _liquidations_of(minute) if start < row["time"] <= end]


def _minutes(start: int, end: int) -> range:
    return range(start // MINUTE * MINUTE, end + 1, MINUTE)


@functools.lru_cache(maxsize=4)
def _liquidations_of(minute: int) -> tuple[EventRow, ...]:
    """Return the liquidations of a minute on all exchanges."""
    rows = [row for coin in COINS for row in _liquidations_of_coin(coin, minute)]
    return tuple(sorted(rows, key=lambda row: int(row["time"])))


def _liquidations_of_coin(coin: str, minute: int) -> Iterator[EventRow]:
    whole = flows_of(coin).between(minute, minute + MINUTE)
    for pair in pairs_of_coin(coin):
        flow = part_of_flow(whole, (pair,), minute)
        if max(flow.long_liquidation, flow.short_liquidation) * PARTS[0] < 1.0:
            continue
        for order in orders_of_minute(pair, minute, flow, 1.0):
            yield {
                "base_asset": pair.base,
                "exchange": pair.exchange,
                "price": order["price"],
                "side": _LONG if order["side"] == SELL else _SHORT,
                "symbol": pair.symbol,
                "time": order["time"],
                "volume_usd": order["usd_value"],
            }


def _trades(channel: LiveChannel, start: int, end: int) -> list[EventRow]:
    pair = _pair(channel)
    return [
        {
            "base_asset": pair.base,
            "exchange": pair.exchange,
            "price": pair_price(pair, trade.time),
            "side": trade.side,
            "symbol": pair.symbol,
            "time": trade.time,
            "volume_usd": trade.usd,
        }
        for minute in _minutes(start, end)
        for trade in _part(_trades_of(pair, minute), start, end)
        if trade.usd >= channel.min_usd
    ]


def _part(trades: Sequence[_Trade], start: int, end: int) -> Sequence[_Trade]:
    return trades[_first_after(trades, start) : _first_after(trades, end)]


def _first_after(trades: Sequence[_Trade], time: int) -> int:
    return bisect_right(trades, time, key=lambda trade: trade.time)


@functools.lru_cache(maxsize=64)
def _trades_of(pair: ModelPair, minute: int) -> tuple[_Trade, ...]:
    """Return the trades of a minute, whose amounts are those of its candle."""
    flow = pairs_bars((pair,), range(minute, minute + MINUTE, MINUTE), minute + MINUTE)[0]
    trades = [*_divided(pair, minute, _TRADE_BUY, flow.buy), *_divided(pair, minute, _TRADE_SELL, flow.sell)]
    return tuple(sorted(trades))


def _divided(pair: ModelPair, minute: int, side: int, total: float) -> Iterator[_Trade]:
    """Divide an amount of US dollars among trades, of which few are large."""
    count = max(1, round(total / USD_OF_A_TRADE))
    name = f"trades {'futures' if pair.margin else 'spot'} {pair.exchange} {pair.symbol}"
    bits = b"".join(draw(name, minute, side, block) for block in range(-(-count // _PER_DRAW)))
    fractions = [int.from_bytes(bits[at : at + 2]) / 65_536 for at in range(0, 4 * count, 2)]
    weights = [1 / ((_STEEPNESS + fraction) * (_STEEPNESS + fraction)) for fraction in fractions[::2]]
    usd = total / math.fsum(weights)
    for weight, fraction in zip(weights, fractions[1::2], strict=True):
        yield _Trade(minute + int(fraction * MINUTE), side, round(weight * usd, 4))


def _ticker(channel: LiveChannel, start: int, end: int) -> list[EventRow]:
    second = end // _SECOND * _SECOND
    return [_ticker_row(_pair(channel), second)] if second > start else []


def _ticker_row(pair: ModelPair, now: int) -> EventRow:
    """Return a pair's row as of a whole second; the rate is a fraction here, not in percent."""
    at, size = pair_price(pair, now), open_interest((pair,), now)
    return {
        "exchange": pair.exchange,
        "symbol": pair.symbol,
        "base_asset": pair.base,
        "price": at,
        "index_price": price(pair.base, now),
        "volume_usd_24h": round(pairs_between((pair,), now - DAY, now).volume, 2),
        "open_interest": round(size, 4),
        "open_interest_amount": round(size / at, 4),
        "funding_rate": round(funding_rate(pair, now) / 100, 8),
        "next_funding_time": text_of(next_funding(pair, now)),
        "funding_interval_hours": funding_hours(pair),
        "expiry_date": None,
        "update_time": text_of(now),
    }


def _pair(channel: LiveChannel) -> ModelPair:
    pair = pair_of(channel.exchange, channel.symbol, is_spot=channel.is_spot)
    if pair is None:
        raise LookupError(f"There is no {channel.symbol} on {channel.exchange}.")
    return pair


_MODELS: Mapping[LiveKind, Callable[[LiveChannel, int, int], Sequence[EventRow]]] = {
    LiveKind.LIQUIDATIONS: _liquidations,
    LiveKind.FUTURES_TRADES: _trades,
    LiveKind.SPOT_TRADES: _trades,
    LiveKind.FUTURES_TICKER: _ticker,
}
