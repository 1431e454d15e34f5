"""What is particular to indicators: days as text, positional rows, lists that may be empty, coins without figures."""

from typing import Any

import pytest

from tests.test_samples import decoded
from tests.upstream import StubUpstream, field

AHR999 = "/api/index/ahr999"
RAINBOW = "/api/index/bitcoin/rainbow-chart"
STABLECOINS = "/api/index/stableCoin-marketCap-history"


@pytest.mark.parametrize("text", ["2011/02/01", "2011-02-01"])
async def test_a_day_as_text_is_its_midnight_in_utc(text: str) -> None:
    actual = await decoded(AHR999, lambda rows: [rows[0] | {"date_string": text}])
    assert (actual["latest"]["time"], actual["latest"]["timestamp"]) == ("2011-02-01T00:00:00Z", 1_296_518_400_000)


@pytest.mark.parametrize("text", ["", "today", "01/02/2011", "2011/13/01"])
async def test_an_invalid_day_is_refused_by_its_field_name(text: str) -> None:
    actual = await decoded(AHR999, lambda rows: [rows[0] | {"date_string": text}])
    assert (actual["code"], "date_string" in actual["message"]) == ("BAD_PAYLOAD", True)


@pytest.mark.parametrize("row", [[0.07, 1282003200000], [*[0.07] * 12, 1282003200000], [*[0.07] * 11, None]])
async def test_a_rainbow_row_of_another_layout_is_refused(row: list[Any]) -> None:
    assert (await decoded(RAINBOW, lambda _: [row]))["code"] == "BAD_PAYLOAD"


async def test_rainbow_days_are_sorted_and_a_missing_edge_is_null() -> None:
    actual = await decoded(RAINBOW, lambda rows: [[*rows[0][:11], 1282089600], [0.06, None, *rows[0][2:]]])
    assert [point["timestamp"] for point in actual["points"]] == [1282003200000, 1282089600000]
    assert actual["points"][0]["edgesUsd"][0] is None


async def test_coinbase_may_state_its_price() -> None:
    actual = await decoded("/api/coinbase-premium-index", lambda rows: [rows[0] | {"coinbase_price": "21200.5"}])
    assert actual["latest"]["coinbasePriceUsd"] == 21200.5


async def test_lists_without_times_are_refused() -> None:
    actual = await decoded(STABLECOINS, lambda data: [{"data_list": data[0]["data_list"]}])
    assert (actual["code"], "time_list" in actual["message"]) == ("BAD_PAYLOAD", True)


async def test_bitfinex_figures_of_other_coins_are_no_data() -> None:
    query = '{ coin(symbol: "SOL") { it: bitfinexMargin(interval: D1) { ... on Problem { code message } } } }'
    actual = await field(query, StubUpstream())
    assert (actual["code"], "BTC and ETH" in actual["message"]) == ("NO_DATA", True)
