"""Spot markets of the modelled market: pairs add up to coins, periods to each other, books lie around the price."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.endpoints import futures, spot
from cg_client.endpoints.indicators import market
from sandbox.market.universe import SPOT_EXCHANGES, pairs_of_coin
from tests.sandbox.modelled import DAY, NOW, ask, few, times

HOUR = 3_600_000
ALL = ",".join(SPOT_EXCHANGES)
coins = st.sampled_from(["BTC", "ETH", "SOL", "PEPE", "HYPE"])
intervals = st.sampled_from(["5m", "1h", "4h", "1d", "1w"])


def pairs(coin: str) -> list[dict[str, Any]]:
    return [{"exchange": pair.exchange, "symbol": pair.symbol} for pair in pairs_of_coin(coin, is_spot=True)]


def test_the_listing_has_every_pair_of_every_coin() -> None:
    listing = ask(spot.SUPPORTED_PAIRS)
    assert set(listing) == set(SPOT_EXCHANGES)
    bases = {row["base_asset"] for rows in listing.values() for row in rows}
    assert bases == set(ask(spot.SUPPORTED_COINS))


@given(coin=coins, interval=intervals, now=times)
@few
def test_candles_join_and_hold_their_ends(coin: str, interval: str, now: int) -> None:
    for pair in pairs(coin)[:3]:
        rows = ask(spot.PRICE_HISTORY, now, **pair, interval=interval, limit=30)
        for row in rows:
            assert row["low"] <= min(row["open"], row["close"]) <= max(row["open"], row["close"]) <= row["high"]
        assert [row["open"] for row in rows[1:]] == [row["close"] for row in rows[:-1]]


@given(coin=coins, interval=intervals, now=times)
@few
def test_pairs_add_up_to_the_coin(coin: str, interval: str, now: int) -> None:
    total = ask(spot.AGGREGATED_TAKER_VOLUME_HISTORY, now, symbol=coin, exchange_list=ALL, interval=interval, limit=10)
    each = [ask(spot.TAKER_VOLUME_HISTORY, now, **pair, interval=interval, limit=10) for pair in pairs(coin)]
    for row, parts in zip(total, zip(*each, strict=True), strict=True):
        for side in ("buy", "sell"):
            parts_usd = sum(float(part[f"taker_{side}_volume_usd"]) for part in parts)
            assert row[f"aggregated_{side}_volume_usd"] == pytest.approx(parts_usd, rel=1e-9, abs=1e-3)


@given(coin=coins, interval=intervals, now=times)
@few
def test_the_volume_of_a_candle_is_what_takers_bought_and_sold(coin: str, interval: str, now: int) -> None:
    pair = pairs(coin)[0]
    candles = ask(spot.PRICE_HISTORY, now, **pair, interval=interval, limit=10)
    takers = ask(spot.TAKER_VOLUME_HISTORY, now, **pair, interval=interval, limit=10)
    running = ask(spot.CVD_HISTORY, now, **pair, interval=interval, limit=10, unit="usd")
    delta = 0.0
    for candle, taker, sums in zip(candles, takers, running, strict=True):
        buy, sell = float(taker["taker_buy_volume_usd"]), float(taker["taker_sell_volume_usd"])
        delta += buy - sell
        assert candle["volume_usd"] == pytest.approx(buy + sell, rel=1e-9, abs=1e-3)
        assert sums["cum_vol_delta"] == pytest.approx(delta, abs=0.01)


@given(coin=coins, now=times)
@few
def test_the_list_of_coins_is_made_of_its_pairs(coin: str, now: int) -> None:
    now -= now % 60_000  # the list is of whole minutes
    rows = {row["symbol"]: row for row in ask(spot.COINS_MARKETS, now, page=1, per_page=100)}
    markets = ask(spot.PAIRS_MARKETS, now, symbol=coin)
    for period in ("1h", "4h", "12h", "24h", "1w"):
        for name in ("volume_usd", "buy_volume_usd", "sell_volume_usd"):
            parts = sum(pair[f"{name}_{period}"] for pair in markets)
            assert rows[coin][f"{name}_{period}"] == pytest.approx(parts, rel=1e-9, abs=1e-2)
    for pair in markets:
        assert pair["current_price"] == pytest.approx(rows[coin]["current_price"], rel=3e-3)


@given(now=times)
@few
def test_longer_periods_have_more_volume(now: int) -> None:
    row = ask(spot.COINS_MARKETS, now, page=1, per_page=1)[0]
    volumes = [row[f"volume_usd_{period}"] for period in ("5m", "15m", "30m", "1h", "4h", "12h", "24h", "1w")]
    assert volumes == sorted(volumes)
    for period in ("5m", "24h", "1w"):
        assert row[f"buy_volume_usd_{period}"] + row[f"sell_volume_usd_{period}"] == pytest.approx(
            row[f"volume_usd_{period}"]
        )
        flow = row[f"buy_volume_usd_{period}"] - row[f"sell_volume_usd_{period}"]
        assert row[f"volume_flow_usd_{period}"] == pytest.approx(flow, abs=1e-2)
        before = row[f"volume_usd_{period}"] - row[f"volume_change_usd_{period}"]
        change = (row[f"volume_usd_{period}"] / before - 1) * 100
        assert row[f"volume_change_percent_{period}"] == pytest.approx(change, abs=0.006)


def test_pages_of_coins_join() -> None:
    for endpoint in (spot.COINS_MARKETS, spot.NETFLOW_LIST):
        both = ask(endpoint, page=1, per_page=20)
        assert both == [row for page in (1, 2) for row in ask(endpoint, page=page, per_page=10)]


@given(coin=coins, now=times)
@few
def test_net_flow_of_the_list_is_that_of_the_coin(coin: str, now: int) -> None:
    now -= now % 60_000
    (row,) = (row for row in ask(spot.NETFLOW_LIST, now, page=1, per_page=100) if row["symbol"] == coin)
    single = ask(spot.COIN_NETFLOW, now, symbol=coin, exchange_list=ALL)
    for period, name in (("1h", "1h"), ("24h", "24h"), ("7d", "1w"), ("30d", "30d")):
        buy, sell = (row[f"taker_{side}_volume_usd_{period}"] for side in ("buy", "sell"))
        assert row[f"net_flow_usd_{name}"] == pytest.approx(buy - sell, abs=0.01)
        assert float(single[f"net_flow_usd_{period}"]) == pytest.approx(buy - sell, abs=1.5)


@given(coin=coins, now=times)
@few
def test_books_lie_around_the_price(coin: str, now: int) -> None:
    for pair in pairs(coin)[:2]:
        candles = ask(spot.PRICE_HISTORY, now, **pair, interval="1h", limit=5)
        for candle, (time, bids, asks) in zip(
            candles, ask(spot.ORDERBOOK_SNAPSHOTS, now, **pair, interval="1h", limit=5), strict=True
        ):
            assert time * 1000 == candle["time"]
            assert max(price for price, _ in bids) < candle["open"] < min(price for price, _ in asks)


@given(coin=coins, now=times)
@few
def test_depth_grows_with_the_distance_and_adds_up_over_exchanges(coin: str, now: int) -> None:
    window = {"interval": "4h", "limit": 3}
    near, far = (
        ask(spot.AGGREGATED_ORDERBOOK_HISTORY, now, symbol=coin, exchange_list=ALL, **window, range=percent)
        for percent in (1, 5)
    )
    each = [ask(spot.ORDERBOOK_HISTORY, now, **pair, **window, range=1) for pair in pairs(coin)]
    for index, row in enumerate(near):
        for name in ("bids_usd", "asks_usd"):
            assert row[f"aggregated_{name}"] < far[index][f"aggregated_{name}"]
            assert row[f"aggregated_{name}"] == pytest.approx(sum(rows[index][name] for rows in each), rel=1e-6)


@given(coin=coins, interval=st.sampled_from(["1h", "1d"]), now=times)
@few
def test_the_ratio_is_that_of_futures_and_spot_volume(coin: str, interval: str, now: int) -> None:
    query = {"symbol": coin, "exchange_list": "Binance,OKX,Bybit", "interval": interval, "limit": 5}
    takers = [
        ask(api, now, **query)
        for api in (futures.taker_volume.AGGREGATED_HISTORY, spot.AGGREGATED_TAKER_VOLUME_HISTORY)
    ]
    for row, on_futures, on_spot in zip(ask(market.FUTURES_SPOT_VOLUME_RATIO, now, **query), *takers, strict=True):
        volumes = [
            bar["aggregated_buy_volume_usd"] + bar["aggregated_sell_volume_usd"] for bar in (on_futures, on_spot)
        ]
        assert [row["futures_vol_usd"], row["spot_vol_usd"]] == pytest.approx(volumes, abs=1e-3)
        ratio = volumes[0] / volumes[1] if volumes[1] else 0  # of an interval that begins now
        assert row["futures_spot_vol_ratio"] == pytest.approx(ratio, abs=1e-4)


@given(interval=st.sampled_from(["1h", "1d"]), now=times)
@few
def test_the_coinbase_premium_is_the_difference_of_two_pairs(interval: str, now: int) -> None:
    window = {"interval": interval, "limit": 5}
    coinbase = ask(spot.PRICE_HISTORY, now, exchange="Coinbase", symbol="BTC-USD", **window)
    binance = ask(spot.PRICE_HISTORY, now, exchange="Binance", symbol="BTCUSDT", **window)
    for row, here, there in zip(ask(market.COINBASE_PREMIUM, now, **window), coinbase, binance, strict=True):
        assert row["time"] * 1000 == here["time"]
        assert row["coinbase_price"] == here["close"]
        assert row["premium"] == pytest.approx(here["close"] - there["close"], abs=0.01)
        assert row["premium_rate"] == pytest.approx(100 * row["premium"] / there["close"], abs=1e-4)


@given(now=times, state=st.sampled_from([1, 2, 3]))
@few
def test_large_orders_stand_on_their_side_of_the_price(now: int, state: int) -> None:
    pair = {"exchange": "Binance", "symbol": "BTCUSDT"}
    last = ask(spot.PRICE_HISTORY, now, **pair, interval="1h", limit=1)[-1]["close"]
    for order in ask(spot.LARGE_ORDERS, now, **pair):
        assert order["order_state"] == 1
        assert (order["price"] < last * 1.001) if order["order_side"] == 2 else (order["price"] > last * 0.999)
    for order in ask(spot.LARGE_ORDER_HISTORY, now, **pair, state=state, start_time=now - DAY, end_time=now):
        assert order["order_state"] == state
        assert order["start_time"] <= now


def test_bitfinex_has_margin_in_bitcoin_and_ether_only() -> None:
    bitcoin, ether, other = (
        ask(market.BITFINEX_MARGIN, symbol=coin, interval="1d", limit=30) for coin in ("BTC", "ETH", "SOL")
    )
    assert other == []
    for row in (*bitcoin, *ether):
        assert row["long_quantity"] > row["short_quantity"] > 0
        assert row["time"] < 10**10  # seconds, as documented


@given(exchange=st.sampled_from(["Binance", "OKX", "Bybit"]), coin=coins, now=times)
@few
def test_interest_is_positive_and_small(exchange: str, coin: str, now: int) -> None:
    rows = ask(market.BORROW_RATE, now, exchange=exchange, symbol=coin, interval="1h", limit=100)
    assert all(0 < row["interest_rate"] < 0.05 for row in rows)
    assert [row["time"] * 1000 % HOUR for row in rows] == [0] * 100


def test_a_coins_history_has_a_row_for_each_day() -> None:
    days = [row["timestamp"] for row in ask(spot.COIN_HISTORY, symbol="SOL")]
    assert days == list(range(days[0], NOW + 1, DAY))
