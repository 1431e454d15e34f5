"""Balances, transfers and unlocks of the modelled market."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.endpoints import on_chain, spot
from cg_client.endpoints.indicators import market
from sandbox.market.exchange_assets import balance
from sandbox.market.supply import supply
from tests.sandbox.modelled import DAY, NOW, ask, few, times

HOUR = 3_600_000
EXCHANGES = [row["exchange_name"] for row in ask(market.EXCHANGE_TRANSPARENCY)]
exchanges = st.sampled_from(EXCHANGES)
coins = st.sampled_from(["BTC", "ETH", "SOL", "USDT", "USDT(ETH)", "DOGE"])


@given(exchange=exchanges, now=times)
@few
def test_wallets_add_up_to_the_balances_of_the_exchange(exchange: str, now: int) -> None:
    wallets = ask(on_chain.EXCHANGE_ASSETS, now, exchange=exchange)
    for coin in ("BTC", "ETH", "USDT"):
        held = sum(row["balance"] for row in wallets if row["symbol"] == coin)
        (row,) = (row for row in ask(on_chain.BALANCE_LIST, now, symbol=coin) if row["exchange_name"] == exchange)
        assert held == pytest.approx(row["total_balance"], abs=1e-4)
    assert len({row["wallet_address"] for row in wallets}) == len(wallets)


@given(now=times)
@few
def test_wallets_add_up_to_what_the_exchange_discloses(now: int) -> None:
    for row in ask(market.EXCHANGE_TRANSPARENCY, now)[:3]:
        wallets = ask(on_chain.EXCHANGE_ASSETS, now, exchange=row["exchange_name"])
        assert sum(wallet["balance_usd"] for wallet in wallets) == pytest.approx(row["balance_usd"], abs=1)
        assert row["average_leverage"] == pytest.approx(row["open_interest"] / row["balance_usd"], abs=1e-4)


@given(coin=coins, now=times)
@few
def test_a_balance_changes_by_what_it_was_before(coin: str, now: int) -> None:
    earlier = {
        row["exchange_name"]: row["total_balance"] for row in ask(on_chain.BALANCE_LIST, now - 7 * DAY, symbol=coin)
    }
    for row in ask(on_chain.BALANCE_LIST, now, symbol=coin):
        before = earlier[row["exchange_name"]]
        assert row["balance_change_7d"] == pytest.approx(row["total_balance"] - before, abs=1e-5)
        assert row["balance_change_percent_7d"] == pytest.approx(row["balance_change_7d"] / before * 100, abs=0.006)


@given(coin=coins)
@few
def test_the_history_of_balances_ends_at_todays(coin: str) -> None:
    midnight = NOW // DAY * DAY
    (chart,) = ask(on_chain.BALANCE_CHART, midnight, symbol=coin)
    today = {row["exchange_name"]: row["total_balance"] for row in ask(on_chain.BALANCE_LIST, midnight, symbol=coin)}
    assert {exchange: held[-1] for exchange, held in chart["data_map"].items()} == pytest.approx(today)
    assert {len(chart["time_list"])} == {len(chart["price_list"]), *map(len, chart["data_map"].values())}


@given(coin=st.sampled_from(["BTC", "ETH", "PEPE"]), now=times)
@few
def test_exchanges_hold_less_than_there_is(coin: str, now: int) -> None:
    assert 0 < sum(balance(coin, exchange, now) for exchange in EXCHANGES) < supply(coin, now) / 2


def test_a_coin_that_no_exchange_holds_has_no_balances() -> None:
    assert ask(on_chain.BALANCE_LIST, symbol="NOPE") == []
    (chart,) = ask(on_chain.BALANCE_CHART, symbol="NOPE")
    assert not any(chart.values())


@given(now=times, least=st.sampled_from([0, 10_000, 250_000]), page=st.integers(1, 3))
@few
def test_transfers_are_the_newest_of_their_size(now: int, least: int, page: int) -> None:
    rows = ask(on_chain.EXCHANGE_TRANSFERS, now, min_usd=least, page=page, per_page=20)
    moments = [row["transaction_time"] for row in rows]
    assert moments == sorted(moments, reverse=True)
    assert all(now - 2 * DAY <= moment * 1000 <= now for moment in moments)
    assert len(rows) == 20 or least == 250_000  # of which there are few
    assert all(row["amount_usd"] >= least for row in rows)


def test_pages_of_transfers_join() -> None:
    both = ask(on_chain.EXCHANGE_TRANSFERS, page=1, per_page=20)
    assert both == [row for page in (1, 2) for row in ask(on_chain.EXCHANGE_TRANSFERS, page=page, per_page=10)]
    assert set(Counter(row["transaction_hash"] for row in both).values()) == {1}


def test_a_transfer_goes_from_or_to_a_wallet_of_the_exchange() -> None:
    houses: dict[str, set[str]] = {}
    for row in ask(on_chain.EXCHANGE_TRANSFERS, page=1, per_page=100):
        house = {1: "to_address", 2: "from_address", 3: "from_address"}[row["transfer_type"]]
        houses.setdefault(row["exchange_name"], set()).add(row[house])
    assert {len(addresses) for addresses in houses.values()} == {1}


@given(now=times)
@few
def test_whale_transfers_are_of_ten_millions_and_more_within_their_window(now: int) -> None:
    rows = ask(on_chain.WHALE_TRANSFERS, now, start_time=now - 20 * DAY, end_time=now - 10 * DAY, symbol="BTC")
    assert rows
    for row in rows:
        assert float(row["amount_usd"]) >= 10_000_000
        assert now - 20 * DAY <= row["block_timestamp"] * 1000 <= now - 10 * DAY
        assert (row["asset_symbol"], row["blockchain_name"]) == ("BTC", "bitcoin")


@given(now=times)
@few
def test_a_transfers_value_is_its_size_at_the_price(now: int) -> None:
    (price,) = (row["current_price"] for row in ask(spot.COINS_MARKETS, now, page=1, per_page=1))
    for row in ask(on_chain.WHALE_TRANSFERS, now, start_time=now - 2 * DAY, symbol="BTC"):
        assert float(row["amount_usd"]) / float(row["asset_quantity"]) == pytest.approx(price, rel=0.25)


@given(now=times)
@few
def test_what_is_locked_unlocked_and_untracked_is_the_supply(now: int) -> None:
    for row in ask(on_chain.UNLOCKS, now):
        coin = ask(on_chain.VESTING, now, symbol=row["symbol"])
        parts = coin["total_locked"] + coin["total_unlocked"] + coin["total_untracked"]
        assert parts == coin["total_supply"] == sum(int(part["token_amount"]) for part in coin["allocations"])
        assert {name: coin[name] for name in ("total_locked", "total_unlocked", "market_cap")} == {
            name: row[name] for name in ("total_locked", "total_unlocked", "market_cap")
        }
        assert row["circulating_supply"] <= coin["total_supply"] - coin["total_locked"]
        assert row["market_cap"] == pytest.approx(row["price"] * row["circulating_supply"])


@given(now=times)
@few
def test_the_next_unlock_is_ahead_and_unlocks_what_it_says(now: int) -> None:
    for row in ask(on_chain.UNLOCKS, now):
        coin = ask(on_chain.VESTING, now, symbol=row["symbol"])
        if "next_unlock" not in coin:
            assert "next_unlock_date" not in row
            continue
        then, quantity = coin["next_unlock"]["date"], int(coin["next_unlock"]["next_unlock_token_amount"])
        assert (then, quantity) == (row["next_unlock_date"], row["next_unlock_tokens"])
        assert then > now
        assert ask(on_chain.VESTING, then, symbol=row["symbol"])["total_unlocked"] == coin["total_unlocked"] + quantity


def test_unlocking_only_grows_and_ends_with_all_that_is_tracked() -> None:
    coin = ask(on_chain.VESTING, symbol="HYPE")
    amounts = [int(day["unlocked_token_amount"]) for day in coin["chart"]]
    assert amounts == sorted(amounts)
    assert amounts[-1] == coin["total_supply"] - coin["total_untracked"]
    assert [day["is_tge"] for day in coin["chart"]] == [True] + [False] * (len(amounts) - 1)


def test_a_coin_without_a_lock_has_no_schedule() -> None:
    assert ask(on_chain.VESTING, symbol="BTC") == []
