"""Futures: prices as candles, and the basis."""

from collections.abc import Mapping

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import indices, market
from sandbox.market.flows import pairs_bars
from sandbox.market.model import Model, ModelContext, Row, text
from sandbox.market.path import boundaries
from sandbox.market.prices import basis, pair_bars, price
from sandbox.market.universe import COINS
from sandbox.windows import Query


def price_history(query: Query, context: ModelContext) -> list[Row]:
    pair, starts = context.pair(query), context.starts(query)
    decimals = COINS[pair.base].decimals
    volumes = pairs_bars((pair,), starts, context.now)
    return [
        {
            "time": time,
            "open": text(bar.open, decimals),
            "high": text(bar.high, decimals),
            "low": text(bar.low, decimals),
            "close": text(bar.close, decimals),
            "volume_usd": text(flow.volume, 4),
        }
        for time, bar, flow in zip(starts, pair_bars(pair, starts, context.now), volumes, strict=True)
    ]


def basis_history(query: Query, context: ModelContext) -> list[Row]:
    pair, starts = context.pair(query), context.starts(query)
    times = boundaries(starts, context.now)
    gaps = [(basis(pair, time), price(pair.base, time)) for time in times]
    return [
        {
            "time": time,
            "open_basis": round(before * 100, 4),
            "close_basis": round(after * 100, 4),
            "open_change": round(before * at, COINS[pair.base].decimals + 2),
            "close_change": round(after * then, COINS[pair.base].decimals + 2),
        }
        for time, (before, at), (after, then) in zip(starts, gaps, gaps[1:], strict=False)
    ]


MODELS: Mapping[Endpoint, Model] = {
    market.PRICE_HISTORY: price_history,
    indices.BASIS_HISTORY: basis_history,
}
