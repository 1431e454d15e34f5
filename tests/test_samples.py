"""Every documented sample through the whole graph: field by field, and in the forms in which upstream varies it."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cg_client.catalogue import CATALOGUE
from sandbox.samples import file_name, sample
from tests.cases import CASES
from tests.clock import FakeClock
from tests.upstream import StubUpstream, field

ANSWERS = Path(__file__).with_name("answers")
PAYLOADS = sorted(path for path, case in CASES.items() if case.union is not None)
# Rows of these lists answer many parents: the query asks for the parent of the first.
FIRST_ROW_ONLY = {"/api/futures/pairs-markets", "/api/futures/coins-markets"}
FIGURES = {"market_cap"}  # as large as times in seconds, and none
TEXTS = {"cik_code", "date", "sic_code", "update_date"}  # digits that are no numbers
LATE = datetime(2060, 1, 1, tzinfo=UTC)  # later than the documented open interest, whose open stands as its time
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def answer(path: str) -> Any:
    return json.loads((ANSWERS / file_name(path)).read_text())


async def decoded(path: str, change: Callable[[Any], Any] = lambda data: data) -> Any:
    """Return the field's answer when upstream gives the documented sample with its data changed."""
    documented = copy.deepcopy(sample(path))
    bodies = {path: documented | {"data": change(documented["data"])}}
    return await field(CASES[path].text(), StubUpstream(bodies, clock=FakeClock(LATE)))


