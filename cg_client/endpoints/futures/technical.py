"""Technical indicators: of one pair over time, and the current ones of every coin."""

from datetime import timedelta
from functools import partial

from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.params.core import PairSeries
from cg_client.params.technical import (
    PairBollingerBands,
    PairLookBack,
    PairLookBackOnPrice,
    PairMACD,
    PairMovingAverage,
)
from cg_client.plans.plan_table import Plan

MAX_ROWS = 4500
_LISTED = ("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w")  # intervals of the lists of averages
_windowed = partial(Endpoint, plan=Plan.STARTUP, refresh=REAL_TIME, page_rows=MAX_ROWS)
_list = partial(Endpoint, plan=Plan.STANDARD)

RSI = _windowed(
    path="/api/futures/indicators/rsi",
    summary="Relative strength index (RSI) of a futures pair.",
    params=PairLookBackOnPrice,
    aliases={"value": "rsi_value"},
)
MOVING_AVERAGE = _windowed(
    path="/api/futures/indicators/ma",
    summary="Simple moving average (MA) of a futures pair's price.",
    params=PairMovingAverage,
    aliases={"value_usd": "ma_value"},
)
EXPONENTIAL_MOVING_AVERAGE = _windowed(
    path="/api/futures/indicators/ema",
    summary="Exponential moving average (EMA) of a futures pair's price.",
    params=PairMovingAverage,
    aliases={"value_usd": "ema_value"},
)
BOLLINGER_BANDS = _windowed(
    path="/api/futures/indicators/boll",
    summary="Bollinger bands of a futures pair's price.",
    params=PairBollingerBands,
    aliases={"middle_usd": "mb_value", "upper_usd": "ub_value", "lower_usd": "lb_value"},
)
MACD = _windowed(
    path="/api/futures/indicators/macd",
    summary="MACD line of a futures pair, without its signal line.",
    params=PairMACD,
    aliases={"value_usd": "macd_value"},
)
AVERAGE_TRUE_RANGE = Endpoint(
    path="/api/futures/indicators/avg-true-range",
    summary="Average true range (ATR) of a futures pair.",
    params=PairLookBack,
    plan=Plan.STARTUP,
    aliases={"value_usd": "avg_true_range_value"},
)
# Not in CoinGlass' public repositories, but on later copies of its pages; a key without the plan was refused for it.
TD_SEQUENTIAL = Endpoint(
    path="/api/futures/indicators/td",
    summary="Setup counts of the TD sequential of a futures pair.",
    params=PairSeries,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    aliases={"buy_count": "td_buy_count", "sell_count": "td_sell_count"},
)

RSI_LIST = _list(
    path="/api/futures/rsi/list",
    summary="Current RSI and price change of each coin, by interval.",
    refresh=timedelta(seconds=10),
    aliases={"price_usd": "current_price"},
)
MOVING_AVERAGE_LIST = _list(
    path="/api/futures/ma/list",
    summary="Current simple moving averages of each coin, by interval.",
    refresh=timedelta(seconds=10),
    aliases={"price_usd": "close_price"} | {f"average_{interval}": f"ma_{interval}" for interval in _LISTED},
)
EXPONENTIAL_MOVING_AVERAGE_LIST = _list(
    path="/api/futures/ema/list",
    summary="Current exponential moving averages of each coin, by interval.",
    aliases={"price_usd": "close_price"} | {f"average_{interval}": f"ema_{interval}" for interval in _LISTED},
)
MACD_LIST = _list(
    path="/api/futures/macd/list",
    summary="Current MACD of each coin, by interval.",
    may_lack=frozenset({"signal_1m"}),  # in no answer that was seen
)
AVERAGE_TRUE_RANGE_LIST = _list(
    path="/api/futures/avg-true-range/list",
    summary="Current average true range of each coin, by interval.",
)
# As TD_SEQUENTIAL.
TD_SEQUENTIAL_LIST = _list(
    path="/api/futures/td/list",
    summary="Current setup counts of the TD sequential of each coin, by interval.",
    refresh=timedelta(seconds=10),
)
