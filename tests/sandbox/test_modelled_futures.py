"""Figures of the modelled futures market agree with each other: paths, sums over pairs and exchanges, what follows."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures import (
    funding_rate,
    indices,
    liquidation,
    long_short,
    market,
    open_interest,
    order_book,
    taker_volume,
    technical,
)
from cg_client.intervals import Interval
from sandbox.market import indicators
from sandbox.market.levels import funding_bars, long_share_path, open_interest_bars, weighted_funding_bars
from sandbox.market.path import Ohlc
from sandbox.market.prices import coin_bars, pair_bars
from sandbox.market.shares import ShareOf
from sandbox.market.universe import COINS, FUTURES_PAIRS, ModelPair, pairs_of_coin
from tests.sandbox.modelled import DAY, NOW, ask, few, times

HOUR = DAY // 24
NESTED = [  # intervals of which the first consists of whole ones of the second
    (Interval.W1, Interval.D1),
    (Interval.D1, Interval.H8),
    (Interval.D1, Interval.H6),
    (Interval.H12, Interval.H4),
    (Interval.H8, Interval.H1),
    (Interval.H1, Interval.M30),
    (Interval.M30, Interval.M5),
    (Interval.M15, Interval.M3),
    (Interval.M5, Interval.M1),
]
pairs = st.sampled_from(FUTURES_PAIRS)
coins = st.sampled_from(list(COINS))
large_coins = st.sampled_from([coin.symbol for coin in COINS.values() if coin.rank < 15])


def of_pair(pair: ModelPair, **query: object) -> dict[str, object]:
    return {"exchange": pair.exchange, "symbol": pair.symbol, **query}


def series(endpoint: Endpoint, pair: ModelPair, interval: str = "1h", limit: int = 30, **query: object) -> Any:
    return ask(endpoint, **of_pair(pair, interval=interval, limit=limit, **query))


def column(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    return [float(row[name]) for row in rows]


def total(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    return math.fsum(float(row[name]) for row in rows)


CANDLES: Mapping[str, Callable[[ModelPair, range, int], list[Ohlc]]] = {
    "prices of a pair": pair_bars,
    "prices of its coin": lambda pair, starts, now: coin_bars(pair.base, starts, now),
    "open interest": lambda pair, starts, now: open_interest_bars((pair,), starts, now),
    "open interest of its coin": lambda pair, starts, now: open_interest_bars(pairs_of_coin(pair.base), starts, now),
    "funding rates": funding_bars,
    "funding rates weighted by open interest": lambda pair, starts, now: weighted_funding_bars(
        ShareOf.OPEN_INTEREST, pairs_of_coin(pair.base), starts, now
    ),
    "long shares": lambda pair, starts, now: long_share_path("global", pair.exchange, pair.symbol, pair.base).bars(
        starts, now
    ),
}


@pytest.mark.parametrize("name", CANDLES)
@settings(few, max_examples=25)
@given(nested=st.sampled_from(NESTED), pair=pairs, now=times)
def test_a_wide_candle_contains_the_narrow_ones_in_it(
    name: str, nested: tuple[Interval, Interval], pair: ModelPair, now: int
) -> None:
    """The last candle is under way, as is the last one in it."""
    wide, narrow = (interval.milliseconds for interval in nested)
    start = now - now % wide
    for begin in (start - wide, start):
        (candle,) = CANDLES[name](pair, range(begin, begin + 1, wide), now)
        parts = CANDLES[name](pair, range(begin, max(begin + 1, min(begin + wide, now)), narrow), now)
        assert [part.open for part in parts[1:]] == pytest.approx([part.close for part in parts[:-1]], rel=1e-12)
        assert (candle.open, candle.close) == pytest.approx((parts[0].open, parts[-1].close), rel=1e-12)
        assert candle.high >= max(part.high for part in parts) - 1e-9 * abs(candle.high)
        assert candle.low <= min(part.low for part in parts) + 1e-9 * abs(candle.low)


@few
@given(coin=coins, now=times)
def test_the_extremes_of_a_coin_are_those_of_the_narrow_candles(coin: str, now: int) -> None:
    start = now - now % DAY - DAY
    (day,) = coin_bars(coin, range(start, start + 1, DAY), now)
    minutes = coin_bars(coin, range(start, start + DAY, 60_000), now)
    assert (day.high, day.low) == (max(bar.high for bar in minutes), min(bar.low for bar in minutes))


@few
@given(pair=pairs, now=times)
def test_amounts_of_a_wide_interval_are_those_of_the_narrow_ones(pair: ModelPair, now: int) -> None:
    end = now - now % DAY - 1
    for endpoint, names in (
        (taker_volume.HISTORY, ("taker_buy_volume_usd", "taker_sell_volume_usd")),
        (liquidation.HISTORY, ("long_liquidation_usd", "short_liquidation_usd")),
        (market.PRICE_HISTORY, ("volume_usd",)),
    ):
        (day,) = ask(endpoint, now, **of_pair(pair, interval="1d", limit=1, end_time=end))
        hours = ask(endpoint, now, **of_pair(pair, interval="1h", limit=24, end_time=end))
        rounded = 25 * 0.000005  # a day and its hours, each to five places
        sums = [total(hours, name) for name in names]
        assert [float(day[name]) for name in names] == pytest.approx(sums, rel=1e-6, abs=rounded)


@few
@given(pair=pairs)
def test_volume_is_taker_buys_and_sells(pair: ModelPair) -> None:
    volumes = column(series(market.PRICE_HISTORY, pair), "volume_usd")
    sides = series(taker_volume.HISTORY, pair)
    assert volumes == pytest.approx(
        [float(row["taker_buy_volume_usd"]) + float(row["taker_sell_volume_usd"]) for row in sides], abs=0.001
    )
    deltas = column(series(taker_volume.CVD_HISTORY, pair), "cum_vol_delta")
    buys, sells = column(sides, "taker_buy_volume_usd"), column(sides, "taker_sell_volume_usd")
    assert deltas[-1] == pytest.approx(math.fsum(buys) - math.fsum(sells), abs=0.1)


@few
@given(coin=coins, now=times)
def test_open_interest_by_exchange_adds_up_to_the_total(coin: str, now: int) -> None:
    everything, *exchanges = ask(open_interest.EXCHANGE_LIST, now, symbol=coin)
    for name in ("open_interest_usd", "open_interest_quantity", "open_interest_by_stable_coin_margin"):
        assert everything[name] == pytest.approx(total(exchanges, name), rel=1e-9)
    newest = ask(open_interest.AGGREGATED_HISTORY, now, symbol=coin, interval="1h", limit=1)[-1]
    assert everything["open_interest_usd"] == pytest.approx(float(newest["close"]), rel=1e-6)
    of_pairs = ask(market.PAIRS_MARKETS, now, symbol=coin)
    assert everything["open_interest_usd"] == pytest.approx(total(of_pairs, "open_interest_usd"), rel=1e-6)


@few
@given(coin=large_coins)
def test_open_interest_of_both_margins_adds_up_at_all_times(coin: str) -> None:
    names = ",".join(dict.fromkeys(pair.exchange for pair in pairs_of_coin(coin)))
    query = {"symbol": coin, "interval": "4h", "limit": 50}
    whole = column(ask(open_interest.AGGREGATED_HISTORY, **query), "close")
    parts = [
        column(ask(endpoint, **query, exchange_list=names), "close") or [0.0] * len(whole)
        for endpoint in (open_interest.AGGREGATED_STABLECOIN_HISTORY, open_interest.AGGREGATED_COIN_MARGIN_HISTORY)
    ]
    assert [stable + coin_margined for stable, coin_margined in zip(*parts, strict=True)] == pytest.approx(whole)


@few
@given(coin=coins, unit=st.sampled_from(["usd", "coin"]))
def test_the_chart_by_exchange_has_the_open_interest_of_the_coin(coin: str, unit: str) -> None:
    chart = ask(open_interest.EXCHANGE_HISTORY, symbol=coin, range="4h", unit=unit)
    history = ask(open_interest.AGGREGATED_HISTORY, symbol=coin, interval="4h", limit=180, unit=unit)
    sums = [math.fsum(figures) for figures in zip(*chart["data_map"].values(), strict=True)]
    assert chart["time_list"] == [row["time"] for row in history]
    assert sums == pytest.approx(column(history, "open"), rel=1e-4)


@few
@given(coin=coins, now=times)
def test_a_coin_of_the_list_is_the_sum_of_its_pairs(coin: str, now: int) -> None:
    listed = ask(market.COINS_MARKETS, now, page=1, per_page=100)
    row = next(row for row in listed if row["symbol"] == coin)
    of_pairs = ask(market.PAIRS_MARKETS, now, symbol=coin)
    assert row["open_interest_usd"] == pytest.approx(total(of_pairs, "open_interest_usd"), rel=1e-6)
    volume = row["open_interest_usd"] / row["open_interest_volume_ratio"]
    assert volume == pytest.approx(total(of_pairs, "volume_usd"), rel=0.01)
    for side in ("long", "short"):
        name = f"{side}_liquidation_usd_24h"
        assert row[name] == pytest.approx(total(of_pairs, name), abs=1 + 0.01 * len(of_pairs))
    assert all(abs(pair["current_price"] / row["current_price"] - 1) < 0.002 for pair in of_pairs)


@few
@given(now=times)
def test_exchanges_are_the_sums_of_their_pairs(now: int) -> None:
    ranking = ask(market.EXCHANGE_RANKING, now)
    listed = ask(market.COINS_MARKETS, now, page=1, per_page=100)
    assert total(ranking, "open_interest_usd") == pytest.approx(total(listed, "open_interest_usd"), rel=1e-6)
    everything, *exchanges = ask(liquidation.EXCHANGE_LIST, now, range="24h")
    assert everything["liquidation_usd"] == pytest.approx(total(exchanges, "liquidation_usd"), rel=1e-6)
    assert everything["liquidation_usd"] == pytest.approx(total(listed, "liquidation_usd_24h"), rel=1e-6)
    assert everything["liquidation_usd"] == pytest.approx(total(ranking, "liquidation_usd_24h"), rel=1e-6)


@few
@given(coin=coins, now=times, length=st.sampled_from(["1h", "4h", "24h"]))
def test_taker_volume_by_exchange_adds_up(coin: str, now: int, length: str) -> None:
    whole = ask(taker_volume.EXCHANGE_LIST, now, symbol=coin, range=length)
    for side in ("buy_vol_usd", "sell_vol_usd"):
        assert whole[side] == pytest.approx(total(whole["exchange_list"], side), rel=1e-9)
    assert all(row["buy_ratio"] + row["sell_ratio"] == pytest.approx(100) for row in [whole, *whole["exchange_list"]])
    flow = ask(taker_volume.COIN_NETFLOW, now, symbol=coin, exchange_list="ALL")
    assert float(flow[f"taker_buy_volume_usd_{length}"]) == pytest.approx(whole["buy_vol_usd"], rel=1e-6, abs=1)


@few
@given(pair=pairs, endpoint=st.sampled_from([long_short.GLOBAL_ACCOUNTS, long_short.TOP_ACCOUNTS]))
def test_long_and_short_shares_are_a_whole(pair: ModelPair, endpoint: Endpoint) -> None:
    for row in series(endpoint, pair):
        long, short, ratio = list(row.values())[1:]
        assert long + short == pytest.approx(100, abs=1e-9)
        assert ratio == pytest.approx(long / short, abs=0.006)


@few
@given(pair=pairs, days=st.sampled_from([1, 7, 30]))
def test_accumulated_funding_is_the_sum_of_the_fundings(pair: ModelPair, days: int) -> None:
    rows = ask(funding_rate.ACCUMULATED_EXCHANGE_LIST, range=f"{days}d")
    row = next(row for row in rows if row["symbol"] == pair.base)
    name = "token_margin_list" if pair.is_coin_margined else "stablecoin_margin_list"
    listed = {each["exchange"]: each["funding_rate"] for each in row[name]}
    largest = max(
        (each for each in pairs_of_coin(pair.base) if (each.exchange, each.margin) == (pair.exchange, pair.margin)),
        key=lambda each: each.weight,
    )
    history = series(funding_rate.HISTORY, largest, "8h", 3 * days)
    assert listed[pair.exchange.upper()] == pytest.approx(total(history, "open"), abs=3e-6 * days)


@few
@given(coin=coins)
def test_weighted_funding_lies_between_those_of_the_pairs(coin: str) -> None:
    newest = ask(funding_rate.OI_WEIGHTED_HISTORY, symbol=coin, interval="1h", limit=1)[-1]
    rates = [row["funding_rate"] for row in ask(market.PAIRS_MARKETS, symbol=coin)]
    assert min(rates) <= float(newest["close"]) <= max(rates)


@few
@given(pair=pairs)
def test_longs_are_liquidated_where_the_price_falls(pair: ModelPair) -> None:
    bars = series(market.PRICE_HISTORY, pair, "1h", 200)
    liquidated = series(liquidation.HISTORY, pair, "1h", 200)
    falls = [float(bar["close"]) / float(bar["open"]) - 1 for bar in bars]
    by_fall = sorted(range(len(bars)), key=falls.__getitem__)
    longs, shorts = column(liquidated, "long_liquidation_usd"), column(liquidated, "short_liquidation_usd")
    share_of_longs = [
        math.fsum(longs[at] for at in hours) / math.fsum(longs[at] + shorts[at] for at in hours)
        for hours in (by_fall[:20], by_fall[-20:])  # the steepest falls, and rises
    ]
    assert share_of_longs[0] > share_of_longs[1] + 0.1


@few
@given(coin=large_coins, now=times)
def test_single_liquidations_are_parts_of_the_amounts_and_at_prices_of_their_time(coin: str, now: int) -> None:
    query = {"exchange": "Binance", "symbol": coin, "min_liquidation_amount": 500, "end_time": now}
    orders = ask(liquidation.ORDERS, now, **query, start_time=now - 2 * HOUR)
    totals = ask(liquidation.COIN_LIST, now, exchange="Binance")
    limit = next(row for row in totals if row["symbol"] == coin)["liquidation_usd_4h"]
    assert math.fsum(order["usd_value"] for order in orders) <= limit
    assert [order["time"] for order in orders] == sorted((order["time"] for order in orders), reverse=True)
    for order in orders[:5]:
        pair = next(pair for pair in pairs_of_coin(coin) if pair.symbol == order["symbol"])
        minute = order["time"] - order["time"] % 60_000
        (bar,) = pair_bars(pair, range(minute, minute + 1, 60_000), minute + 60_000)
        assert bar.low <= order["price"] <= bar.high
        assert now - 2 * HOUR <= order["time"] < now


@few
@given(pair=pairs, length=st.sampled_from(["12h", "24h", "3d", "30d"]))
def test_a_heatmap_lies_around_the_price_and_is_empty_where_the_price_has_been(pair: ModelPair, length: str) -> None:
    heatmap = ask(liquidation.HEATMAP_MODEL1, **of_pair(pair, range=length))
    prices, candles = heatmap["y_axis"], heatmap["price_candlesticks"]
    assert prices[0] < min(float(candle[3]) for candle in candles)
    assert prices[-1] > max(float(candle[2]) for candle in candles)
    step = prices[1] - prices[0]
    cells = heatmap["liquidation_leverage_data"]
    assert len(cells) > 500
    assert {x for x, _, _ in cells} <= set(range(len(candles)))
    for x, y, usd in cells:
        _, _, high, low, _, _ = candles[x]
        assert usd > 0
        assert not float(low) + step < prices[y] < float(high) - step


@few
@given(coin=coins, now=times)
def test_max_pain_of_longs_is_below_the_price_and_that_of_shorts_above(coin: str, now: int) -> None:
    row = next(row for row in ask(liquidation.MAX_PAIN, now, range="24h") if row["symbol"] == coin)
    assert row["long_max_pain_liq_price"] < row["price"] < row["short_max_pain_liq_price"]


@few
@given(pair=pairs, now=times)
def test_bids_are_below_and_asks_above_the_price(pair: ModelPair, now: int) -> None:
    query = of_pair(pair, interval="1h", limit=5)
    prices = column(ask(market.PRICE_HISTORY, now, **query), "open")
    for price, (_, bids, asks) in zip(prices, ask(order_book.SNAPSHOTS, now, **query), strict=True):
        assert max(level for level, _ in bids) <= price <= min(level for level, _ in asks)
        assert all(quantity > 0 for _, quantity in [*bids, *asks])
    current = ask(market.PAIRS_MARKETS, now, symbol=pair.base)
    at = next(
        row["current_price"]
        for row in current
        if (row["exchange_name"], row["instrument_id"]) == (pair.exchange, pair.symbol)
    )
    for order in ask(order_book.LARGE_ORDERS, now, **of_pair(pair)):
        assert order["price"] < at * 1.0005 if order["order_side"] == 2 else order["price"] > at * 0.9995


@few
@given(coin=coins)
def test_a_deeper_book_holds_more_and_exchanges_add_up(coin: str) -> None:
    query = {"symbol": coin, "interval": "1h", "limit": 3}
    whole = [
        column(ask(order_book.AGGREGATED_HISTORY, **query, exchange_list="ALL", range=depth), "aggregated_bids_usd")
        for depth in (0.25, 1, 10)
    ]
    assert all(shallow < usual < deep for shallow, usual, deep in zip(*whole, strict=True))
    by_exchange = [
        column(ask(order_book.AGGREGATED_HISTORY, **query, exchange_list=exchange, range=1), "aggregated_bids_usd")
        for exchange in dict.fromkeys(pair.exchange for pair in pairs_of_coin(coin))
    ]
    assert [math.fsum(parts) for parts in zip(*by_exchange, strict=True)] == pytest.approx(whole[1], rel=1e-6)


@few
@given(pair=pairs)
def test_a_footprint_divides_the_amounts_between_low_and_high(pair: ModelPair) -> None:
    bars = series(market.PRICE_HISTORY, pair, limit=5)
    for bar, (_, levels) in zip(bars, series(taker_volume.FOOTPRINT_HISTORY, pair, limit=5), strict=True):
        assert levels[0][0] <= float(bar["low"]) <= float(bar["high"]) <= levels[-1][1]
        volume = math.fsum(level[6] + level[7] for level in levels)
        assert volume == pytest.approx(float(bar["volume_usd"]), abs=0.01)


@few
@given(pair=pairs, window=st.integers(2, 40))
def test_indicators_follow_from_the_candles(pair: ModelPair, window: int) -> None:
    closes = column(series(market.PRICE_HISTORY, pair, "4h", 100), "close")
    averages = column(series(technical.MOVING_AVERAGE, pair, "4h", 10, window=window, series_type="close"), "ma_value")
    assert averages == pytest.approx(indicators.moving_average(closes, window)[-10:], rel=1e-6)
    strengths = column(series(technical.RSI, pair, "4h", 10, window=window, series_type="close"), "rsi_value")
    rises = [max(0.0, after - before) for before, after in pairwise(closes)][-window:]
    falls = [max(0.0, before - after) for before, after in pairwise(closes)][-window:]
    assert strengths[-1] == pytest.approx(100 * sum(rises) / (sum(rises) + sum(falls)), abs=1e-4)
    query = {"window": window, "series_type": "close", "mult": 2}
    for band in series(technical.BOLLINGER_BANDS, pair, "4h", 10, **query):
        assert band["lb_value"] <= band["mb_value"] <= band["ub_value"]
        assert band["mb_value"] in averages


@few
@given(pair=pairs)
def test_the_basis_is_the_distance_from_the_price_of_the_coin(pair: ModelPair) -> None:
    row = series(indices.BASIS_HISTORY, pair, limit=1)[-1]
    rows = ask(market.PAIRS_MARKETS, symbol=pair.base)
    current = next(
        each for each in rows if (each["exchange_name"], each["instrument_id"]) == (pair.exchange, pair.symbol)
    )
    distance = (current["current_price"] / current["index_price"] - 1) * 100
    assert row["close_basis"] == pytest.approx(distance, abs=0.003)


def test_other_coins_follow_bitcoin_and_swing_more() -> None:
    """Over a thousand hours: what makes charts look like those of one market."""
    starts = range(NOW - NOW % HOUR - 1000 * HOUR, NOW - NOW % HOUR, HOUR)
    returns = {
        coin: [bar.close / bar.open - 1 for bar in coin_bars(coin, starts, NOW)] for coin in ("BTC", "ETH", "DOGE")
    }
    sizes = {coin: math.sqrt(math.fsum(each * each for each in values)) for coin, values in returns.items()}
    for coin in ("ETH", "DOGE"):
        product = math.fsum(its * of_bitcoin for its, of_bitcoin in zip(returns[coin], returns["BTC"], strict=True))
        assert 0.4 < product / sizes[coin] / sizes["BTC"] < 0.95
    assert sizes["BTC"] < sizes["ETH"] < sizes["DOGE"]
