"""Futures: long and short shares, net positions, and the indices that CoinGlass makes of derivatives."""

import functools
import math
from collections.abc import Mapping, Sequence
from itertools import accumulate

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import indices, long_short
from sandbox.market.flows import Flow, pairs_bars
from sandbox.market.levels import long_share_path, open_interest_path
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.noise import smooth
from sandbox.market.path import DAY, WEEK, Path
from sandbox.market.prices import FIRST, price_path
from sandbox.market.universe import COINS, ModelPair
from sandbox.windows import Query

_KINDS = {
    long_short.GLOBAL_ACCOUNTS: ("global", "global_account"),
    long_short.TOP_ACCOUNTS: ("top accounts", "top_account"),
    long_short.TOP_POSITIONS: ("top positions", "top_position"),
}
_OPENED = 0.3  # of the volume that opens or closes positions, and does not pass them on
_RISK_COINS = ("BTC", "ETH", "SOL", "XRP", "BNB", "DOGE")
_INDEX_BASE, _INDEX_START = 1000, 1_704_067_200_000  # at the start of 2024


def shares(query: Query, context: ModelContext) -> list[Row]:
    """Return long and short shares at the end of each interval."""
    pair, starts = context.pair(query), context.starts(query)
    kind, prefix = _KINDS[context.endpoint]
    path = long_share_path(kind, pair.exchange, pair.symbol, pair.base)
    rows = []
    for time, bar in zip(starts, path.bars(starts, context.now), strict=True):
        long = round(bar.close, 2)
        short = round(100 - long, 2)
        rows.append(
            {
                "time": time,
                f"{prefix}_long_percent": long,
                f"{prefix}_short_percent": short,
                f"{prefix}_long_short_ratio": round(long / short, 2),
            }
        )
    return rows


def net_position(query: Query, context: ModelContext) -> list[Row]:
    """Return how net longs and shorts change, in coins; the sums begin with the window."""
    pair, starts = context.pair(query), context.starts(query)
    changes = [_changes(pair, flow) for flow in pairs_bars((pair,), starts, context.now)]
    longs = accumulate(long for long, _ in changes)
    shorts = accumulate(short for _, short in changes)
    return [
        {
            "net_long_change": long,
            "net_short_change": short,
            "net_long_change_cum": round(all_longs, 2),
            "net_short_change_cum": round(all_shorts, 2),
            "net_position_change_cum": round(round(all_longs, 2) - round(all_shorts, 2), 2),
            "time": time,
        }
        for time, (long, short), all_longs, all_shorts in zip(starts, changes, longs, shorts, strict=True)
    ]


def _changes(pair: ModelPair, flow: Flow) -> tuple[float, float]:
    """Buyers open longs and close shorts, sellers the reverse; the liquidated close."""
    opened = _OPENED * (flow.buy - flow.sell) / COINS[pair.base].price
    closed_longs, closed_shorts = (usd / COINS[pair.base].price for usd in flow[2:])
    return round(0.6 * opened - closed_longs, 2), round(-0.4 * opened - closed_shorts, 2)


def whale_index(query: Query, context: ModelContext) -> list[Row]:
    pair, starts = context.pair(query), context.starts(query)
    bars = _whale_path(pair).bars(starts, context.now)
    return [{"time": time, "whale_index_value": round(bar.close, 3)} for time, bar in zip(starts, bars, strict=True)]


@functools.lru_cache(maxsize=1024)
def _whale_path(pair: ModelPair) -> Path:
    name = f"whales {pair.exchange} {pair.symbol}"
    return Path(
        name,
        lambda week: 70 * smooth(name, week * WEEK, 7 * WEEK),
        420.0,
        is_relative=False,
        low=-300.0,
        high=300.0,
        follows=f"price {pair.base}",
        correlation=0.5,
    )


def derivatives_index(_query: Query, context: ModelContext) -> list[Row]:
    """Return the CGDI: coins' prices weighted by open interest, 1,000 on its first day."""
    first = _INDEX_START
    weights = {coin: COINS[coin].open_interest_usd for coin in _RISK_COINS}
    total = math.fsum(weights.values())

    def value(time: int) -> float:
        relative = [
            weights[coin] / total * price_path(coin).at(time) / price_path(coin).at(first) for coin in _RISK_COINS
        ]
        return round(_INDEX_BASE * math.fsum(relative), 4)

    return [{"time": time, "cgdi_index_value": value(time)} for time in _days(first, context.now)]


def risk_index(_query: Query, context: ModelContext) -> list[Row]:
    """Return the CDRI, from 0 to 100: high where open interest and prices have risen."""
    return [{"time": time, "cdri_index_value": _risk(time)} for time in _days(FIRST + 4 * WEEK, context.now)]


@functools.lru_cache(maxsize=8192)
def _risk(time: int) -> int:
    rises = [
        path.at(time) / path.at(time - 4 * WEEK) - 1
        for path in (open_interest_path("BTC"), open_interest_path("ETH"), price_path("BTC"))
    ]
    wanders = 9 * smooth("risk", time, 5 * DAY)
    return round(min(95.0, max(6.0, 47 + 90 * math.fsum(rises) / len(rises) + wanders)))


def _days(first: int, now: int) -> Sequence[int]:
    return range(first - first % DAY, now - now % DAY + 1, DAY)


MODELS: Mapping[Endpoint, Model] = {
    **dict.fromkeys(_KINDS, shares),
    long_short.NET_POSITION_HISTORY: net_position,
    long_short.V2_NET_POSITION_HISTORY: net_position,
    indices.WHALE_INDEX_HISTORY: whale_index,
    indices.DERIVATIVES_INDEX: derivatives_index,
    indices.DERIVATIVES_RISK_INDEX: risk_index,
}
