"""Every documented sample with one fault at a time: the fault affects only itself, and is reported once.

The expected result is derived from other answers of the same graph: a value is served where answers to other values
differ, and an unreadable row is like a row that was never sent. The schema declares which values a row needs.
"""

from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType

from tests.cases import CASES
from tests.mutations.graph import LATE, graph
from tests.mutations.json_paths import JsonPath, changed, scalar_paths
from tests.mutations.mutations import removed, row_of
from tests.mutations.planted import PLANTED, Plant
from tests.mutations.samples import DAY, ROWS, grown, other_shapes
from tests.mutations.schema_facts import payload
from tests.mutations.trials import faults_of


def is_daily(path: str) -> bool:
    kind = payload(path)
    return isinstance(kind, GraphQLObjectType) and "DailySeries" in {item.name for item in kind.interfaces}


DAILY = [path for path, case in sorted(CASES.items()) if case.union is not None and is_daily(path)]
TIMES = {"timestamp", "time", "assets_date", "date_string", "time_list", "date_list"}


@pytest.mark.parametrize("path", sorted(CASES))
async def test_a_planted_fault_fails_only_itself_and_is_reported_once(path: str) -> None:
    assert await faults_of(path) == []


@pytest.mark.parametrize("path", sorted(other_shapes()))
async def test_a_fault_in_an_undocumented_shape_fails_only_itself(path: str) -> None:
    assert await faults_of(path, other_shapes()[path]) == []


@pytest.mark.parametrize("plant", PLANTED)
async def test_a_fault_of_the_decoders_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    # They have figures, codes, keys and fields that are left out at times.
    paths = ("/api/spot/orderbook/v2/large-limit-order-history", "/api/calendar/economic-data")
    assert any([await faults_of(path) for path in paths])


@pytest.mark.parametrize("path", DAILY)
async def test_future_days_are_served_only_in_a_window_that_contains_them(path: str) -> None:
    data, newest = grown(path), newest_time(path)
    row = row_of(data, newest)
    assert row is not None
    coming = changed(data, newest, in_a_month)
    async with graph(path, CASES[path].text(anomalies=True)) as tested:
        for arguments in ({}, {"last": "1"}):
            expected = await tested.outcome(removed(data, row), **arguments)
            assert (await tested.outcome(coming, **arguments)).values == expected.values
        later = await tested.outcome(coming, to='"2070-01-01T00:00:00Z"')
        assert later.values["count",] == ROWS


def newest_time(path: str) -> JsonPath:
    """Return the path of the last time in the answer."""
    *_, last = (
        json_path
        for json_path in scalar_paths(grown(path))
        if not TIMES.isdisjoint(json_path) or json_path[1:] == (11,)
    )
    return last


def in_a_month(value: Any) -> Any:
    """Return a time in the unit of the documented one."""
    coming = LATE + timedelta(days=30)
    if isinstance(value, str):
        result = DAY.fullmatch(value)
        assert result is not None
        return coming.strftime(f"%Y{result[1]}%m{result[1]}%d")
    return int(coming.timestamp()) * (1000 if value > 10**11 else 1)
