"""Technical indicators: of one pair over time, and the current ones of every coin."""

from datetime import timedelta

from cg_client.endpoint import REAL_TIME, Endpoint
from cg_client.params.core import PairSeries
from cg_client.params.technical import (
    PairBollingerBands,
    PairLookBack,
    PairLookBackOnPrice,
    PairMACD,
    PairMovingAverage,
)
from cg_client.plans.plan import Plan

MOST_ROWS = 4500  # of the pair's RSI, averages, bands and MACD
_LISTED = ("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w")  # intervals of the lists of averages

RSI = Endpoint(
    path="/api/futures/indicators/rsi",
    summary="Relative strength index (RSI) of a futures pair.",
    params=PairLookBackOnPrice,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    page_rows=MOST_ROWS,
    aliases={"value": "rsi_value"},
)
MOVING_AVERAGE = Endpoint(
    path="/api/futures/indicators/ma",
    summary="Simple moving average (MA) of a futures pair's price.",
    params=PairMovingAverage,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    page_rows=MOST_ROWS,
    aliases={"value_usd": "ma_value"},
)
EXPONENTIAL_MOVING_AVERAGE = Endpoint(
    path="/api/futures/indicators/ema",
    summary="Exponential moving average (EMA) of a futures pair's price.",
    params=PairMovingAverage,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    page_rows=MOST_ROWS,
    aliases={"value_usd": "ema_value"},
)
BOLLINGER_BANDS = Endpoint(
    path="/api/futures/indicators/boll",
    summary="Bollinger bands of a futures pair's price.",
    params=PairBollingerBands,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    page_rows=MOST_ROWS,
    aliases={"middle_usd": "mb_value", "upper_usd": "ub_value", "lower_usd": "lb_value"},
)
MACD = Endpoint(
    path="/api/futures/indicators/macd",
    summary="MACD line of a futures pair, without its signal line.",
    params=PairMACD,
    plan=Plan.STARTUP,
    refresh=REAL_TIME,
    page_rows=MOST_ROWS,
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

RSI_LIST = Endpoint(
    path="/api/futures/rsi/list",
    summary="Current RSI and price change of each coin, by interval.",
    plan=Plan.STANDARD,
    refresh=timedelta(seconds=10),
    aliases={"price_usd": "current_price"},
)
MOVING_AVERAGE_LIST = Endpoint(
    path="/api/futures/ma/list",
    summary="Current simple moving averages of each coin, by interval.",
    plan=Plan.STANDARD,
    refresh=timedelta(seconds=10),
    aliases={"price_usd": "close_price"} | {f"average_{one}": f"ma_{one}" for one in _LISTED},
)
EXPONENTIAL_MOVING_AVERAGE_LIST = Endpoint(
    path="/api/futures/ema/list",
    summary="Current exponential moving averages of each coin, by interval.",
    plan=Plan.STANDARD,
    aliases={"price_usd": "close_price"} | {f"average_{one}": f"ema_{one}" for one in _LISTED},
)
MACD_LIST = Endpoint(
    path="/api/futures/macd/list",
    summary="Current MACD of each coin, by interval.",
    plan=Plan.STANDARD,
    may_lack=frozenset({"signal_1m"}),  # in no answer that was seen
)
AVERAGE_TRUE_RANGE_LIST = Endpoint(
    path="/api/futures/avg-true-range/list",
    summary="Current average true range of each coin, by interval.",
    plan=Plan.STANDARD,
)
# As TD_SEQUENTIAL.
TD_SEQUENTIAL_LIST = Endpoint(
    path="/api/futures/td/list",
    summary="Current setup counts of the TD sequential of each coin, by interval.",
    plan=Plan.STANDARD,
    refresh=timedelta(seconds=10),
)
