"""Which classes are read natively, and that times are milliseconds whichever way they come."""

import dataclasses
from typing import Annotated, Any

import msgspec
import pytest
import strawberry

from cg_client.decoding.shapes import Rows
from cg_client.endpoint import Endpoint
from cg_client.endpoints.futures.market import PRICE_HISTORY
from cg_client.errors import PayloadMismatch
from graph_types.fields import value
from graph_types.scalars import Timestamp
from payloads.series import TimedRow
from resolvers.decode import packed_reader
from resolvers.record_layout import RecordLayout
from tests.native.readers import compiled


@strawberry.type
class PackedPoint(TimedRow):
    figure: float | None


@strawberry.type
class WithText(PackedPoint):
    text: str


@strawberry.type
class WithCode(PackedPoint):
    code: Annotated[bool, value("A code.", codes={1: True})]


@strawberry.type
class WithList(PackedPoint):
    figures: list[float]


@strawberry.type
class WithFigureOfTime(PackedPoint):
    spent: Annotated[float, value("The time once more, as a figure.", source_name="time")]


TWO_NAMES = dataclasses.replace(PRICE_HISTORY, aliases={"figure": ("first", "second")})
DAYS = dataclasses.replace(PRICE_HISTORY, shape=Rows(time_is_date=True))


@compiled
@pytest.mark.parametrize(
    ("row", "endpoint"),
    [(kind, PRICE_HISTORY) for kind in (WithText, WithCode, WithList, WithFigureOfTime)]
    + [(PackedPoint, TWO_NAMES), (PackedPoint, DAYS)],
)
def test_rows_with_other_than_figures_and_times_are_not_read_natively(row: type, endpoint: Endpoint) -> None:
    assert packed_reader(RecordLayout(PackedPoint, PRICE_HISTORY), lambda columns: columns) is not None
    assert packed_reader(RecordLayout(row, endpoint), lambda columns: columns) is None


def read(*times: int) -> Any:
    reader = packed_reader(RecordLayout(PackedPoint, PRICE_HISTORY), lambda columns: columns)
    assert reader is not None
    return reader(msgspec.Raw(msgspec.json.encode([{"time": time, "figure": 1} for time in times])))


@compiled
@pytest.mark.parametrize("unit", [1, 1000, 10**6, 10**9])
@pytest.mark.parametrize("seconds", [(1_600_000_000, 1_600_000_001), (1_600_000_001, 1_600_000_000)])
def test_times_of_any_unit_are_milliseconds(unit: int, seconds: tuple[int, ...]) -> None:
    assert list(read(*(time * unit for time in seconds)).column("timestamp")) == [time * 1000 for time in seconds]


@compiled
def test_time_and_timestamp_are_one_array() -> None:
    columns = read(1_600_000_000_000).columns
    assert columns["time"].stored is columns["timestamp"].stored
    assert columns["timestamp"][0] == Timestamp(1_600_000_000_000)


@compiled
def test_an_impossible_time_is_refused_by_its_field_name() -> None:
    with pytest.raises(PayloadMismatch, match=r"data\.time"):
        read(1_600_000_000_000, -1)
