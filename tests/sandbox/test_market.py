"""The modelled market, over all endpoints: every one has figures, of the documented shape, finite and repeatable."""

import hashlib
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from cg_client.catalogue import CATALOGUE
from cg_client.endpoint import Endpoint
from cg_client.endpoints import futures, spot
from cg_client.plans.plan_table import HISTORY_DAYS, Plan
from probe.documented import compare
from probe.findings import DifferenceKind
from sandbox.figures import MARKET
from sandbox.market.registry import MODELS
from sandbox.request_checks import refusal
from sandbox.samples import sample
from sandbox.windows import Query
from tests.sandbox.market_requests import (
    ENDPOINTS,
    NOW,
    SERIES,
    WITHOUT_MODEL,
    anomalies_of,
    data_of,
    requests,
)

EXAMPLES = 3  # of each endpoint
PRICES = (futures.market.PRICE_HISTORY, spot.PRICE_HISTORY)
DAY = 86_400_000
PERCENT_OF_A_WHOLE = ("long_percent", "short_percent", "buy_ratio", "sell_ratio", "rsi_")
SIGNED = ("net", "flow", "change", "delta", "cum", "funding", "premium", "pnl", "raw_usd")

GOLDEN = {  # the newest row of each
    futures.market.PRICE_HISTORY: {
        "time": 1795924800000,
        "open": "90960.3",
        "high": "91182.9",
        "low": "90921.3",
        "close": "91104.5",
        "volume_usd": "1270400231.0709",
    },
    futures.open_interest.HISTORY: {
        "time": 1795924800000,
        "open": "16884804659.86",
        "high": "16922637053.41",
        "low": "16815974770.99",
        "close": "16850312273.45",
    },
    futures.funding_rate.HISTORY: {
        "time": 1795924800000,
        "open": "0.004308",
        "high": "0.004398",
        "low": "0.003983",
        "close": "0.004087",
    },
    futures.taker_volume.HISTORY: {
        "time": 1795924800000,
        "taker_buy_volume_usd": "676102770.9224",
        "taker_sell_volume_usd": "594297460.1485",
    },
    futures.long_short.GLOBAL_ACCOUNTS: {
        "time": 1795924800000,
        "global_account_long_percent": 49.9,
        "global_account_short_percent": 50.1,
        "global_account_long_short_ratio": 1.0,
    },
    futures.liquidation.HISTORY: {
        "time": 1795924800000,
        "long_liquidation_usd": "47838.91052",
        "short_liquidation_usd": "209580.59817",
    },
    spot.PRICE_HISTORY: {
        "time": 1795924800000,
        "open": 90924.0,
        "high": 91146.4,
        "low": 90884.9,
        "close": 91068.1,
        "volume_usd": 154781620.1918,
    },
}

over_all = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
over_series = pytest.mark.parametrize("endpoint", SERIES, ids=lambda endpoint: endpoint.path)
# Without shrinking, which would take minutes: a request is short enough to be read.
few = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate])


