"""Technical indicators: of one pair over time, and the current ones of every coin."""

from typing import Annotated

import strawberry

from graph_types.fields import group, sparse, value
from payloads.series import Points, Series, TimedRow
from payloads.source import Sourced


@strawberry.type(description="An indicator without a unit at one interval.")
class TechnicalPoint(TimedRow):
    value: Annotated[float | None, sparse("Value, without a unit; null where CoinGlass states none.")]


@strawberry.interface(description="A series of an indicator without a unit.")
class TechnicalSeries(Series, Points[TechnicalPoint]): ...


@strawberry.type(description="An indicator in US dollars at one interval.")
class TechnicalPointUsd(TimedRow):
    value_usd: Annotated[float | None, sparse("Value, in US dollars; null where CoinGlass states none.")]


@strawberry.interface(description="A series of an indicator in US dollars.")
class TechnicalSeriesUsd(Series, Points[TechnicalPointUsd], columns="TechnicalColumnsUsd"): ...


@strawberry.type(description="Relative strength index (RSI) over time, from 0 to 100.")
class RSISeries(TechnicalSeries): ...


@strawberry.type(description="Moving average of the price over time, simple or exponential, in US dollars.")
class MovingAverageSeries(TechnicalSeriesUsd): ...


@strawberry.type(description="MACD line over time: fast less slow exponential moving average, in US dollars.")
class MACDSeries(TechnicalSeriesUsd): ...


@strawberry.type(
    description="Average true range (ATR) over time: how far the price moves in an interval, in US dollars."
)
class AverageTrueRangeSeries(TechnicalSeriesUsd): ...


@strawberry.type(description="Bollinger bands at one interval.")
class BollingerPoint(TimedRow):
    upper_usd: Annotated[float | None, sparse("Upper band, in US dollars; null where CoinGlass states none.")]
    middle_usd: Annotated[
        float | None, sparse("Middle band, the moving average, in US dollars; null where CoinGlass states none.")
    ]
    lower_usd: Annotated[float | None, sparse("Lower band, in US dollars; null where CoinGlass states none.")]


@strawberry.type(description="Bollinger bands of the price over time, in US dollars.")
class BollingerBandsSeries(Series, Points[BollingerPoint]): ...


@strawberry.type(description="TD sequential at one interval: how long the setup under way has lasted.")
class TDSequentialPoint(TimedRow):
    buy_count: Annotated[float | None, sparse("Intervals of the buy setup; null where there is none.")]
    sell_count: Annotated[float | None, sparse("Intervals of the sell setup; null where there is none.")]


@strawberry.type(description="Setup counts of the TD sequential over time.")
class TDSequentialSeries(Series, Points[TDSequentialPoint]): ...


@strawberry.type(description="Figures by interval, from 15 minutes to a week.")
class FromQuarterHourToWeek:
    m15: Annotated[float | None, sparse("On 15-minute candles.", source_name="15m")]
    h1: Annotated[float | None, sparse("On 1-hour candles.", source_name="1h")]
    h4: Annotated[float | None, sparse("On 4-hour candles.", source_name="4h")]
    h12: Annotated[float | None, sparse("On 12-hour candles.", source_name="12h")]
    h24: Annotated[float | None, sparse("On 24-hour candles.", source_name="24h")]
    w1: Annotated[float | None, sparse("On 1-week candles.", source_name="1w")]


@strawberry.type(description="Figures by interval of the candles that they are computed from.")
class FromMinuteToWeek:
    m1: Annotated[float | None, sparse("On 1-minute candles.", source_name="1m")]
    m5: Annotated[float | None, sparse("On 5-minute candles.", source_name="5m")]
    m15: Annotated[float | None, sparse("On 15-minute candles.", source_name="15m")]
    m30: Annotated[float | None, sparse("On 30-minute candles.", source_name="30m")]
    h1: Annotated[float | None, sparse("On 1-hour candles.", source_name="1h")]
    h4: Annotated[float | None, sparse("On 4-hour candles.", source_name="4h")]
    d1: Annotated[float | None, sparse("On 1-day candles.", source_name="1d")]
    w1: Annotated[float | None, sparse("On 1-week candles.", source_name="1w")]


