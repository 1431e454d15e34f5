"""The unit of a time is recognised by its magnitude."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cg_client.decoding.shapes import are_milliseconds, milliseconds

FROM = int(datetime(1973, 3, 4, tzinfo=UTC).timestamp()) * 1000
TO = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1000
stamps = st.integers(FROM, TO)


@given(stamps)
def test_seconds_are_read_as_milliseconds(stamp: int) -> None:
    assert milliseconds(stamp // 1000) == stamp // 1000 * 1000


@given(stamps)
def test_milliseconds_are_unchanged(stamp: int) -> None:
    assert milliseconds(stamp) == stamp


@given(stamps, st.integers(0, 999))
def test_microseconds_are_cut_to_milliseconds(stamp: int, rest: int) -> None:
    assert milliseconds(stamp * 1000 + rest) == stamp


@given(stamps, st.integers(0, 999_999))
def test_nanoseconds_are_cut_to_milliseconds(stamp: int, rest: int) -> None:
    assert milliseconds(stamp * 1_000_000 + rest) == stamp


@given(st.lists(stamps, min_size=1))
def test_a_list_of_milliseconds_is_recognised(times: list[int]) -> None:
    assert are_milliseconds(min(times), max(times))


@given(st.lists(stamps, min_size=1), st.sampled_from([1, 1_000_000, 1_000_000_000]), st.data())
def test_mixed_units_are_read_time_by_time(times: list[int], per_second: int, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(times) - 1))
    times[position] = times[position] * per_second // 1000
    assert not are_milliseconds(min(times), max(times))


@given(st.integers(0, 10**19), st.integers(0, 10**19))
def test_conversion_preserves_the_order_within_a_unit(first: int, second: int) -> None:
    units = [10**11, 10**14, 10**17]
    if sum(first >= unit for unit in units) == sum(second >= unit for unit in units):
        assert (milliseconds(first) <= milliseconds(second)) or first > second


@pytest.mark.parametrize("stamp", [1_782_907_200, 1_782_907_200_000, 1_782_907_200_000_000, 1_782_907_200_000_000_000])
def test_a_moment_is_read_equally_in_all_four_units(stamp: int) -> None:
    assert milliseconds(stamp) == 1_782_907_200_000
