"""Options of the modelled market: exchanges add up to coins, expiries to exchanges, and pain is least at max pain."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.endpoints import futures, options
from cg_client.endpoints.indicators import market
from sandbox.market.options import expiries
from tests.sandbox.modelled import DAY, NOW, ask, few, times

coins = st.sampled_from(["BTC", "ETH", "SOL", "XRP"])


@given(coin=coins, now=times)
@few
def test_exchanges_add_up_to_the_total(coin: str, now: int) -> None:
    total, *rows = ask(options.INFO, now, symbol=coin)
    assert total["exchange_name"] == "All"
    assert total["oi_market_share"] == 100
    for name in ("open_interest", "open_interest_usd", "volume_usd_24h", "oi_market_share"):
        assert total[name] == pytest.approx(sum(row[name] for row in rows), abs=0.05)


@given(coin=coins, now=times)
@few
def test_expiries_of_an_exchange_add_up_to_its_open_interest(coin: str, now: int) -> None:
    for row in ask(options.INFO, now, symbol=coin)[1:]:
        dates = ask(options.MAX_PAIN, now, symbol=coin, exchange=row["exchange_name"])
        quantity = sum(date["call_open_interest"] + date["put_open_interest"] for date in dates)
        assert quantity == pytest.approx(row["open_interest"], abs=0.1 * len(dates))


@given(coin=coins, now=times)
@few
def test_expiries_are_ahead_and_in_order(coin: str, now: int) -> None:
    dates = [row["date"] for row in ask(options.MAX_PAIN, now, symbol=coin, exchange="Deribit")]
    assert dates == sorted(set(dates))
    assert dates[0] >= datetime.fromtimestamp(now / 1000, UTC).strftime("%y%m%d")
    fridays = [datetime.strptime(date, "%y%m%d").weekday() == 4 for date in dates[4:]]  # noqa: DTZ007  # a calendar day
    assert all(fridays)


@given(coin=coins, now=times)
@few
def test_options_are_worth_least_at_max_pain(coin: str, now: int) -> None:
    for expiry in expiries(coin, "Deribit", now):
        least = expiry.pain(expiry.max_pain())
        assert all(expiry.pain(strike) >= least for strike in expiry.calls)


@given(coin=coins, now=times)
@few
def test_max_pain_lies_around_the_price(coin: str, now: int) -> None:
    total = ask(options.INFO, now, symbol=coin)[0]
    price = total["open_interest_usd"] / total["open_interest"]
    for row in ask(options.MAX_PAIN, now, symbol=coin, exchange="Deribit"):
        assert 0.6 * price < float(row["max_pain_price"]) < 1.5 * price
        for side in ("call", "put"):
            quantity, notional = row[f"{side}_open_interest"], row[f"{side}_open_interest_notional"]
            assert notional == pytest.approx(quantity * price, rel=2e-3, abs=price * 0.06)
            assert 0 < row[f"{side}_open_interest_market_value"] < notional


@pytest.mark.parametrize("range_", ["1h", "4h", "12h", "all"])
def test_history_in_coins_is_that_in_dollars_over_the_price(range_: str) -> None:
    (usd,) = ask(options.OPEN_INTEREST_HISTORY, symbol="BTC", unit="USD", range=range_)
    (coin,) = ask(options.OPEN_INTEREST_HISTORY, symbol="BTC", unit="BTC", range=range_)
    assert usd["time_list"] == coin["time_list"] == sorted(set(usd["time_list"]))
    for venue, figures in usd["data_map"].items():
        for figure, price, quantity in zip(figures, usd["price_list"], coin["data_map"][venue], strict=True):
            assert quantity == pytest.approx(figure / price, abs=1e-3)


def test_the_history_of_open_interest_ends_at_that_of_today() -> None:
    midnight = NOW // DAY * DAY
    (history,) = ask(options.OPEN_INTEREST_HISTORY, midnight, symbol="ETH", unit="USD", range="all")
    rows = {row["exchange_name"]: row["open_interest_usd"] for row in ask(options.INFO, midnight, symbol="ETH")[1:]}
    assert {venue: figures[-1] for venue, figures in history["data_map"].items()} == rows


def test_the_last_day_of_volume_is_that_of_the_24_hours_before_midnight() -> None:
    midnight = NOW // DAY * DAY
    (history,) = ask(options.VOLUME_HISTORY, midnight, symbol="ETH", unit="USD")
    rows = {row["exchange_name"]: row["volume_usd_24h"] for row in ask(options.INFO, midnight, symbol="ETH")[1:]}
    assert history["time_list"][-1] == midnight - DAY
    assert {venue: figures[-1] for venue, figures in history["data_map"].items()} == rows


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_the_ratio_is_that_of_the_open_interest_of_options_and_futures(coin: str) -> None:
    midnight = NOW // DAY * DAY
    on_options = ask(options.INFO, midnight, symbol=coin)[0]["open_interest_usd"]
    on_futures = ask(futures.open_interest.EXCHANGE_LIST, midnight, symbol=coin)[0]["open_interest_usd"]
    *_, latest = ask(market.OPTIONS_FUTURES_RATIO, midnight)
    assert latest["timestamp"] == midnight
    assert latest[f"{coin.lower()}_option_vs_futures_radio"] == pytest.approx(100 * on_options / on_futures, abs=0.02)


def test_coins_without_options_have_none() -> None:
    assert [
        ask(endpoint, symbol="PEPE", exchange="Deribit", unit="USD") for endpoint in (options.INFO, options.MAX_PAIN)
    ] == [
        [],
        [],
    ]