def figures(data: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers in the data, those written as text too, with the name of their field."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from figures(value, key)
    elif isinstance(data, list):
        for value in data:
            yield from figures(value, name)
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield name, data
    elif isinstance(data, str) and data.lstrip("-").replace(".", "", 1).isdecimal():
        yield name, float(data)


def rows_by_time(data: Any) -> dict[int, Any]:
    """Return the rows of a series without sums that begin with the window."""
    if isinstance(data, dict):
        return {}
    rows: dict[int, Any] = {}
    for row in data:
        if isinstance(row, list):
            rows[row[0]] = row[1:]
        else:
            rows[row["time"]] = {name: figure for name, figure in row.items() if "cum" not in name}
    return rows


def candles(data: Any) -> Iterator[tuple[float, float, float, float]]:
    if isinstance(data, dict):
        if {"open", "high", "low", "close"} <= data.keys():
            yield (float(data["open"]), float(data["high"]), float(data["low"]), float(data["close"]))
        for value in data.values():
            yield from candles(value)
    elif isinstance(data, list):
        for value in data:
            yield from candles(value)


def test_every_endpoint_has_a_model_or_is_a_stated_exception() -> None:
    assert set(MODELS) == set(CATALOGUE.values()) - set(WITHOUT_MODEL)


@over_all
@few
@given(data=st.data())
def test_an_answer_is_read_without_an_anomaly(endpoint: Endpoint, data: st.DataObject) -> None:
    query = data.draw(requests(endpoint))
    assert refusal(endpoint, query, Plan.ENTERPRISE, MARKET) is None
    assert anomalies_of(endpoint, data_of(endpoint, query)) == []


@over_all
@few
@given(data=st.data())
def test_figures_have_the_type_and_times_the_unit_of_the_documented_sample(
    endpoint: Endpoint, data: st.DataObject
) -> None:
    answer = data_of(endpoint, data.draw(requests(endpoint)))
    differences = list(compare(answer, sample(endpoint.path)["data"])) if answer else []
    types = [each for each in differences if each.kind is DifferenceKind.TYPE_CHANGED]
    times = [each for each in differences if "time" in each.field and "seconds" in each.detail]
    assert [*types, *times] == []


@over_all
@few
@given(data=st.data())
def test_figures_are_finite_and_in_their_range(endpoint: Endpoint, data: st.DataObject) -> None:
    for name, figure in figures(data_of(endpoint, data.draw(requests(endpoint)))):
        assert math.isfinite(figure), name
        if any(part in name for part in PERCENT_OF_A_WHOLE):
            assert 0 <= figure <= 100, name
        if name.endswith(("_usd", "_quantity", "price")) and not any(part in name for part in SIGNED):
            assert figure >= 0, name


@over_all
@few
@given(data=st.data())
def test_candles_hold_their_open_and_close(endpoint: Endpoint, data: st.DataObject) -> None:
    for start, high, low, close in candles(data_of(endpoint, data.draw(requests(endpoint)))):
        assert low <= min(start, close) <= max(start, close) <= high


@over_series
@few
@given(data=st.data())
def test_overlapping_windows_agree_row_by_row(endpoint: Endpoint, data: st.DataObject) -> None:
    query = {**data.draw(requests(endpoint)), "limit": "40"}
    wide, narrow = (rows_by_time(data_of(endpoint, query | {"limit": limit})) for limit in ("40", "15"))
    later = rows_by_time(data_of(endpoint, query, now=NOW + 3 * DAY))
    newest = max(narrow, default=0)
    assert len(narrow) == min(15, len(wide))
    assert {time: wide[time] for time in narrow} == narrow
    closed = wide.keys() & later.keys() - {newest}  # the newest bar may have been under way
    assert {time: wide[time] for time in closed} == {time: later[time] for time in closed}


@over_series
@few
@given(data=st.data())
def test_rows_are_equally_far_apart_and_none_is_of_the_future(endpoint: Endpoint, data: st.DataObject) -> None:
    times = list(rows_by_time(data_of(endpoint, data.draw(requests(endpoint)))))
    assert len({after - before for before, after in pairwise(times)}) <= 1
    assert all(time * (1 if time > 10**11 else 1000) <= NOW for time in times)


@over_series
@pytest.mark.parametrize("plan", Plan)
@settings(few, max_examples=2)
@given(data=st.data())
def test_a_plan_sees_no_further_back_than_its_history(endpoint: Endpoint, plan: Plan, data: st.DataObject) -> None:
    query = {name: text for name, text in data.draw(requests(endpoint)).items() if name != "end_time"}
    interval = query["interval"]
    days = {each.value: days for each, days in HISTORY_DAYS[plan].items()}.get(interval)
    times = rows_by_time(data_of(endpoint, query | {"limit": "1000", "start_time": "1"}, plan=plan))
    if days is not None and times:
        assert min(times) * (1 if min(times) > 10**11 else 1000) >= NOW - (days + 7) * DAY


@over_all
def test_the_same_request_has_the_same_answer(endpoint: Endpoint) -> None:
    query = example(endpoint)
    assert data_of(endpoint, query) == data_of(endpoint, query)


def test_another_process_has_the_same_figures() -> None:
    """Hashes of texts, by which sets and dictionaries may be ordered, differ there."""
    program = "from tests.sandbox.test_market import digest; print(digest())"
    environment = os.environ | {"PYTHONHASHSEED": "77"}
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == [digest()]


def test_figures_are_the_same_on_every_machine() -> None:
    """Other figures are another market: then say so in CHANGELOG.md."""
    of_pair = {"exchange": "Binance", "symbol": "BTCUSDT", "interval": "4h", "limit": "1"}
    assert [data_of(endpoint, of_pair)[-1] for endpoint in GOLDEN] == list(GOLDEN.values())


def digest() -> str:
    """Return the hash of one answer of each endpoint."""
    hashed = hashlib.sha256()
    for endpoint in ENDPOINTS:
        hashed.update(orjson.dumps(data_of(endpoint, example(endpoint))))
    return hashed.hexdigest()


def example(endpoint: Endpoint) -> Query:
    """Return a request that is always the same."""
    examples: list[Query] = []

    @settings(few, max_examples=1)
    @given(requests(endpoint))
    def note(query: Query) -> None:
        examples.append(query)

    note()
    return examples[0]
