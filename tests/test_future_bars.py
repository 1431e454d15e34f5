"""Bars that lie in the future: a window without an end never counts them among the newest."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clock import START, FakeClock
from tests.upstream import StubUpstream, ask

PATH = "/api/futures/price/history"
HOUR = timedelta(hours=1)
NOON = datetime(START.year, START.month, START.day, 12, tzinfo=UTC)


def candle(time: datetime, price: float) -> dict[str, Any]:
    figures = dict.fromkeys(("open", "high", "low", "close", "volume_usd"), str(price))
    return {"time": int(time.timestamp() * 1000), **figures}


PAST = [candle(NOON - 2 * HOUR, 1), candle(NOON - HOUR, 2), candle(NOON, 3)]
TO_COME = [candle(NOON + 30 * HOUR, 4), candle(NOON + 31 * HOUR, 5)]


async def closes(window: str) -> tuple[list[float], float]:
    upstream = StubUpstream({PATH: {"code": "0", "data": PAST + TO_COME}}, clock=FakeClock(START))
    query = f"""{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ price(interval: H1, {window}) {{
        ... on PriceSeries {{ columns {{ close }} latest {{ close }} }} ... on Problem {{ code message }} }} }} }}"""
    answer = await ask(query, upstream)
    price = answer["data"]["pair"]["price"]
    return price["columns"]["close"], price["latest"]["close"]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("last: 2", [2.0, 3.0]),
        ('from: "2026-07-01T11:00:00Z"', [2.0, 3.0]),
        ('from: "2026-07-01T11:00:00Z", to: "2026-07-03T00:00:00Z"', [2.0, 3.0, 4.0, 5.0]),
    ],
)
async def test_future_bars_are_served_only_in_a_window_that_contains_them(window: str, expected: list[float]) -> None:
    served, latest = await closes(window)
    assert served == expected
    assert latest == expected[-1]