@strawberry.type(description="Relative strength index (RSI) of one coin.")
class CoinRSI:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    price_usd: Annotated[float | None, sparse("Current price, in US dollars.")]
    rsi: Annotated[FromQuarterHourToWeek, group("RSI, from 0 to 100, by interval of the candles.", "rsi_{}")]
    price_change_percent: Annotated[
        FromQuarterHourToWeek, group("Change of the price over the interval, in percent.", "price_change_percent_{}")
    ]


@strawberry.type(description="Relative strength index (RSI) of each coin.")
class RSIByCoin(Sourced):
    coins: list[CoinRSI] = strawberry.field(description="The coins, as CoinGlass orders them.")


@strawberry.type(description="Moving averages of one coin's price.")
class CoinMovingAverages:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    price_usd: Annotated[float | None, sparse("Last close, in US dollars.")]
    average_usd: Annotated[
        FromMinuteToWeek, group("Moving average, in US dollars, by interval of the candles.", "average_{}")
    ]


@strawberry.type(description="Moving averages of each coin's price, simple or exponential.")
class MovingAveragesByCoin(Sourced):
    coins: list[CoinMovingAverages] = strawberry.field(description="The coins, as CoinGlass orders them.")


@strawberry.type(description="MACD on candles of one interval.")
class MACDLines:
    macd_usd: Annotated[
        float | None,
        sparse("MACD line: fast less slow exponential moving average, in US dollars.", source_name="macd"),
    ]
    signal_usd: Annotated[
        float | None,
        sparse("Signal line: average of the MACD line, in US dollars; null where not stated.", source_name="signal"),
    ]


@strawberry.type(description="MACD by interval of the candles that it is computed from.")
class MACDByInterval:
    m1: Annotated[MACDLines, group("On 1-minute candles; documented without a signal line.", "{}_1m")]
    m5: Annotated[MACDLines, group("On 5-minute candles.", "{}_5m")]
    m15: Annotated[MACDLines, group("On 15-minute candles.", "{}_15m")]
    m30: Annotated[MACDLines, group("On 30-minute candles.", "{}_30m")]
    h1: Annotated[MACDLines, group("On 1-hour candles.", "{}_1h")]
    h4: Annotated[MACDLines, group("On 4-hour candles.", "{}_4h")]
    d1: Annotated[MACDLines, group("On 1-day candles.", "{}_1d")]
    w1: Annotated[MACDLines, group("On 1-week candles.", "{}_1w")]


@strawberry.type(description="Moving average convergence divergence (MACD) of one coin.")
class CoinMACD:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    by_interval: Annotated[MACDByInterval, group("MACD and signal line, by interval of the candles.")]


@strawberry.type(description="Moving average convergence divergence (MACD) of each coin.")
class MACDByCoin(Sourced):
    coins: list[CoinMACD] = strawberry.field(description="The coins, as CoinGlass orders them.")


@strawberry.type(description="Average true range (ATR) of one coin.")
class CoinAverageTrueRange:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    average_true_range_usd: Annotated[
        FromMinuteToWeek, group("Average true range, in US dollars, by interval of the candles.", "avg_true_range_{}")
    ]


@strawberry.type(description="Average true range (ATR) of each coin: how far the price moves in an interval.")
class AverageTrueRangeByCoin(Sourced):
    coins: list[CoinAverageTrueRange] = strawberry.field(description="The coins, as CoinGlass orders them.")


@strawberry.type(description="Setup counts of the TD sequential of one coin.")
class CoinTDSequential:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    count: Annotated[
        FromMinuteToWeek,
        group("Intervals of the setup under way: positive for a buy setup, negative for a sell setup.", "td_{}"),
    ]


@strawberry.type(description="Setup counts of the TD sequential of each coin.")
class TDSequentialByCoin(Sourced):
    coins: list[CoinTDSequential] = strawberry.field(description="The coins, as CoinGlass orders them.")
