"""Values that no documented answer has, and that CoinGlass may send all the same: each costs itself alone."""

from typing import Any

import pytest

from cg_client.plans.plan_table import Plan
from sandbox.samples import sample
from tests.clock import START, FakeClock
from tests.upstream import StubUpstream, ask, field

PRICE = "/api/futures/price/history"
LARGE_ORDERS = "/api/futures/orderbook/large-limit-order"
HOLDINGS = "/api/grayscale/holdings-list"
HEATMAP = "/api/futures/liquidation/heatmap/model2"
LIQUIDATIONS = "/api/futures/liquidation/history"
PAIRS = "/api/futures/supported-exchange-pairs"
HOUR = 3_600_000
NOW = round(START.timestamp() * 1000)
MOMENT = 'interval: H1, from: "2026-07-01T08:30:00Z", to: "2026-07-01T08:30:00Z"'
ANOMALIES = "source { anomalies { kind field count } }"


def of_pair(selection: str) -> str:
    return f'{{ pair(exchange: "Binance", symbol: "BTCUSDT") {{ it: {selection} }} }}'


def body(data: Any) -> dict[str, Any]:
    return {"code": "0", "data": data}


def candle(hours_ago: int, **values: Any) -> dict[str, Any]:
    figures = dict.fromkeys(("open", "high", "low", "close", "volume_usd"), "1.5")
    return {"time": NOW - hours_ago * HOUR, **figures, **values}


async def prices(rows: list[dict[str, Any]] | bytes, arguments: str = "interval: H1, last: 3") -> dict[str, Any]:
    upstream = StubUpstream({PRICE: rows if isinstance(rows, bytes) else body(rows)}, clock=FakeClock())
    series = f"... on PriceSeries {{ candles {{ time close }} truncated {ANOMALIES} }} ... on Problem {{ code }}"
    result: dict[str, Any] = await field(of_pair(f"price({arguments}) {{ {series} }}"), upstream)
    return result


def anomalies_of(answer: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(item["kind"], item["field"], item["count"]) for item in answer["source"]["anomalies"]]


async def test_an_empty_text_as_an_order_price_is_null() -> None:
    rows = [sample(LARGE_ORDERS)["data"][0] | {"price": ""}, sample(LARGE_ORDERS)["data"][0]]
    selection = f"largeOrders {{ ... on LargeOrders {{ orders {{ price }} {ANOMALIES} }} }}"
    answer = await field(of_pair(selection), StubUpstream({LARGE_ORDERS: body(rows)}))
    assert [order["price"] is None for order in answer["orders"]] == [True, False]
    assert ("VALUE_UNREADABLE", "price", 1) in anomalies_of(answer)


async def test_a_null_under_one_alias_lets_the_other_alias_count() -> None:
    row = sample(LARGE_ORDERS)["data"][0]
    rows = [{**row, "price": None, "limit_price": 100}, {**row, "start_usd_value": "x"}]
    selection = f"largeOrders {{ ... on LargeOrders {{ orders {{ price }} {ANOMALIES} }} }}"
    answer = await field(of_pair(selection), StubUpstream({LARGE_ORDERS: body(rows)}))
    assert answer["orders"][0]["price"] == 100.0
    assert "price" not in [name for _, name, _ in anomalies_of(answer)]


@pytest.mark.parametrize("date", ["", "x"])
async def test_a_row_with_an_invalid_date_is_skipped(date: str) -> None:
    path = "/api/index/ahr999"
    rows = [row | {"date_string": date} for row in sample(path)["data"][:1]] + sample(path)["data"][:1]
    selection = f"{{ indicators {{ it: ahr999 {{ ... on AHR999 {{ points {{ time }} {ANOMALIES} }} }} }} }}"
    answer = await field(selection, StubUpstream({path: body(rows)}))
    assert (len(answer["points"]), anomalies_of(answer)) == (1, [("ROW_SKIPPED", "date_string", 1)])


async def test_a_day_without_any_stablecoin_has_no_sum() -> None:
    path = "/api/index/stableCoin-marketCap-history"
    days = {"time_list": [1_795_000_000, 1_795_086_400], "price_list": [1, 1], "data_list": [{}, {"USDT": 5}]}
    selection = "{ indicators { it: stablecoinMarketCap { ... on StablecoinMarketCap { points { marketCapUsd } } } } }"
    answer = await field(selection, StubUpstream({path: body(days)}))
    assert [day["marketCapUsd"] for day in answer["points"]] == [None, 5.0]


