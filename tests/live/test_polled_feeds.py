"""Series that are polled: one request for each refresh, what is said of failures, and the end with the last client."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from cg_client.call import count_upstream_calls
from cg_client.plans.key_plan import KeyPlan
from cg_client.plans.plan_table import Plan
from cg_client.quota.requester import Priority
from live.feed import GATED_SECONDS
from tests.live.rig import PRICE, PRICE_PATH, LiveRig, Reader

HOUR_MS = 3_600_000
REFRESH = 5.0  # seconds, of prices
MARKETS_PATH = "/api/futures/coins-markets"
RATES_PATH = "/api/futures/funding-rate/exchange-list"
BROKEN = httpx.Response(500, json={"code": "500", "msg": "Server error"})


@pytest.fixture
async def rig() -> AsyncIterator[LiveRig]:
    rig = LiveRig()
    serve_prices(rig)
    yield rig
    await rig.close()


def serve_prices(rig: LiveRig, *closes: float) -> None:
    """Let CoinGlass have candles of the last hours with these closes, the last of which is of the hour under way."""
    closes = closes or (1.0, 2.0, 3.0)
    now = int(rig.clock.now().timestamp() * 1000) // HOUR_MS * HOUR_MS
    times = [now - HOUR_MS * (len(closes) - 1 - index) for index in range(len(closes))]
    rig.rest.data[PRICE_PATH] = [
        {"time": time, "open": 1, "high": 1, "low": 1, "close": close, "volume_usd": 1}
        for time, close in zip(times, closes, strict=True)
    ]


def closes(value: dict[str, Any]) -> list[float]:
    return [candle["close"] for candle in value["data"]["candles"]]


async def test_a_series_comes_as_it_is_and_then_as_the_points_that_changed(rig: LiveRig) -> None:
    reader = await rig.subscribe(PRICE)
    serve_prices(rig, 1.0, 2.0, 4.0)
    await rig.elapse(REFRESH)
    assert reader.kinds == ["POLLED", "snapshot", "changes"]
    assert reader.values[0]["periodSeconds"] == REFRESH
    assert closes(reader.values[1]) == [1.0, 2.0, 3.0]
    assert closes(reader.values[2]) == [4.0]


async def test_an_answer_that_is_the_same_is_no_event(rig: LiveRig) -> None:
    reader = await rig.subscribe(PRICE)
    await rig.elapse(10 * REFRESH)
    assert reader.kinds == ["POLLED", "snapshot"]
    assert rig.calls(PRICE_PATH) == 11


async def test_one_poll_serves_all_clients_operations_and_windows_of_a_series(rig: LiveRig) -> None:
    readers = [await rig.subscribe(PRICE) for _ in range(20)]
    readers += [await rig.subscribe(PRICE.replace("close", "open close"))]
    readers += [await rig.subscribe(PRICE, last=last) for last in (2, 4, 500, 1000)]
    await rig.elapse(1)
    before = rig.calls(PRICE_PATH)
    await rig.elapse(20 * REFRESH)
    assert rig.calls(PRICE_PATH) - before == 20
    assert all("snapshot" in reader.kinds for reader in readers)


async def test_windows_that_begin_between_two_polls_share_the_next_ones(rig: LiveRig) -> None:
    for last in (3, 4, 700):
        await rig.subscribe(PRICE, last=last)
        await rig.elapse(2)
    await rig.elapse(REFRESH)
    before = rig.calls(PRICE_PATH)
    await rig.elapse(20 * REFRESH)
    assert rig.calls(PRICE_PATH) - before == 20


async def test_a_market_wide_list_is_polled_once_for_all_who_watch_rows_of_it() -> None:
    rig = LiveRig()
    markets = "subscription($coins: [String!]) { coinMarkets(coins: $coins) { ... on Problem { code } } }"
    rates = "subscription($coin: String!) { currentFundingRates(coin: $coin) { ... on Problem { code } } }"
    for coin in ("BTC", "ETH", "SOL"):
        await rig.subscribe(markets, coins=[coin])
        await rig.subscribe(rates, coin=coin)
        await rig.elapse(1)
    before = rig.rest.calls.copy()
    await rig.elapse(60)
    for path in (MARKETS_PATH, RATES_PATH):
        assert 0 < before[path] <= 2, path
        assert 1 <= rig.calls(path) - before[path] <= 60 // REFRESH, path
    await rig.close()


async def test_polls_stop_with_the_last_client(rig: LiveRig) -> None:
    first, second = await rig.subscribe(PRICE), await rig.subscribe(PRICE)
    first.close()
    await rig.elapse(REFRESH)
    assert rig.calls(PRICE_PATH) == 2
    second.close()
    await rig.elapse(20 * REFRESH)
    assert rig.calls(PRICE_PATH) == 2
    assert len(rig.feeds) == len(rig.broadcasts) == rig.upstream.uses == rig.clock.sleeping == 0


async def test_clients_that_come_and_go_within_a_refresh_cause_one_poll(rig: LiveRig) -> None:
    for _ in range(30):
        (await rig.subscribe(PRICE)).close()
        await rig.elapse(0.1)
    assert rig.calls(PRICE_PATH) == 1


async def test_a_client_that_comes_back_in_time_misses_nothing(rig: LiveRig) -> None:
    reader = await rig.subscribe(PRICE)
    reader.close()
    await rig.elapse(20)
    serve_prices(rig, 1.0, 5.0, 6.0)
    again = await rig.subscribe(PRICE, after=reader.cursor)
    await rig.elapse(1)
    assert again.kinds == ["changes"]
    assert closes(again.values[0]) == [5.0, 6.0]


async def test_a_client_that_comes_back_too_late_is_told_of_the_gap_and_gets_a_snapshot(rig: LiveRig) -> None:
    reader = await rig.subscribe(PRICE)
    reader.close()
    await rig.elapse(40)
    serve_prices(rig, 1.0, 2.0, 4.0)
    again = await rig.subscribe(PRICE, after=reader.cursor)
    assert again.kinds == ["RESUMED", "POLLED", "snapshot"]
    assert again.values[0]["gapSeconds"] == pytest.approx(40, abs=1)


async def test_a_client_that_comes_back_late_gets_nothing_again_that_it_has(rig: LiveRig) -> None:
    reader = await rig.subscribe(PRICE)
    reader.close()
    await rig.elapse(40)
    assert len(rig.feeds) == 0
    again = await rig.subscribe(PRICE, after=reader.cursor)
    assert again.kinds == []
    serve_prices(rig, 1.0, 2.0, 4.0)
    await rig.elapse(REFRESH)
    assert again.kinds == ["changes"]


async def test_a_client_goes_on_at_another_replica_that_has_had_the_same(rig: LiveRig) -> None:
    other = LiveRig()
    serve_prices(other)
    await other.subscribe(PRICE)
    reader = await rig.subscribe(PRICE)
    for replica in (rig, other):
        serve_prices(replica, 1.0, 2.0, 4.0)
        await replica.elapse(REFRESH)
    serve_prices(other, 1.0, 3.0, 6.0)
    await other.elapse(REFRESH)
    elsewhere = await other.subscribe(PRICE, after=reader.cursor)
    assert elsewhere.kinds == ["changes"]
    assert closes(elsewhere.values[0]) == [3.0, 6.0]
    await other.close()


async def test_a_client_goes_on_at_another_replica_that_begins_with_the_same(rig: LiveRig) -> None:
    other = LiveRig()
    serve_prices(other)
    reader = await rig.subscribe(PRICE)
    elsewhere = await other.subscribe(PRICE, after=reader.cursor)
    serve_prices(other, 1.0, 2.0, 4.0)
    await other.elapse(REFRESH)
    assert elsewhere.kinds == ["changes"]
    await other.close()


async def test_a_client_goes_on_at_a_replica_that_has_not_asked_for_a_while(rig: LiveRig) -> None:
    other = LiveRig()
    for replica in (rig, other):
        serve_prices(replica)
    (await other.subscribe(PRICE)).close()
    for replica in (rig, other):
        serve_prices(replica, 1.0, 2.0, 4.0)
        await replica.elapse(2 * REFRESH)
    reader = await rig.subscribe(PRICE)
    elsewhere = await other.subscribe(PRICE, after=reader.cursor)
    assert elsewhere.kinds == []
    await other.close()


async def test_a_client_whose_series_a_replica_never_had_is_told_of_the_gap(rig: LiveRig) -> None:
    other = LiveRig()
    serve_prices(other, 1.0, 2.0, 9.0)
    reader = await rig.subscribe(PRICE)
    elsewhere = await other.subscribe(PRICE, after=reader.cursor)
    assert elsewhere.kinds == ["RESUMED", "POLLED", "snapshot"]
    await other.close()


async def test_a_cursor_after_a_notice_is_valid_at_another_replica(rig: LiveRig) -> None:
    other = LiveRig()
    serve_prices(other)
    reader = await rig.subscribe(PRICE)
    rig.rest.failing[PRICE_PATH] = BROKEN
    await rig.elapse(3_600 + REFRESH)
    assert reader.kinds[-1] == "UPSTREAM_ERROR"
    again = await other.subscribe(PRICE, after=(await rig.subscribe(PRICE)).cursor)
    assert again.kinds == []
    await other.close()


async def test_a_client_that_is_cut_before_its_snapshot_gets_one_when_it_comes_back(rig: LiveRig) -> None:
    await rig.subscribe(PRICE)
    reader = await rig.subscribe(PRICE)
    status, snapshot = reader.values
    assert snapshot["isSnapshot"]
    again = await rig.subscribe(PRICE, after=status["cursor"])
    assert "snapshot" in again.kinds


async def test_a_failure_is_said_once_and_its_end_as_well(rig: LiveRig) -> None:
    reader = await rig.subscribe(PRICE)
    reader.forget()
    rig.rest.failing[PRICE_PATH] = BROKEN
    await rig.elapse(60)
    assert reader.kinds == ["UPSTREAM_ERROR"]
    del rig.rest.failing[PRICE_PATH]
    serve_prices(rig, 1.0, 2.0, 9.0)
    await rig.elapse(60)
    assert reader.kinds == ["UPSTREAM_ERROR", "RESUMED", "changes"]
    assert reader.values[1]["gapSeconds"] >= 60


async def test_a_client_that_comes_during_a_failure_hears_of_it_and_gets_what_there_is(rig: LiveRig) -> None:
    await rig.subscribe(PRICE)
    rig.rest.failing[PRICE_PATH] = BROKEN
    await rig.elapse(30)
    reader = await rig.subscribe(PRICE)
    assert reader.kinds == ["POLLED", "UPSTREAM_ERROR", "snapshot"]


async def test_a_fault_of_the_server_is_said_and_does_not_end_the_polls(
    rig: LiveRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = await rig.subscribe(PRICE)
    reader.forget()
    with monkeypatch.context() as patch:
        patch.setattr("live.polled_feed.changed_part", lambda *_: 1 / 0)
        await rig.elapse(3 * REFRESH)
    serve_prices(rig, 1.0, 2.0, 9.0)
    await rig.elapse(3 * REFRESH)
    assert reader.kinds[:1] == ["UPSTREAM_ERROR"]
    assert "changes" in reader.kinds


@pytest.mark.parametrize(
    "query",
    [
        PRICE.replace("$last: Int = 3", "$last: Int = 0"),
        PRICE.replace("BTC/USDT", "NOPE/USDT"),
        PRICE.replace("Binance", "Nowhere"),
    ],
)
async def test_what_does_not_exist_ends_the_stream_and_is_not_requested(rig: LiveRig, query: str) -> None:
    reader = await rig.subscribe(query)
    await rig.elapse(1)
    assert reader.kinds[-1] == "BAD_USER_INPUT"
    assert reader.client.is_ended
    assert rig.calls(PRICE_PATH) == 0
    reader.close()
    await rig.elapse(1)
    assert len(rig.feeds) == len(rig.broadcasts) == 0


async def test_a_series_that_the_plan_lacks_is_said_once_and_comes_after_an_upgrade() -> None:
    rig = LiveRig(Plan.HOBBYIST)
    reader = await rig.subscribe(PRICE.replace("H1", "M1"))
    await rig.elapse(3 * GATED_SECONDS)
    assert reader.kinds == ["POLLED", "INTERVAL_TOO_FINE"]
    assert not reader.client.is_ended
    assert rig.calls(PRICE_PATH) == 0
    rig.sandbox.plan = Plan.PROFESSIONAL
    rig.client.gate.know(KeyPlan(declared=Plan.PROFESSIONAL))
    await rig.elapse(GATED_SECONDS + 1)
    assert reader.kinds == ["POLLED", "INTERVAL_TOO_FINE", "snapshot"]
    await rig.close()


async def test_only_the_first_poll_is_charged_to_the_client(rig: LiveRig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.subscribe(PRICE)  # so that the names are known
    late: list[None] = []
    priorities = []
    get = type(rig.client).get

    def noting(client: Any, call: Any, deadline: float, requester: Any, **options: Any) -> Any:
        priorities.append(requester.priority)
        return get(client, call, deadline, requester, **options)

    monkeypatch.setattr(type(rig.client), "get", noting)
    query = PRICE.replace("BTC/USDT", "ETH/USDT")
    with count_upstream_calls() as calls:
        await rig.broadcasts.join(await rig.operation(query), rig.upstream)
    calls.on_late = lambda: late.append(None)
    sent = calls.sent
    await rig.settle()
    assert sent + len(late) == 1
    assert Priority.INTERACTIVE in priorities
    await rig.elapse(REFRESH)
    priorities.clear()
    await rig.elapse(10 * REFRESH)
    assert sent + len(late) == 1
    assert set(priorities) == {Priority.REFRESH}


async def test_polls_go_on_when_the_client_that_started_them_has_left(rig: LiveRig) -> None:
    first = await rig.broadcasts.join(await rig.operation(PRICE), rig.upstream)
    second = Reader(await rig.broadcasts.join(await rig.operation(PRICE), rig.upstream))
    first.close()
    await rig.settle()
    assert second.kinds == ["POLLED", "snapshot"]
