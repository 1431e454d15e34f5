"""The fields of a series follow from the class of its rows."""

from array import array
from typing import Annotated, Any

import pytest
import strawberry

from graph_types.fields import value
from graph_types.scalars import time_of
from payloads.columns import Column, Columns
from payloads.series import Bars, DailySeries, TimedRow, from_rows
from payloads.source import fields_of, rows_field


@strawberry.type(description="A bar.")
class SpreadBar(TimedRow):
    percent: Annotated[float | None, value("In percent.")]
    venue: Annotated[str, value("Where.")]


@strawberry.type(description="Spread.")
class SpreadSeries(DailySeries, Bars[SpreadBar]): ...


@strawberry.type(description="Spread, of which some values have no column.")
class NarrowSeries(DailySeries, Bars[SpreadBar], columns="PercentColumns", rows_only=("venue",)): ...


@strawberry.type(description="Spread without columns.")
class SimpleSeries(DailySeries, Bars[SpreadBar], columns=None): ...


def rows(*percents: float) -> Columns[SpreadBar]:
    times = array("q", range(len(percents)))
    table = {
        "time": Column(times, time_of),
        "timestamp": Column(times),
        "percent": Column(array("d", percents)),
        "venue": Column(["OKX"] * len(percents)),
    }
    return Columns.of(SpreadBar, table, len(percents))


def columns_of(payload: type) -> tuple[str, list[str]]:
    kinds: dict[str, Any] = {field.python_name: field.type for field in fields_of(payload)}
    kind = kinds["columns"]
    return kind.__name__, [field.python_name for field in fields_of(kind)]


def test_columns_have_every_value_of_a_row_but_its_time() -> None:
    assert columns_of(SpreadSeries) == ("SpreadColumns", ["timestamp", "percent", "venue"])


def test_a_payload_can_name_its_columns_and_omit_values() -> None:
    assert columns_of(NarrowSeries) == ("PercentColumns", ["timestamp", "percent"])


def test_a_payload_without_columns_has_rows_and_the_newest() -> None:
    names = [field.python_name for field in fields_of(SimpleSeries)]
    assert names == ["source", "from_", "to", "count", "bars", "latest"]
    assert rows_field(SimpleSeries) == ("bars", SpreadBar)


def test_the_values_of_the_fields_follow_from_the_rows() -> None:
    series: Any = from_rows(SpreadSeries, rows(0.5, 0.25))
    assert [bar.percent for bar in series.bars] == [0.5, 0.25]
    assert series.latest.percent == 0.25
    assert (series.count, series.from_, series.to) == (2, time_of(0), time_of(1))
    assert list(series.columns.percent) == [0.5, 0.25]


def test_a_series_without_rows_has_no_newest_and_no_first_row() -> None:
    series = from_rows(SpreadSeries, rows())
    assert (series.latest, series.count, series.from_, series.to) == (None, 0, None, None)


def test_an_unknown_field_name_is_an_attribute_error() -> None:
    series: Any = from_rows(SpreadSeries, rows(0.5))
    with pytest.raises(AttributeError, match="candles"):
        _ = series.candles