def changed(data: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """Return the data with each scalar replaced; the change gets the name of its field."""
    if isinstance(data, dict):
        return {key: changed(value, change, key) for key, value in data.items()}
    if isinstance(data, list):
        return [changed(value, change, name) for value in data]
    return change(name, data)


def scalars(data: Any) -> Iterator[Any]:
    result: list[Any] = []
    changed(data, lambda _, value: result.append(value))
    return iter(result)


def test_every_endpoint_has_a_query_and_an_answer() -> None:
    assert set(CASES) == set(CATALOGUE)
    assert {file_name(path) for path in CASES} == {file.name for file in ANSWERS.iterdir()}


@pytest.mark.parametrize("path", sorted(CASES))
async def test_every_field_of_the_sample_is_served(path: str) -> None:
    assert await decoded(path) == answer(path)


async def test_no_figure_or_text_of_a_sample_is_lost() -> None:
    lost = {path: lost_values(path, await decoded(path)) for path in PAYLOADS}
    assert {path: values for path, values in lost.items() if values} == {}


def lost_values(path: str, answered: Any) -> set[float | str]:
    """Return the figures and texts of the sample that the answer does not show."""
    data = sample(path)["data"]
    documented = list(scalars(data[:1] if path in FIRST_ROW_ONLY else data))
    shown = list(scalars(answered))
    figures = {float(value) for value in documented if is_number(value)}
    figures -= {float(value) for value in shown if is_number(value)} | CODES.get(path, set())
    texts = {value for value in documented if isinstance(value, str) and value and not is_number(value)}
    shown_texts = {str(value).lower() for value in shown}
    return {value for value in figures if not is_time(value)} | {
        text for text in texts if text.lower() not in shown_texts and not DAY.fullmatch(text)
    }


DAY = re.compile(r"\d{4}[/-]\d\d[/-]\d\d")  # shown as a time


def is_number(value: Any) -> bool:
    if isinstance(value, str):
        return NUMBER.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


CODES = {  # numbers that the graph shows as members of an enum, as a date or as yes or no
    "/api/futures/liquidation/order": {2.0},
    "/api/futures/orderbook/large-limit-order": {1.0, 2.0},
    "/api/spot/orderbook/large-limit-order": {1.0, 2.0},
    "/api/futures/orderbook/v2/large-limit-order-history": {1.0, 2.0},
    "/api/spot/orderbook/v2/large-limit-order-history": {1.0, 2.0},
    "/api/hyperliquid/whale-alert": {2.0},
    "/api/option/max-pain": {250422.0, 250423.0},
    "/api/index/bitcoin/profitable-days": {1.0},
    "/api/exchange/chain/tx/list": {1.0},
    "/api/calendar/economic-data": {1.0},
    "/api/calendar/central-bank-activities": {1.0, 2.0, 3.0},
    "/api/calendar/financial-events": {1.0, 2.0, 3.0},
    "/api/etf/bitcoin/detail": {1745226801708029700.0, 1745226730467043600.0},  # nanoseconds
}


def is_time(value: float) -> bool:
    """Seconds or milliseconds of this century."""
    return 10**9 < value < 2 * 10**9 or 10**12 < value < 3 * 10**12


async def misread(change: Callable[[str, Any], Any], compared: Callable[[Any], Any] = lambda data: data) -> list[str]:
    """Return the endpoints whose answer differs once each scalar of the sample is changed."""
    return [
        path
        for path in PAYLOADS
        if compared(await decoded(path, lambda data: changed(data, change))) != compared(answer(path))
    ]


async def test_numbers_may_be_sent_as_strings() -> None:
    def as_text(_: str, value: Any) -> Any:
        return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    assert await misread(as_text, compared=without_texts) == []


async def test_strings_may_be_sent_as_numbers() -> None:
    def as_number(name: str, value: Any) -> Any:
        return float(value) if isinstance(value, str) and is_number(value) and name not in TEXTS else value

    assert await misread(as_number, compared=without_texts) == []


def without_texts(data: Any) -> Any:
    """Return the answer without the fields that show how CoinGlass wrote a figure."""
    if isinstance(data, list):
        return [without_texts(item) for item in data]
    if isinstance(data, dict):
        return {name: without_texts(value) for name, value in data.items() if not name.endswith("Text")}
    return data


async def test_times_may_be_sent_in_seconds_or_milliseconds() -> None:
    def other_unit(name: str, value: Any) -> Any:
        if name in FIGURES:
            return value
        if not isinstance(value, int) or ("time" not in name and name != "price_candlesticks") or value % 1000:
            return value * 1000 if isinstance(value, int) and 10**9 < value < 2 * 10**9 else value
        return value // 1000 if value > 10**11 else value * 1000

    assert await misread(other_unit) == []


def first_record(data: Any) -> Any:
    """Return the first row; of rows by key the first of the first key, since such keys are no fields."""
    if isinstance(data, dict) and all(isinstance(rows, list) and isinstance(rows[0], dict) for rows in data.values()):
        (data, *_) = data.values()
    return data[0] if isinstance(data, list) else data


def in_first_record(data: Any, change: Callable[[dict[str, Any]], object]) -> Any:
    change(first_record(data))
    return data


@pytest.mark.parametrize("path", ["/api/index/fear-greed-history", "/api/option/exchange-oi-history"])
async def test_a_list_of_one_object_may_be_sent_as_the_object(path: str) -> None:
    assert await decoded(path, lambda data: data[0]) == answer(path)


@pytest.mark.parametrize("market", ["futures", "spot"])
async def test_a_large_orders_price_may_be_called_limit_price(market: str) -> None:
    path = f"/api/{market}/orderbook/large-limit-order"
    renamed = lambda data: in_first_record(data, lambda record: record.update(limit_price=record.pop("price")))  # noqa: E731  # as above
    assert await decoded(path, renamed) == answer(path)


@pytest.mark.parametrize("market", ["futures", "spot"])
async def test_the_sides_of_a_book_are_recognised_by_their_prices(market: str) -> None:
    path = f"/api/{market}/orderbook/history"
    low, high = [[99.0, 1.0], [98.0, 2.0]], [[101.0, 3.0]]
    for first, second in ((low, high), (high, low)):
        actual = await decoded(path, lambda _, both=(first, second): [[1723611600, *both]])  # type: ignore[misc]  # bound at once
        assert [level["price"] for level in actual["latest"]["bids"]] == [99.0, 98.0]
        assert [level["price"] for level in actual["latest"]["asks"]] == [101.0]
    undecided = (await decoded(path))["latest"]
    assert (undecided["bids"], undecided["asks"]) == (None, None)
    assert len(undecided["first"]) == 2


async def test_a_parallel_list_of_another_length_is_null_alone() -> None:
    path = "/api/option/exchange-oi-history"
    actual = await decoded(path, lambda data: [data[0] | {"price_list": [1.0] * 9}])
    assert {point["priceUsd"] for point in actual["points"]} == {None}
    assert actual["columns"]["byExchange"] == answer(path)["columns"]["byExchange"]


async def test_rows_are_sorted_and_a_repeated_time_counts_once() -> None:
    path = "/api/futures/funding-rate/history"
    actual = await decoded(path, lambda rows: [rows[1], rows[0], rows[1]])
    assert actual == answer(path)


async def test_an_empty_list_is_an_empty_series() -> None:
    actual = await decoded("/api/futures/funding-rate/history", lambda _: [])
    assert (actual["count"], actual["from"], actual["latest"], actual["candles"]) == (0, None, None, [])


async def test_an_unknown_code_is_null_and_not_guessed() -> None:
    path = "/api/futures/liquidation/order"
    actual = await decoded(path, lambda rows: [rows[0] | {"side": 3}])
    assert actual["orders"] == [answer(path)["orders"][0] | {"side": None}]


SIDES = [
    ("/api/futures/liquidation/order", "side", {1: "BUY", 2: "SELL"}),
    ("/api/futures/orderbook/large-limit-order", "order_side", {1: "SELL", 2: "BUY"}),
    ("/api/spot/orderbook/large-limit-order", "order_side", {1: "SELL", 2: "BUY"}),
    ("/api/futures/orderbook/v2/large-limit-order-history", "order_side", {1: "SELL", 2: "BUY"}),
    ("/api/spot/orderbook/v2/large-limit-order-history", "order_side", {1: "SELL", 2: "BUY"}),
]


@pytest.mark.parametrize(("path", "name", "meaning"), SIDES)
async def test_a_side_code_is_read_as_its_endpoint_documents(path: str, name: str, meaning: dict[int, str]) -> None:
    for code, side in meaning.items():
        actual = await decoded(path, lambda rows, code=code: [rows[0] | {name: code}])  # type: ignore[misc]  # bound at once
        assert [order["side"] for order in actual["orders"]] == [side]


async def test_money_supply_grows_by_a_fraction_in_the_us_and_by_a_percentage_globally() -> None:
    us = await decoded("/api/index/bitcoin-vs-us-m2-growth")
    everywhere = await decoded("/api/index/bitcoin-vs-global-m2-growth")
    assert (us["latest"]["growthFraction"], everywhere["latest"]["growthPercent"]) == (0.1321, 6.7670545757)
