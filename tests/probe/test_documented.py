"""Units and JSON types of an answer beside those of the documented sample."""

from typing import Any

import pytest

from probe.documented import compare

SECOND, DAY = 1_700_000_000, 86_400


def found(data: Any, sample: Any, *undocumented: str) -> list[tuple[str, str, bool]]:
    return [(item.kind.value, item.field, item.harmless) for item in compare(data, sample, undocumented)]


@pytest.mark.parametrize("factor", [1, 1000, 1_000_000, 1_000_000_000])
@pytest.mark.parametrize("documented", [1, 1000, 1_000_000, 1_000_000_000])
def test_a_time_in_another_unit_is_found(factor: int, documented: int) -> None:
    rows = [{"time": (SECOND + day * DAY) * factor} for day in range(3)]
    sample = [{"time": SECOND * documented}]
    assert found(rows, sample) == ([] if factor == documented else [("UNIT_CHANGED", "time", False)])


def test_one_time_of_many_in_another_unit_is_found() -> None:
    rows = [{"time": SECOND * 1000}, {"time": SECOND}]
    assert found(rows, [{"time": SECOND * 1000}]) == [("UNIT_CHANGED", "time", False)]


@pytest.mark.parametrize(
    ("data", "sample", "field"),
    [
        ({"list": [{"created": {"update_time": SECOND}}]}, {"list": [{"created": {"update_time": SECOND * 1000}}]},
         "list[].created.update_time"),
        ([[SECOND, "1.5"]], [[SECOND * 1000, "1.5"]], "[0]"),
        ({"time_list": [SECOND]}, [{"time_list": [SECOND * 1000]}], "time_list[]"),
    ],
)  # fmt: skip
def test_the_field_is_named_by_its_path(data: Any, sample: Any, field: str) -> None:
    assert found(data, sample) == [("UNIT_CHANGED", field, False)]


def test_a_figure_as_large_as_a_time_is_none() -> None:
    assert found([{"volume_usd": SECOND}], [{"volume_usd": SECOND * 1000}]) == []


def test_a_unit_that_is_known_to_differ_is_no_news() -> None:
    assert found({"time_list": [SECOND]}, {"time_list": [SECOND * 1000]}, "time_list") == []


def test_the_size_of_a_figure_tells_its_unit_only_where_the_ranges_are_apart() -> None:
    assert found([{"nav": 2e10}, {"nav": 4e9}], [{"nav": 80.3}]) == [("UNIT_CHANGED", "nav", False)]
    assert found([{"price": 0.05}, {"price": 1e5}, {"price": 2e5}], [{"price": 0.069}]) == []
    assert found([{"price": 1e5}], [{"price": 3e4}]) == []
    assert found([{"flow": 0}, {"flow": None}], [{"flow": 1e9}]) == []


def test_a_number_as_text_and_a_text_as_number_are_told_and_harmless() -> None:
    assert found([{"open": "1.5"}], [{"open": 1.5}]) == [("TYPE_CHANGED", "open", True)]
    assert found([{"open": 1.5}], [{"open": "1.5"}]) == [("TYPE_CHANGED", "open", True)]
    assert found([{"name": "BTC"}], [{"name": "ETH"}]) == []
