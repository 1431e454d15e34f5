"""Funds of the modelled market: flows, holdings, net assets, premiums and share prices belong together."""

from typing import Any

import pytest
from hypothesis import given

from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf, grayscale, spot
from tests.sandbox.modelled import DAY, NOW, ask, few, times

FLOWS = [
    etf.BITCOIN_FLOWS,
    etf.ETHEREUM_FLOWS,
    etf.SOLANA_FLOWS,
    etf.XRP_FLOWS,
    etf.HYPE_FLOWS,
    etf.HONG_KONG_BITCOIN_FLOWS,
]
TICKERS = [row["ticker"] for row in ask(etf.BITCOIN_LIST)]


def by_day(rows: list[Any], name: str = "timestamp") -> dict[int, Any]:
    return {row[name]: row for row in rows}


@pytest.mark.parametrize("endpoint", FLOWS, ids=lambda endpoint: endpoint.path)
def test_the_flows_of_the_funds_add_up_to_the_total(endpoint: Endpoint) -> None:
    for day in ask(endpoint):
        assert day["flow_usd"] == sum(fund.get("flow_usd", 0) for fund in day["etf_flows"])


@pytest.mark.parametrize("endpoint", FLOWS, ids=lambda endpoint: endpoint.path)
def test_flows_go_both_ways_on_weekdays_that_are_over(endpoint: Endpoint) -> None:
    days = ask(endpoint)
    assert {(day["timestamp"] // DAY + 3) % 7 for day in days} == {0, 1, 2, 3, 4}
    assert max(day["timestamp"] for day in days) + DAY <= NOW
    assert {day["flow_usd"] > 0 for day in days if day["flow_usd"]} == {True, False}


def test_a_fund_has_no_flow_before_it_is_listed() -> None:
    first, *_, last = ask(etf.HYPE_FLOWS)
    assert ["flow_usd" in fund for fund in first["etf_flows"]] == [True, False]
    assert all("flow_usd" in fund for fund in last["etf_flows"])


@given(now=times)
@few
def test_days_that_are_over_do_not_change(now: int) -> None:
    later = by_day(ask(etf.BITCOIN_FLOWS, now + 30 * DAY))
    for day in ask(etf.BITCOIN_FLOWS, now)[-20:]:
        assert later[day["timestamp"]] == day


def test_net_assets_of_the_funds_add_up_to_the_total() -> None:
    total = by_day(ask(etf.BITCOIN_NET_ASSETS))
    funds = [by_day(ask(etf.BITCOIN_NET_ASSETS, ticker=ticker)) for ticker in TICKERS]
    for time in list(total)[-100:]:
        for name in ("net_assets_usd", "change_usd"):
            assert total[time][name] == pytest.approx(sum(fund[time][name] for fund in funds), abs=0.1)


def test_net_assets_change_by_the_flow_and_by_the_price() -> None:
    days = ask(etf.BITCOIN_NET_ASSETS)
    for before, after in zip(days[-200:], days[-199:], strict=False):
        moved = before["net_assets_usd"] * after["price_usd"] / before["price_usd"]
        assert after["net_assets_usd"] == pytest.approx(moved + after["change_usd"], abs=600_000)


def test_the_change_of_the_net_assets_is_the_flow() -> None:
    flows, assets = by_day(ask(etf.BITCOIN_FLOWS)), by_day(ask(etf.BITCOIN_NET_ASSETS))
    assert {time: day["flow_usd"] for time, day in flows.items()} == {
        time: day["change_usd"] for time, day in assets.items()
    }


def test_assets_under_management_are_the_net_assets() -> None:
    assets = by_day(ask(etf.BITCOIN_NET_ASSETS))
    assert all(day["aum_usd"] == assets[day["time"]]["net_assets_usd"] for day in ask(etf.FUND_ASSETS))


@pytest.mark.parametrize("ticker", TICKERS)
def test_holdings_shares_and_values_of_a_fund_fit(ticker: str) -> None:
    flat = by_day(ask(etf.BITCOIN_PREMIUMS, ticker=ticker))
    for day in ask(etf.FUND_HISTORY, ticker=ticker)[-100:]:
        assert day["net_assets"] == pytest.approx(day["nav"] * day["shares_outstanding"], rel=2e-4)
        assert day["market_price"] == pytest.approx(day["nav"] * (1 + day["premium_discount"] / 100), abs=0.02)
        premium = flat[day["assets_date"]]
        assert (premium["nav_usd"], premium["market_price_usd"]) == (day["nav"], day["market_price"])
        assert premium["premium_discount_details"] == day["premium_discount"]


def test_premiums_without_a_ticker_are_those_of_each() -> None:
    for fund in ask(etf.BITCOIN_PREMIUMS)[-1]["list"]:
        *_, latest = ask(etf.BITCOIN_PREMIUMS, ticker=fund["ticker"])
        assert fund == {"ticker": fund["ticker"]} | {name: latest[name] for name in latest if name != "timestamp"}


@given(now=times)
@few
def test_a_list_shows_the_holdings_of_the_last_trading_day(now: int) -> None:
    for row in ask(etf.BITCOIN_LIST, now):
        *_, day = ask(etf.FUND_HISTORY, now, ticker=row["ticker"])
        held = row["asset_details"]
        assert held["holding_quantity"] == day["btc_holdings"]
        assert int(row["shares_outstanding"]) == day["shares_outstanding"]
        assert float(row["market_cap_usd"]) == pytest.approx(day["shares_outstanding"] * row["price_usd"], rel=1e-9)
        assert row["last_trade_time"] <= now


@given(now=times)
@few
def test_a_fund_in_full_agrees_with_its_row_in_the_list(now: int) -> None:
    for row in ask(etf.BITCOIN_LIST, now):
        fund = ask(etf.FUND_DETAIL, now, ticker=row["ticker"])
        session, performance = fund["session"], fund["performance"]
        assert session["price"] == row["price_usd"] == fund["last_trade"]["price"]
        assert session["low"] <= min(session["open"], session["close"]) <= session["high"]
        assert fund["last_quote"]["bid"] < session["price"] < fund["last_quote"]["ask"]
        assert performance["low_price_52week"] <= performance["high_price_52week"]
        assert fund["market_status"] == row["market_status"]


@pytest.mark.parametrize("period", ["1d", "7d", "all"])
@given(now=times)
@few
def test_candles_of_a_share_hold_their_ends(period: str, now: int) -> None:
    candles = ask(etf.FUND_PRICE_HISTORY, now, ticker="IBIT", range=period)
    for candle in candles:
        assert candle["low"] <= min(candle["open"], candle["close"])
        assert candle["high"] >= max(candle["open"], candle["close"])
        assert candle["time"] <= now
    assert len({candle["time"] for candle in candles}) == len(candles) > 5


def test_a_days_candle_closes_at_the_price_of_the_funds_history() -> None:
    closes = {candle["time"]: candle["close"] for candle in ask(etf.FUND_PRICE_HISTORY, ticker="IBIT", range="all")}
    history = ask(etf.FUND_HISTORY, ticker="IBIT")
    assert [closes[day["market_date"]] for day in history] == [day["market_price"] for day in history]


def test_the_price_of_a_day_is_that_of_the_coin_at_its_end() -> None:
    prices = {day["timestamp"]: float(day["price"]) for day in ask(spot.COIN_HISTORY, symbol="BTC")}
    for day in ask(etf.BITCOIN_FLOWS)[-100:]:
        assert day["price_usd"] == prices[day["timestamp"] + DAY]


def test_a_trusts_premium_is_its_price_over_its_value() -> None:
    for trust in ask(grayscale.HOLDINGS):
        premium = (trust["secondary_market_price"] / trust["primary_market_price"] - 1) * 100
        assert trust["premium_rate"] == pytest.approx(premium, abs=0.01)
        (history,) = ask(grayscale.PREMIUM_HISTORY, symbol=trust["symbol"])
        assert len({len(column) for column in history.values()}) == 1
        assert history["premium_rate_list"][-1] == trust["premium_rate"]
        assert min(history["premium_rate_list"]) > -100


def test_a_coin_without_a_trust_has_no_premium() -> None:
    (history,) = ask(grayscale.PREMIUM_HISTORY, symbol="PEPE")
    assert [*history.values()] == [[]] * 4
