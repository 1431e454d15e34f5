"""Margin and lending: longs and shorts on Bitfinex, and interest on borrowed coins."""

from collections.abc import Mapping

from cg_client.endpoint import Endpoint
from cg_client.endpoints.indicators import market
from sandbox.market.model import Model, ModelContext, Row
from sandbox.market.noise import between, fractal
from sandbox.market.path import DAY
from sandbox.windows import Query

_SECOND = 1000
_MARGIN = {"BTC": (58_000, 1_700), "ETH": (240_000, 21_000)}  # usual longs and shorts, in coins


def _bitfinex_margin(query: Query, context: ModelContext) -> list[Row]:
    coin = query["symbol"]
    if coin not in _MARGIN:
        return []
    longs, shorts = _MARGIN[coin]
    return [
        {
            "time": time // _SECOND,
            "long_quantity": round(longs * (1 + 0.3 * fractal(f"margin longs {coin}", time, 150 * DAY, 5)), 2),
            "short_quantity": round(shorts * (1 + 0.6 * fractal(f"margin shorts {coin}", time, 40 * DAY, 5)), 2),
        }
        for time in context.starts(query)
    ]


def _borrow_interest(query: Query, context: ModelContext) -> list[Row]:
    """Return interest for a day of borrowing, which changes from hour to hour."""
    name = f"interest {query['exchange']} {query['symbol']}"
    usual = between(0.002, 0.009, name)
    return [
        {"time": time // _SECOND, "interest_rate": round(usual * (1 + 0.55 * fractal(name, time, 20 * DAY, 5)), 6)}
        for time in context.starts(query)
    ]


MODELS: Mapping[Endpoint, Model] = {
    market.BITFINEX_MARGIN: _bitfinex_margin,
    market.BORROW_RATE: _borrow_interest,
}
