"""Indices of the modelled bitcoin: functions of its own prices, inside their ranges."""

import statistics
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

from cg_client.endpoint import Endpoint
from cg_client.endpoints import spot
from cg_client.endpoints.indicators import bitcoin, market
from sandbox.market.supply import days_to_halving, supply
from sandbox.market.universe import COINS
from tests.sandbox.modelled import DAY, NOW, ask, few
from tests.sandbox.modelled import times as moments

PRICED = [
    endpoint
    for endpoint in (*vars(bitcoin).values(), *vars(market).values())
    if isinstance(endpoint, Endpoint) and "price_usd" in endpoint.aliases and endpoint.aliases["price_usd"] == "price"
]


@pytest.fixture(scope="module")
def prices() -> dict[int, float]:
    """Return bitcoin's price at the start of each day."""
    return {row["timestamp"]: row["price"] for row in ask(bitcoin.PI_CYCLE)}


def window(prices: dict[int, float], time: int, days: int) -> list[float]:
    return [prices[time - back * DAY] for back in range(days) if time - back * DAY in prices]


@pytest.mark.parametrize("endpoint", PRICED, ids=lambda endpoint: endpoint.path)
def test_every_index_states_the_same_prices(endpoint: Endpoint, prices: dict[int, float]) -> None:
    rows = [row for row in ask(endpoint) if "timestamp" in row and "price" in row]
    assert all(row["price"] == prices[row["timestamp"]] for row in rows)


def test_prices_are_those_of_the_spot_market(prices: dict[int, float]) -> None:
    for row in ask(spot.COIN_HISTORY, symbol="BTC"):
        assert float(row["price"]) == prices[row["timestamp"]]
        assert row["market_cap"] == pytest.approx(float(row["price"]) * float(row["circulating_supply"]))


AVERAGES = [
    (bitcoin.PI_CYCLE, "ma_110", 111, 1),
    (bitcoin.PI_CYCLE, "ma_350_mu_2", 350, 2),
    (bitcoin.GOLDEN_RATIO_MULTIPLIER, "accumulation_high_1_6", 350, 1.6),
    (bitcoin.GOLDEN_RATIO_MULTIPLIER, "x_21", 350, 21),
    (bitcoin.TWO_YEAR_MOVING_AVERAGE, "moving_average_730_multiplier_5", 730, 5),
    (bitcoin.TWO_HUNDRED_WEEK_MOVING_AVERAGE, "moving_average_1440", 1400, 1),
]


@pytest.mark.parametrize(("endpoint", "name", "days", "factor"), AVERAGES)
def test_averages_are_those_of_the_prices(
    endpoint: Endpoint, name: str, days: int, factor: float, prices: dict[int, float]
) -> None:
    rows = ask(endpoint)
    for row in (rows[0], rows[100], rows[2000], rows[-1]):
        mean = statistics.fmean(window(prices, row["timestamp"], days))
        assert row[name] == pytest.approx(factor * mean, rel=1e-6, abs=1e-5)


