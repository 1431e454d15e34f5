"""Events of the modelled market: they agree with what the endpoints answer for the same time."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.endpoints import futures, spot
from cg_client.endpoints.futures import liquidation
from sandbox.live.channels import LiveChannel, LiveKind, text_of
from sandbox.market import live
from sandbox.market.universe import COINS, FUTURES_EXCHANGES
from tests.sandbox.modelled import NOW, ask, few, times

MINUTE = 60_000
LIQUIDATIONS = LiveChannel(LiveKind.LIQUIDATIONS)
PAIRS = {
    LiveKind.FUTURES_TRADES: [("Binance", "BTCUSDT"), ("OKX", "ETH-USD-SWAP"), ("Kraken", "PI_SOLUSD"), ("CME", "BTC")],
    LiveKind.SPOT_TRADES: [("Binance", "BTCUSDC"), ("Coinbase", "ETH-USD"), ("Gate", "PEPE_USDT")],
    LiveKind.FUTURES_TICKER: [("Binance", "BTCUSDT"), ("Hyperliquid", "HYPE"), ("Deribit", "ETH-PERPETUAL")],
}
CANDLES = {LiveKind.FUTURES_TRADES: futures.market.PRICE_HISTORY, LiveKind.SPOT_TRADES: spot.PRICE_HISTORY}
trades = st.sampled_from([LiveChannel(kind, *pair) for kind in CANDLES for pair in PAIRS[kind]])
tickers = st.sampled_from([LiveChannel(LiveKind.FUTURES_TICKER, *pair) for pair in PAIRS[LiveKind.FUTURES_TICKER]])
channels = st.one_of(trades, tickers, st.just(LIQUIDATIONS))


def minute_of(channel: LiveChannel, now: int) -> list[Any]:
    """Return the events of the minute in which `now` is."""
    start = now // MINUTE * MINUTE
    return [*live.events(channel, start - 1, start + MINUTE - 1)]


@given(channel=trades, now=times)
@few
def test_the_trades_of_a_minute_add_up_to_its_candle_and_lie_within_it(channel: LiveChannel, now: int) -> None:
    start = now // MINUTE * MINUTE
    query = {"exchange": channel.exchange, "symbol": channel.symbol, "interval": "1m", "limit": 1, "start_time": start}
    (candle,) = ask(CANDLES[channel.kind], start + MINUTE, **query, end_time=start)
    rows = minute_of(channel, now)
    assert sum(row["volume_usd"] for row in rows) == pytest.approx(float(candle["volume_usd"]), rel=1e-6, abs=0.01)
    assert all(float(candle["low"]) <= row["price"] <= float(candle["high"]) for row in rows)
    assert {row["side"] for row in rows} == {1, 2}


@given(channel=trades, now=times)
@few
def test_buys_and_sells_are_those_of_the_taker_volume(channel: LiveChannel, now: int) -> None:
    endpoint = spot.TAKER_VOLUME_HISTORY if channel.is_spot else futures.taker_volume.HISTORY
    start = now // MINUTE * MINUTE
    query = {"exchange": channel.exchange, "symbol": channel.symbol, "interval": "1m", "limit": 1}
    (taker,) = ask(endpoint, start + MINUTE, **query, end_time=start)
    for side, name in ((1, "taker_sell_volume_usd"), (2, "taker_buy_volume_usd")):
        usd = sum(row["volume_usd"] for row in minute_of(channel, now) if row["side"] == side)
        assert usd == pytest.approx(float(taker[name]), rel=1e-6, abs=0.01)


@given(now=times)
@few
def test_a_trade_has_the_price_of_the_pair_at_its_time(now: int) -> None:
    for trade in minute_of(LiveChannel(LiveKind.FUTURES_TRADES, "Binance", "BTCUSDT", 10_000.0), now)[:3]:
        market = ask(futures.market.PAIRS_MARKETS, trade["time"], symbol="BTC")
        prices = {(row["exchange_name"], row["instrument_id"]): row["current_price"] for row in market}
        assert trade["price"] == prices["Binance", "BTCUSDT"]


@given(now=times, coin=st.sampled_from(["BTC", "ETH", "SOL", "XRP", "PEPE"]))
@few
def test_liquidations_are_the_orders_of_the_endpoint(now: int, coin: str) -> None:
    start = now // MINUTE * MINUTE
    rows = [row for row in minute_of(LIQUIDATIONS, now) if row["base_asset"] == coin]
    query = {"symbol": coin, "start_time": start, "end_time": start + MINUTE, "min_liquidation_amount": 1}
    orders = [
        order
        for exchange in FUTURES_EXCHANGES
        for order in ask(liquidation.ORDERS, start + MINUTE, **query, exchange=exchange)
    ]
    position = {1: 2, 2: 1}  # a short is bought back, a long sold
    assert sorted(
        (row["exchange"].upper(), row["symbol"], row["time"], row["price"], row["volume_usd"], row["side"])
        for row in rows
    ) == sorted(
        (
            *(order["exchange_name"], order["symbol"], order["time"], order["price"], order["usd_value"]),
            position[order["side"]],
        )
        for order in orders
    )


@given(channel=tickers, now=times)
@few
def test_a_ticker_has_the_figures_of_the_market_at_its_second(channel: LiveChannel, now: int) -> None:
    (row,) = live.events(channel, now - 1, now)
    base = row["base_asset"]
    rows = ask(futures.market.PAIRS_MARKETS, now, symbol=base)
    (market,) = (
        market
        for market in rows
        if (market["exchange_name"], market["instrument_id"]) == (channel.exchange, channel.symbol)
    )
    assert (row["price"], row["index_price"]) == (market["current_price"], market["index_price"])
    assert row["volume_usd_24h"] == pytest.approx(market["volume_usd"], rel=1e-9)
    assert row["open_interest"] == market["open_interest_usd"]
    assert row["open_interest_amount"] == market["open_interest_quantity"]
    assert row["funding_rate"] == pytest.approx(market["funding_rate"] / 100, abs=1e-8)
    assert row["update_time"] == text_of(now)
    assert row["next_funding_time"] == text_of(market["next_funding_time"])


@given(
    channel=st.one_of(trades, st.just(LIQUIDATIONS)),
    now=times,
    cuts=st.lists(st.integers(1, 2 * MINUTE - 1), max_size=6, unique=True),
)
@few
def test_consecutive_times_have_the_events_of_the_whole_in_their_order(
    channel: LiveChannel, now: int, cuts: list[int]
) -> None:
    bounds = [now, *(now + cut for cut in sorted(cuts)), now + 2 * MINUTE]
    rows = [row for start, end in pairwise(bounds) for row in live.events(channel, start, end)]
    assert rows == [*live.events(channel, now, now + 2 * MINUTE)]
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert all(now < row["time"] <= now + 2 * MINUTE for row in rows)


@given(channel=tickers, now=times)
@few
def test_a_ticker_comes_once_a_second(channel: LiveChannel, now: int) -> None:
    bounds = range(now + 50, now + 3050, 100)
    rows = [row for start, end in pairwise(bounds) for row in live.events(channel, start, end)]
    assert [row["update_time"] for row in rows] == [text_of(now + second * 1000) for second in (1, 2)]


@given(channel=trades, now=times, smallest=st.sampled_from([1, 1000, 10_000, 100_000]))
@few
def test_a_channel_has_the_trades_from_its_amount_on(channel: LiveChannel, now: int, smallest: int) -> None:
    least = LiveChannel(channel.kind, channel.exchange, channel.symbol, float(smallest))
    assert minute_of(least, now) == [row for row in minute_of(channel, now) if row["volume_usd"] >= smallest]


@given(channel=channels, now=times)
@few
def test_the_same_time_has_the_same_events(channel: LiveChannel, now: int) -> None:
    before = minute_of(channel, now)
    for remembered in (live._liquidations_of, live._trades_of):
        remembered.cache_clear()
    assert minute_of(channel, now) == before


def test_the_market_has_several_liquidations_a_second_on_many_exchanges() -> None:
    rows = [row for minute in range(10) for row in minute_of(LIQUIDATIONS, NOW + minute * MINUTE)]
    assert len(rows) > 10 * 60 * 2
    assert len({row["exchange"] for row in rows}) > 10
    assert {row["base_asset"] for row in rows} <= {*COINS}


def test_most_trades_are_small_and_few_are_large() -> None:
    usd = sorted(
        row["volume_usd"] for row in minute_of(LiveChannel(LiveKind.FUTURES_TRADES, "Binance", "BTCUSDT"), NOW)
    )
    assert usd[len(usd) // 2] < 500
    assert usd[-1] > 50_000
