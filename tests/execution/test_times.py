"""Times as text, put together from days and times of day."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from execution.scalar_serializers import TimeTextCache, text_of
from graph_types.scalars import format_time, time_of

MOMENTS = st.integers(0, 95_000_000_000_000)  # milliseconds, to the year 4980


@given(MOMENTS)
def test_a_time_is_written_as_its_scalar_writes_it(moment: int) -> None:
    time = time_of(moment)
    assert time is not None
    assert text_of(moment) == format_time(time)


@given(st.lists(st.lists(MOMENTS, max_size=5), max_size=30))
def test_a_column_of_times_is_written_correctly_after_any_cached_column(columns: list[list[int]]) -> None:
    texts = TimeTextCache(limit=8)
    for column in columns:
        assert texts.of(array("q", column)) == [text_of(moment) for moment in column]
        assert texts._size <= 8
