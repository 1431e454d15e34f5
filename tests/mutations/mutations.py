"""What may become of CoinGlass' values: other values that are right, and such as no type can hold."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from cg_client.catalogue import CATALOGUE
from cg_client.decoding.shapes import KeyedRows
from tests.mutations.json_paths import GONE, JsonPath, at, changed
from tests.mutations.samples import DAY, EXPIRY, FIGURES, is_columnar, is_time

UNUSUAL = [["unusual"]]
TEXT = "n/a"
DELISTED = "/api/futures/delisted-exchange-pairs"
UNKNOWN = "not_documented"
NANOSECONDS = 10**17  # larger integers are such a time
NUMBER = re.compile(r"-?\d+(\.\d+)?")
PERCENT = re.compile(r"(-?\d+(?:\.\d+)?)%")
CHOICES: dict[str, Sequence[Any]] = {  # all documented codes
    "has_exact_publish_time": (1, 2),
    "importance_level": (1, 2, 3),
    "level": ("PROFESSIONAL", "STANDARD"),
    "order_side": (1, 2),
    "order_state": (1, 2),
    "position_action": (1, 2),
    "transfer_type": (1, 2),
}
WORDS = {"cross": "isolated", "isolated": "cross", "true": "false", "false": "true"}
SIDES = {"/api/index/bitcoin/profitable-days": (1, -1)}


def codes(path: str, name: str) -> Sequence[Any] | None:
    return SIDES.get(path, (1, 2)) if name == "side" else CHOICES.get(name)


def altered(path: str, name: str, value: Any) -> Any:
    """Another value that is as right."""
    allowed = codes(path, name)
    if allowed is not None:
        return next(entry for entry in allowed if entry != value)
    if value is None:
        return 12.5
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return _altered_text(value, name)
    if is_time(value) and name not in FIGURES:
        return value + (1000 if value > 10**11 else 1)
    return value + (10**9 if value > NANOSECONDS else max(1, abs(value) // 8))


def _altered_text(value: str, name: str) -> str:
    if value in WORDS:
        return WORDS[value]
    if DAY.fullmatch(value):
        return str(date.fromisoformat(value.replace("/", "-")) + timedelta(days=1)).replace("-", value[4])
    if name == "date" and EXPIRY.fullmatch(value):
        return f"{date.fromisoformat(f'20{value}') + timedelta(days=1):%y%m%d}"
    if NUMBER.fullmatch(value):
        return str(float(value) + max(1, abs(float(value)) // 8))
    percent = PERCENT.fullmatch(value)
    if percent:
        return f"{float(percent.group(1)) + 1}%"
    return f"{value}x" if value else "1"


def name_of(json_path: JsonPath) -> str:
    """Return the name of the field of the value or of its list."""
    return next((step for step in reversed(json_path) if isinstance(step, str)), "")


def field_of(path: str, data: Any, json_path: JsonPath) -> str:
    """Return CoinGlass' path of the value, below one row."""
    names = [_step(path, data, json_path[:number], step) for number, step in enumerate(json_path)]
    if path == DELISTED:
        names = names[1:]  # read as one list of rows
    return "".join(names[1:] if names[:1] == ["[]"] else names).removeprefix(".")


def _step(path: str, data: Any, above: JsonPath, step: str | int) -> str:
    container = at(data, above)
    if isinstance(container, dict):
        return ".*" if is_map(path, above) else f".{step}"
    if is_positional(data, above):
        return f"[{step}]"
    return "" if above and isinstance(above[-1], str) and is_read_across(data) else "[]"


def is_read_across(data: Any) -> bool:
    """Whether the answer is parallel lists that are read as rows."""
    first = data[0] if isinstance(data, list) else data
    return is_columnar(first) and not any(isinstance(values, dict) for values in first.values())


def is_map(path: str, json_path: JsonPath) -> bool:
    """Whether the object's keys are data."""
    if not json_path:
        return isinstance(CATALOGUE[path].shape, KeyedRows)
    return json_path[-1] in ("data_map", "liqMapV2") or (json_path == ("data",) and "liquidation" in path)


def row_of(data: Any, json_path: JsonPath) -> JsonPath | None:
    """Return the innermost row that contains the path, which may be the row itself, or None."""
    for number in range(len(json_path), 0, -1):
        row = json_path[:number]
        if isinstance(row[-1], int) and _is_row(data, row):
            return row
    return None


def _is_row(data: Any, json_path: JsonPath) -> bool:
    if is_positional(data, json_path[:-1]):
        return False  # it is a value of one
    return not (len(json_path) == 1 and is_columnar(data[0]))


def is_positional(data: Any, json_path: JsonPath) -> bool:
    """Whether the list is a row whose values have no names."""
    value = at(data, json_path)
    is_item = bool(json_path) and isinstance(value, list) and isinstance(at(data, json_path[:-1]), list)
    return is_item and not all(isinstance(item, list) for item in value)


def removed(data: Any, row: JsonPath) -> Any:
    """Return the data without the row; of parallel lists, without the item at its index in each."""
    for number in range(len(row) - 1):
        if is_columnar(at(data, row[:number])) and isinstance(row[-1], int):
            return changed(data, row[:number], lambda lists: _cut(lists, row[-1]))
    return changed(data, row, lambda _: GONE)


def _cut(lists: Any, json_path: str | int) -> Any:
    if isinstance(lists, dict):
        return {name: _cut(values, json_path) for name, values in lists.items()}
    return [value for number, value in enumerate(lists) if number != json_path]