async def test_a_number_too_large_for_a_float_is_null() -> None:
    rows = b'{"code":"0","data":[%s]}' % b",".join(
        b'{"time":%d,"open":"1","high":"1","low":"1","close":%s,"volume_usd":"1"}' % (NOW - hour * HOUR, close)
        for hour, close in ((2, b"1e999"), (1, b"9" * 5000), (0, b"7"))
    )
    answer = await prices(rows)
    assert [item["close"] for item in answer["candles"]] == [None, None, 7.0]
    assert anomalies_of(answer) == [("VALUE_UNREADABLE", "close", 2)]


async def test_half_a_surrogate_pair_is_not_a_figure() -> None:
    rows = b'{"code":"0","data":[{"time":%d,"open":"\\ud800","high":"1","low":"1","close":"2","volume_usd":"1"}]}' % NOW
    answer = await prices(rows)
    assert [item["close"] for item in answer["candles"]] == [2.0]
    assert anomalies_of(answer) == [("VALUE_UNREADABLE", "open", 1)]


@pytest.mark.parametrize("depth", [1500, 6000])
async def test_a_value_that_is_nested_deeply_breaks_no_other_field(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    rows = b'{"code":"0","data":[{"time":%d,"open":"1","high":"1","low":"1","close":%s,"volume_usd":"1"}]}'
    answer = await prices(rows % (NOW, nested))
    assert answer.get("code") in ("BAD_PAYLOAD", "UPSTREAM_ERROR", None)


async def test_a_message_that_is_not_text_is_ignored_beside_data() -> None:
    answer = await prices(b'{"code":"0","msg":{"a":1},"data":[]}')
    assert answer["candles"] == []


async def test_sums_of_figures_too_large_to_add_are_null() -> None:
    path = "/api/futures/v2/net-position/history"
    rows = [row | {"net_long_change": 1e308} for row in sample(path)["data"] * 4]
    rows = [row | {"time": NOW - hour * HOUR} for hour, row in enumerate(rows)]
    selection = "netPosition(interval: H1, last: 4) { ... on NetPositionSeries { bars { cumulativeLongQuantity } } }"
    answer = await field(of_pair(selection), StubUpstream({path: body(rows)}, clock=FakeClock()))
    assert [bar["cumulativeLongQuantity"] for bar in answer["bars"]][1:] == [None] * (len(answer["bars"]) - 1)


async def test_a_profile_of_liquidations_too_large_to_add_fails_alone() -> None:
    rows = [{"time": NOW - hour * HOUR, "long_liquidation_usd": 1e308, "short_liquidation_usd": 1} for hour in range(3)]
    upstream = StubUpstream(
        {LIQUIDATIONS: body(rows), PRICE: body([candle(hour) for hour in range(3)])}, clock=FakeClock()
    )
    selection = "liquidationProfile(interval: H1, last: 3) { ... on Unavailable { code } }"
    assert await field(of_pair(selection), upstream) == {"code": "BAD_PAYLOAD"}


async def test_only_bars_without_a_price_count_as_such() -> None:
    rows = [{"time": NOW - hour * HOUR, "long_liquidation_usd": None, "short_liquidation_usd": 1} for hour in range(3)]
    upstream = StubUpstream(
        {LIQUIDATIONS: body(rows), PRICE: body([candle(hour) for hour in (0, 1)])}, clock=FakeClock()
    )
    selection = "liquidationProfile(interval: H1, last: 3) { ... on LiquidationProfile { count barsWithoutPrice } }"
    assert await field(of_pair(selection), upstream) == {"count": 0, "barsWithoutPrice": 1}


@pytest.mark.parametrize("index", [3_000_000_000, 12345678901234567890123])
async def test_a_heatmap_cell_with_an_impossible_index_is_skipped(index: int) -> None:
    data = sample(HEATMAP)["data"]
    cells = data["liquidation_leverage_data"]
    upstream = StubUpstream({HEATMAP: body(data | {"liquidation_leverage_data": [*cells, [index, 0, 1.5]]})})
    heatmap = f"... on LiquidationHeatmap {{ cells {{ value }} {ANOMALIES} }}"
    selection = f"liquidationHeatmap(range: H24, model: MODEL2) {{ {heatmap} }}"
    answer = await field(of_pair(selection), upstream)
    assert len(answer["cells"]) == len(cells)
    assert [kind for kind, _, _ in anomalies_of(answer)] == ["ROW_SKIPPED"]


@pytest.mark.parametrize("time", [0, 5, -1])
async def test_a_time_before_all_markets_is_not_a_time(time: int) -> None:
    answer = await prices([candle(1), candle(0), candle(0, time=time)])
    assert [item["time"] for item in answer["candles"]] == ["2026-07-01T11:00:00Z", "2026-07-01T12:00:00Z"]
    assert anomalies_of(answer) == [("ROW_SKIPPED", "time", 1)]


async def test_a_zero_for_an_optional_time_is_null_without_an_anomaly() -> None:
    path = "/api/futures/pairs-markets"
    rows = [row | {"next_funding_time": 0} for row in sample(path)["data"]]
    selection = f"market {{ ... on PairMarket {{ nextFundingTime {ANOMALIES} }} }}"
    answer = await field(of_pair(selection), StubUpstream({path: body(rows)}))
    assert answer["nextFundingTime"] is None
    assert "next_funding_time" not in [name for _, name, _ in anomalies_of(answer)]


async def test_the_last_of_rows_with_equal_times_wins_and_a_conflict_is_reported() -> None:
    answer = await prices([candle(1), candle(0, close="1"), candle(0, close="2"), candle(1)])
    assert [item["close"] for item in answer["candles"]] == [1.5, 2.0]
    assert anomalies_of(answer) == [("ROW_SKIPPED", "time", 1)]


async def test_newest_points_that_all_lie_before_the_window_are_incomplete() -> None:
    answer = await prices([candle(hour + 9000) for hour in (3, 2, 1)])
    assert len(answer["candles"]) == 3
    assert answer["truncated"] == "INCOMPLETE"


async def test_an_instrument_that_is_listed_twice_does_not_stop_the_pages() -> None:
    rows = [{"instrument_id": code, "base_asset": "A", "quote_asset": "B"} for code in ("A", "B", "B", "C")]
    upstream, after, seen = StubUpstream({PAIRS: body({"Binance": rows})}), "", []
    for _ in range(4):
        page = f"pairs(first: 1{after}) {{ nodes {{ symbol }} pageInfo {{ hasNextPage endCursor }} }}"
        result = (await ask(f"{{ {page} }}", upstream))["data"]["pairs"]
        seen += [node["symbol"] for node in result["nodes"]]
        if not result["pageInfo"]["hasNextPage"]:
            break
        after = f', after: "{result["pageInfo"]["endCursor"]}"'
    assert seen == ["A", "B", "C"]


async def test_a_row_whose_name_is_empty_is_skipped() -> None:
    rows = [sample(HOLDINGS)["data"][0] | {"symbol": name} for name in ("", "BTC")]
    selection = (
        f"{{ grayscale {{ it: holdings {{ ... on GrayscaleHoldings {{ holdings {{ symbol }} {ANOMALIES} }} }} }} }}"
    )
    answer = await field(selection, StubUpstream({HOLDINGS: body(rows)}))
    assert [row["symbol"] for row in answer["holdings"]] == ["BTC"]
    assert ("ROW_SKIPPED", "symbol", 1) in anomalies_of(answer)


async def test_an_unknown_plan_level_is_the_only_null_of_the_account() -> None:
    path = "/api/user/account/subscription"
    data = sample(path)["data"] | {"level": "ULTRA"}
    selection = f"{{ it: coinglassAccount {{ ... on CoinglassAccount {{ plan expired {ANOMALIES} }} }} }}"
    answer = await field(selection, StubUpstream({path: body(data)}))
    assert (answer["plan"], answer["expired"]) == (None, sample(path)["data"]["expired"])
    assert anomalies_of(answer) == [("VALUE_UNREADABLE", "level", 1)]


@pytest.mark.parametrize(("policy", "expected"), [("FAIL", "HISTORY_TOO_DEEP"), ("CLIP", "PLAN_HISTORY")])
async def test_the_stricter_of_plan_and_retention_applies(policy: str, expected: str) -> None:
    upstream = StubUpstream(clock=FakeClock())
    selection = f'footprint(interval: M5, from: "2026-04-27T00:00:00Z", onPlanLimit: {policy})'
    problem = "... on FootprintSeries { truncated } ... on Problem { code }"
    answer = await field(of_pair(f"{selection} {{ {problem} }}"), upstream)
    assert expected in answer.values()


async def test_a_window_of_one_moment_is_the_bar_that_contains_it() -> None:
    answer = await prices([candle(hour) for hour in range(20)], MOMENT)
    assert [item["time"] for item in answer["candles"]] == ["2026-07-01T08:00:00Z"]


async def test_coarser_bars_cover_the_whole_requested_span() -> None:
    upstream = StubUpstream(plan=Plan.HOBBYIST, clock=FakeClock())
    selection = 'price(interval: M5, from: "2026-07-01T09:00:00Z", to: "2026-07-01T10:00:00Z", onPlanLimit: COARSEN)'
    answer = await field(of_pair(f"{selection} {{ ... on PriceSeries {{ interval candles {{ time }} }} }}"), upstream)
    assert answer == {"interval": "H4", "candles": [{"time": "2026-07-01T08:00:00Z"}]}
