"""Units and JSON types of an answer compared with the documented sample."""

from typing import Any

import pytest

from probe.documented import compare

SECOND, DAY = 1_700_000_000, 86_400


def differences(data: Any, sample: Any, *undocumented: str) -> list[tuple[str, str, bool]]:
    return [
        (difference.kind.value, difference.field, difference.harmless)
        for difference in compare(data, sample, undocumented)
    ]


@pytest.mark.parametrize("factor", [1, 1000, 1_000_000, 1_000_000_000])
@pytest.mark.parametrize("documented", [1, 1000, 1_000_000, 1_000_000_000])
def test_a_time_in_another_unit_is_reported(factor: int, documented: int) -> None:
    rows = [{"time": (SECOND + day * DAY) * factor} for day in range(3)]
    sample = [{"time": SECOND * documented}]
    assert differences(rows, sample) == ([] if factor == documented else [("UNIT_CHANGED", "time", False)])


def test_a_single_time_in_another_unit_is_reported() -> None:
    rows = [{"time": SECOND * 1000}, {"time": SECOND}]
    assert differences(rows, [{"time": SECOND * 1000}]) == [("UNIT_CHANGED", "time", False)]


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
    assert differences(data, sample) == [("UNIT_CHANGED", field, False)]


def test_a_figure_as_large_as_a_time_is_not_a_time() -> None:
    assert differences([{"volume_usd": SECOND}], [{"volume_usd": SECOND * 1000}]) == []


def test_an_undocumented_unit_is_not_reported() -> None:
    assert differences({"time_list": [SECOND]}, {"time_list": [SECOND * 1000]}, "time_list") == []


def test_a_changed_size_is_reported_only_if_the_ranges_do_not_overlap() -> None:
    assert differences([{"nav": 2e10}, {"nav": 4e9}], [{"nav": 80.3}]) == [("UNIT_CHANGED", "nav", False)]
    assert differences([{"price": 0.05}, {"price": 1e5}, {"price": 2e5}], [{"price": 0.069}]) == []
    assert differences([{"price": 1e5}], [{"price": 3e4}]) == []
    assert differences([{"flow": 0}, {"flow": None}], [{"flow": 1e9}]) == []


def test_numbers_as_text_and_texts_as_number_are_reported_as_harmless() -> None:
    assert differences([{"open": "1.5"}], [{"open": 1.5}]) == [("TYPE_CHANGED", "open", True)]
    assert differences([{"open": 1.5}], [{"open": "1.5"}]) == [("TYPE_CHANGED", "open", True)]
    assert differences([{"name": "BTC"}], [{"name": "ETH"}]) == []