def test_a_day_is_profitable_if_its_price_was_at_most_todays(prices: dict[int, float]) -> None:
    today = prices[NOW // DAY * DAY]
    assert all((row["side"] == 1) == (row["price"] <= today) for row in ask(bitcoin.PROFITABLE_DAYS))


def test_the_edges_of_the_rainbow_ascend_and_hold_most_prices() -> None:
    rows = ask(bitcoin.RAINBOW)
    assert all(row[1:-1] == sorted(row[1:-1]) for row in rows)
    assert sum(row[1] <= row[0] <= row[-2] for row in rows) > 0.8 * len(rows)


def test_the_days_to_the_halving_count_down() -> None:
    rows = ask(bitcoin.STOCK_TO_FLOW)
    days = [row["next_halving"] for row in rows]
    assert all(after in (before - 1, max(days)) or after > 1000 for before, after in pairwise(days))
    assert min(days) >= 0
    assert days_to_halving(NOW // DAY * DAY) == days[-1]


def test_short_and_long_term_holders_have_the_coins_in_circulation() -> None:
    pairs = zip(ask(bitcoin.SHORT_TERM_SUPPLY), ask(bitcoin.LONG_TERM_SUPPLY), strict=True)
    for short, long in pairs:
        held = short["short_term_holder_supply"] + long["long_term_holder_supply"]
        assert held == pytest.approx(supply("BTC", short["timestamp"]), abs=0.02)
        assert short["short_term_holder_supply"] > 0


RANGES = [
    (bitcoin.AHR999, "ahr999_value", 0, 200),
    (bitcoin.PUELL_MULTIPLE, "puell_multiple", 0, 20),
    (bitcoin.SHORT_TERM_SOPR, "sth_sopr", 0.5, 3),
    (bitcoin.LONG_TERM_SOPR, "lth_sopr", 0, 60),
    (bitcoin.NET_UNREALIZED_PROFIT_LOSS, "net_unpnl", -1.5, 1),
    (bitcoin.RESERVE_RISK, "reserve_risk_index", 0, 1.1),
    (bitcoin.RHODL_RATIO, "rhodl_ratio", 0, 1_000_000),
    (bitcoin.MACRO_OSCILLATOR, "bmo_value", -2, 10),
    (bitcoin.ACTIVE_ADDRESSES, "active_address_count", 1, 2_000_000),
    (bitcoin.NEW_ADDRESSES, "new_address_count", 1, 1_000_000),
    (bitcoin.GLOBAL_M2, "global_m2_yoy_growth", -5, 20),
    (bitcoin.US_M2, "us_m2_yoy_growth", -0.1, 0.3),
    (bitcoin.BUBBLE_INDEX, "google_trend_percent", 0, 100),
    *((bitcoin.CORRELATION, fund, -1, 1) for fund in ("gld", "iwm", "qqq", "spy", "tlt")),
    (market.ALTCOIN_SEASON, "altcoin_index", 0, 100),
    (market.DOMINANCE, "bitcoin_dominance", 0, 100),
]


@pytest.mark.parametrize(("endpoint", "name", "low", "high"), RANGES)
def test_figures_stay_in_their_range(endpoint: Endpoint, name: str, low: float, high: float) -> None:
    figures = [row[name] for row in ask(endpoint)]
    assert low <= min(figures) < max(figures) <= high


def test_fear_and_greed_goes_from_0_to_100_and_follows_the_price(prices: dict[int, float]) -> None:
    (lists,) = ask(market.FEAR_GREED)
    times = [time * 1000 for time in lists["time_list"]]
    moods = dict(zip(times, lists["data_list"], strict=True))
    assert all(0 <= mood <= 100 and mood == int(mood) for mood in moods.values())
    assert lists["price_list"] == [prices[time] for time in times]
    risen = [prices[time] > statistics.fmean(window(prices, time, 90)) for time in moods]
    high, low = ([mood for mood, rise in zip(moods.values(), risen, strict=True) if rise is up] for up in (True, False))
    assert statistics.fmean(high) > statistics.fmean(low) + 5


def test_bitcoins_share_is_that_of_all_capital() -> None:
    altcoins = {row["timestamp"]: row["altcoin_marketcap"] for row in ask(market.ALTCOIN_SEASON)}
    (stable,) = ask(market.STABLECOIN_MARKET_CAP)
    stablecoins = {time * 1000: usd for time, usd in zip(stable["time_list"], stable["data_list"], strict=True)}
    for row in ask(market.DOMINANCE):
        capital = row["market_cap"] + altcoins[row["timestamp"]] + stablecoins[row["timestamp"]]
        assert row["bitcoin_dominance"] == pytest.approx(100 * row["market_cap"] / capital, abs=1e-3)


def test_the_altcoin_season_counts_those_that_did_better_than_bitcoin() -> None:
    def change(coin: str) -> float:
        prices = [float(day["price"]) for day in ask(spot.COIN_HISTORY, symbol=coin)]
        return prices[-1] / prices[-91]

    by_size = sorted(COINS, key=lambda coin: COINS[coin].rank)
    altcoins = [coin for coin in by_size if coin != "BTC"][:50]
    better = sum(change(coin) > change("BTC") for coin in altcoins)
    assert 0 < better < 50
    assert ask(market.ALTCOIN_SEASON)[-1]["altcoin_index"] == 2 * better


def test_money_grows_by_the_growth_that_is_stated() -> None:
    rows = ask(bitcoin.GLOBAL_M2)
    for before, after in zip(rows, rows[52:], strict=False):
        growth = (after["global_m2_supply"] / before["global_m2_supply"] - 1) * 100
        assert after["global_m2_yoy_growth"] == pytest.approx(growth)


@given(now=moments)
@few
def test_each_sign_of_the_peak_is_reached_when_it_says_so(now: int) -> None:
    rows = ask(bitcoin.BULL_MARKET_PEAK, now)
    assert len({row["indicator_name"] for row in rows}) == len(rows)
    for row in rows:
        current, target, previous = (
            float(row[name].rstrip("%")) for name in ("current_value", "target_value", "previous_value")
        )
        assert row["hit_status"] == (current >= target if row["comparison_type"] == ">=" else current <= target)
        assert float(row["change_value"]) == pytest.approx(current - previous, abs=0.01)


def test_a_sign_of_the_peak_stands_where_its_index_does() -> None:
    current = {row["indicator_name"]: row["current_value"] for row in ask(bitcoin.BULL_MARKET_PEAK)}
    latest: dict[str, Any] = {
        "Bitcoin Ahr999 Index": ask(bitcoin.AHR999)[-1]["ahr999_value"],
        "Puell Multiple": ask(bitcoin.PUELL_MULTIPLE)[-1]["puell_multiple"],
        "Altcoin Season Index": ask(market.ALTCOIN_SEASON)[-1]["altcoin_index"],
        "Bitcoin RHODL Ratio": ask(bitcoin.RHODL_RATIO)[-1]["rhodl_ratio"],
        "Bitcoin Macro Oscillator (BMO)": ask(bitcoin.MACRO_OSCILLATOR)[-1]["bmo_value"],
    }
    assert {name: float(current[name]) for name in latest} == pytest.approx(latest, abs=0.011)


DAILY = [endpoint for endpoint in PRICED if endpoint is not bitcoin.PROFITABLE_DAYS]


@pytest.mark.parametrize("endpoint", DAILY, ids=lambda endpoint: endpoint.path)
def test_days_do_not_change_afterwards(endpoint: Endpoint) -> None:
    earlier, later = ask(endpoint, NOW - 40 * DAY), ask(endpoint)
    assert later[: len(earlier)] == earlier
    assert len(later) > len(earlier)
