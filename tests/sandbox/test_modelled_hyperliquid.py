"""Hyperliquid of the modelled market: positions fit the price, the lists, the wallets and the tiers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.endpoint import Endpoint
from cg_client.endpoints import futures
from sandbox.market.prices import price
from tests.sandbox.modelled import DAY, NOW, ask, few, times

api = futures.hyperliquid
MINUTE = 60_000
TAGS = ["Shrimp", "Whale", "Leviathan", "Smart_Money", "Giga_Rekt"]


@given(now=times)
@few
def test_a_position_is_not_liquidated_and_earns_what_the_price_moved(now: int) -> None:
    rows = ask(api.WHALE_POSITIONS, now)
    assert len(rows) > 50
    for row in rows:
        mark, size = row["mark_price"], row["position_size"]
        assert mark == price(row["symbol"], now // MINUTE * MINUTE)
        assert (row["liq_price"] < min(mark, row["entry_price"])) == (size > 0)
        assert (row["liq_price"] > max(mark, row["entry_price"])) == (size < 0)
        assert row["unrealized_pnl"] == pytest.approx(size * (mark - row["entry_price"]), abs=1e-3)
        assert row["position_value_usd"] == pytest.approx(abs(size) * mark, abs=1e-3)
        assert row["margin_balance"] == pytest.approx(row["position_value_usd"] / row["leverage"], abs=1e-3)
        assert row["create_time"] <= row["update_time"] <= now
        assert row["position_value_usd"] >= 1_000_000


@given(now=times)
@few
def test_an_entry_is_the_price_at_which_the_position_was_opened(now: int) -> None:
    for row in ask(api.WHALE_POSITIONS, now)[:20]:
        assert row["entry_price"] == price(row["symbol"], row["create_time"])


@given(now=times)
@few
def test_pages_of_positions_are_all_there_are(now: int) -> None:
    first = ask(api.POSITIONS, now, symbol="ETH", current_page=1)
    pages = [ask(api.POSITIONS, now, symbol="ETH", current_page=page) for page in range(1, first["total_pages"] + 2)]
    rows = [row for page in pages for row in page["list"]]
    assert pages[-1]["list"] == []
    whales = [row for row in ask(api.WHALE_POSITIONS, now) if row["symbol"] == "ETH"]
    assert [row for row in rows if row["position_value_usd"] >= 1_000_000] == whales


@given(now=times)
@few
def test_positions_are_less_than_the_open_interest(now: int) -> None:
    listed = ask(futures.open_interest.EXCHANGE_LIST, now, symbol="BTC")
    (total,) = (row["open_interest_usd"] for row in listed if row["exchange"] == "Hyperliquid")
    pages = ask(api.POSITIONS, now, symbol="BTC", current_page=1)["total_pages"]
    rows = [
        row for page in range(1, pages + 1) for row in ask(api.POSITIONS, now, symbol="BTC", current_page=page)["list"]
    ]
    assert 0.1 * total < sum(row["position_value_usd"] for row in rows) < 1.5 * total


@given(now=times)
@few
def test_a_wallet_holds_what_the_lists_show_of_it(now: int) -> None:
    rows = ask(api.WHALE_POSITIONS, now)
    user = rows[0]["user"]
    wallet = ask(api.WALLET, now, user_address=user)
    held = {(one["position"]["coin"], one["position"]["szi"]) for one in wallet["asset_positions"]}
    assert {(row["symbol"], row["position_size"]) for row in rows if row["user"] == user} <= held


@given(now=times, digits=st.text("0123456789abcdef", min_size=40, max_size=40))
@few
def test_a_wallets_equity_is_its_balance_and_the_value_of_its_positions(now: int, digits: str) -> None:
    wallet = ask(api.WALLET, now, user_address=f"0x{digits}")
    summary = wallet["margin_summary"]
    positions = [one["position"] for one in wallet["asset_positions"]]
    signed = sum(one["position_value"] * (1 if one["szi"] > 0 else -1) for one in positions)
    assert summary["account_value"] == pytest.approx(summary["total_raw_usd"] + signed, abs=0.01)
    assert summary["total_ntl_pos"] == pytest.approx(sum(one["position_value"] for one in positions), abs=0.01)
    assert 0 <= wallet["withdrawable"] <= wallet["cross_margin_summary"]["account_value"] <= summary["account_value"]
    for one in positions:
        spent = abs(one["szi"]) * one["entry_px"] / one["leverage"]["value"]
        assert one["return_on_equity"] == pytest.approx(one["unrealized_pnl"] / spent, abs=1e-6)


@given(now=times)
@few
def test_alerts_are_the_newest_two_hundred_above_a_million(now: int) -> None:
    rows = ask(api.WHALE_ALERTS, now)
    moments = [row["create_time"] for row in rows]
    assert moments == sorted(moments, reverse=True)
    assert moments[0] <= now
    assert 20 < len(rows) <= 200
    assert all(row["position_value_usd"] >= 1_000_000 for row in rows)
    assert {row["position_action"] for row in rows} == {1, 2}


@given(now=times)
@few
def test_what_was_opened_is_open_until_it_is_closed(now: int) -> None:
    alerts = ask(api.WHALE_ALERTS, now)
    closed = {(row["user"], row["position_size"]) for row in alerts if row["position_action"] == 2}
    opened = {(row["user"], row["position_size"]): row for row in alerts if row["position_action"] == 1}
    standing = {(row["user"], row["position_size"]) for row in ask(api.WHALE_POSITIONS, now)}
    for key, row in opened.items():
        mark = price(row["symbol"], now // MINUTE * MINUTE)
        is_alive = row["liq_price"] < mark if row["position_size"] > 0 else row["liq_price"] > mark
        is_large = abs(row["position_size"]) * mark >= 1_000_000
        if key not in closed and is_alive and is_large and row["create_time"] < now // MINUTE * MINUTE:
            assert key in standing


@pytest.mark.parametrize(
    "endpoint", [api.POSITION_DISTRIBUTION, api.PNL_DISTRIBUTION], ids=lambda endpoint: endpoint.path
)
@given(now=times)
@few
def test_longs_and_shorts_of_all_tiers_are_equal(endpoint: Endpoint, now: int) -> None:
    tiers = ask(endpoint, now)
    long, short = (sum(tier[f"{side}_position_usd"] for tier in tiers) for side in ("long", "short"))
    assert long == pytest.approx(short, abs=1)
    for tier in tiers:
        assert tier["position_usd"] == pytest.approx(tier["long_position_usd"] + tier["short_position_usd"], abs=1e-3)
        assert tier["long_position_usd_percent"] + tier["short_position_usd_percent"] == pytest.approx(100)
        assert tier["profit_address_percent"] + tier["loss_address_percent"] == pytest.approx(100)
        assert tier["profit_address_count"] + tier["loss_address_count"] == tier["position_address_count"]
        assert tier["position_address_count"] <= tier["all_address_count"]
        assert -1 <= tier["bias_score"] <= 1


def test_tiers_join_at_their_bounds() -> None:
    tiers = ask(api.POSITION_DISTRIBUTION)
    assert [tier["maximum_amount"] for tier in tiers[:-1]] == [tier["minimum_amount"] for tier in tiers[1:]]
    assert (tiers[0]["minimum_amount"], tiers[-1]["maximum_amount"]) == (0, None)


@pytest.mark.parametrize("tag", TAGS)
def test_a_tags_history_ends_at_its_tier(tag: str) -> None:
    hour = NOW // 3_600_000 * 3_600_000
    tiers = ask(api.POSITION_DISTRIBUTION, hour) + ask(api.PNL_DISTRIBUTION, hour)
    (tier,) = (tier for tier in tiers if tier["group_name"] == tag)
    *_, latest = ask(api.POSITION_DISTRIBUTION_BY_TAG, hour, wallet_tag=tag, interval="1h", limit=3)
    assert {name: latest[name] for name in latest if name in tier} == {
        name: tier[name] for name in latest if name in tier
    } | {"group_name": tag.lower()}


def test_a_tags_window_ends_before_its_end_and_begins_with_the_data() -> None:
    day = NOW // DAY * DAY
    rows = ask(
        api.POSITION_DISTRIBUTION_BY_TAG, wallet_tag="Whale", interval="1d", start_time=day - 5 * DAY, end_time=day
    )
    assert [row["time"] for row in rows] == [day - back * DAY for back in (5, 4, 3, 2, 1)]
    first, *_ = ask(api.POSITION_DISTRIBUTION_BY_TAG, wallet_tag="Whale", interval="1d", start_time=0)
    assert first["time"] == 1_773_964_800_000  # 2026-03-20


@given(coin=st.sampled_from(["BTC", "ETH", "HYPE"]), now=times)
@few
def test_long_and_short_accounts_are_all_accounts(coin: str, now: int) -> None:
    for row in ask(api.LONG_SHORT_ACCOUNTS, now, symbol=coin, interval="1h", limit=20):
        counts = [row[f"global_account_{side}_count"] for side in ("long", "short", "total")]
        assert counts[0] + counts[1] == counts[2]
        assert row["global_account_long_percent"] == pytest.approx(100 * counts[0] / counts[2], abs=0.01)
        assert row["global_account_long_percent"] + row["global_account_short_percent"] == pytest.approx(100)
        assert row["global_account_long_short_ratio"] == pytest.approx(counts[0] / counts[1], abs=1e-4)


@given(now=times, tag=st.sampled_from(TAGS))
@few
def test_accounts_by_tag_lean_as_their_positions_do(now: int, tag: str) -> None:
    for row in ask(api.LONG_SHORT_ACCOUNTS_BY_TAG, now, symbol="BTC", wallet_tag=tag, interval="1d", limit=10):
        assert row["group_name"] == tag.lower()
        accounts = row["account_long_count"] + row["account_short_count"]
        usd = row["long_position_usd"] + row["short_position_usd"]
        assert row["account_long_count"] / accounts == pytest.approx(
            row["long_position_usd"] / usd, abs=1.01 / accounts
        )
