"""Cumulative volume delta of a window that is a part of one request, or several in a row."""

from itertools import accumulate

import pytest

from resolvers.cumulative_volume_delta import from_first_point
from tests.upstream import Upstream, field

BUYS, SELLS = [5.5, 1.25, 7.0, 2.0], [2.25, 4.0, 0.5, 2.5]
DELTAS = [buy - sell for buy, sell in zip(BUYS, SELLS, strict=True)]
RUNNING = list(accumulate(DELTAS))


def test_what_counts_from_the_first_point_stands_as_it_is() -> None:
    own = [round(sum_, 4) for sum_ in accumulate([0.1 + 0.2, 0.7])]
    assert from_first_point([0.3, 0.7], [0.0, 0.0], own) == own


@pytest.mark.parametrize("before", [-1000.0, 40.0])
def test_what_counts_from_an_earlier_point_is_counted_anew(before: float) -> None:
    assert from_first_point(BUYS, SELLS, [before + one for one in RUNNING]) == RUNNING


def test_the_sum_goes_on_where_a_request_begins_anew() -> None:
    assert from_first_point(BUYS, SELLS, [*RUNNING[:2], *accumulate(DELTAS[2:])]) == RUNNING


def test_no_rows_are_no_figures() -> None:
    assert from_first_point([], [], []) == []


async def test_a_window_over_several_requests_is_one_sum() -> None:
    selection = "... on CumulativeVolumeDeltaSeries { count columns { buyUsd sellUsd cumulativeDeltaUsd } }"
    asked = f"cumulativeVolumeDelta(interval: M1, last: 6000) {{ {selection} }}"
    got = await field(f'{{ coin(symbol: "BTC") {{ it: {asked} }} }}', Upstream())
    columns = got["columns"]
    whole = sum(columns["buyUsd"]) - sum(columns["sellUsd"])
    assert got["count"] == 6000
    assert columns["cumulativeDeltaUsd"][-1] == pytest.approx(whole)
