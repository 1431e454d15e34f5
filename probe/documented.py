"""Compares units and JSON types of an answer with the documented sample of its endpoint.

The decoders read times in any unit, and numbers as text. No value is lost by that, but a changed unit is reported.
"""

import math
import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cg_client.decoding.shapes import milliseconds
from cg_client.decoding.tolerance import below
from probe.findings import Difference, DifferenceKind

_MAX_VALUES = 2000  # of one field
_MAX_ROW_ITEMS = 12  # of a row that is a list
_EARLIEST, _LATEST = 10**12, 4 * 10**12  # milliseconds: September 2001 to 2096
_UNITS = ("seconds", "milliseconds", "microseconds", "nanoseconds")
_OTHER_UNIT = 1e6  # by which the usual size of a figure changes with its unit, and never with the market

Data: TypeAlias = Any  # JSON


@dataclass
class FieldValues:
    """The values of one field in all rows: JSON numbers, and texts that are numbers."""

    numbers: list[float] = field(default_factory=list)
    texts: list[float] = field(default_factory=list)
    others: int = 0

    @property
    def all(self) -> Sequence[float]:
        return [*self.numbers, *self.texts]

    def add(self, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            self.others += value is not None
        elif isinstance(value, str):
            number = _number(value)
            if number is None:
                self.others += value != ""
            else:
                self.texts.append(number)
        else:
            self.numbers.append(value)

    def time_units(self) -> set[str]:
        """Return the units in which all values are times of this century; empty if one of them is not a time."""
        units = {_time_unit(value) for value in self.all}
        return set() if self.others or None in units else {unit for unit in units if unit is not None}

    def sizes(self) -> Sequence[float]:
        """Return the figures without signs and zeros."""
        return [abs(value) for value in self.all if value]


def compare(data: Data, sample: Data, undocumented_units: Collection[str] = ()) -> Iterator[Difference]:
    """Yield fields whose unit differs from the sample's and, as harmless, those whose JSON type does.

    Units of the fields in `undocumented_units` are not compared.
    """
    documented, current = _fields(sample), _fields(data)
    for name in sorted(documented.keys() & current.keys()):
        before, now = documented[name], current[name]
        if _last_name(name) not in undocumented_units:
            yield from _unit(name, before, now)
        yield from _type(name, before, now)


def _unit(name: str, before: FieldValues, now: FieldValues) -> Iterator[Difference]:
    documented, current = before.time_units(), now.time_units()
    if not (_is_time(name) and documented and current):
        yield from _size(name, before.sizes(), now.sizes())
    elif not current <= documented:
        detail = f"{_listed(current)}, documented in {_listed(documented)}"
        yield Difference(DifferenceKind.UNIT_CHANGED, detail, name)


def _size(name: str, documented: Sequence[float], current: Sequence[float]) -> Iterator[Difference]:
    """Compare medians, unless the ranges overlap: the samples of some long series are of Bitcoin's first days."""
    if not documented or not current or (min(documented) <= max(current) and min(current) <= max(documented)):
        return
    before, now = statistics.median(documented), statistics.median(current)
    if not 1 / _OTHER_UNIT < now / before < _OTHER_UNIT:
        detail = f"usually about {now:.4g}, in the documented sample {before:.4g}"
        yield Difference(DifferenceKind.UNIT_CHANGED, detail, name)


def _type(name: str, documented: FieldValues, current: FieldValues) -> Iterator[Difference]:
    if documented.others or current.others:
        return
    if current.texts and not documented.texts and documented.numbers:
        yield Difference(DifferenceKind.TYPE_CHANGED, "text, documented as a number; it is read", name, harmless=True)
    elif current.numbers and not documented.numbers and documented.texts:
        yield Difference(DifferenceKind.TYPE_CHANGED, "a number, documented as text; it is read", name, harmless=True)


def _fields(data: Data) -> Mapping[str, FieldValues]:
    """Return the scalar values of a payload by CoinGlass' path below one row, as anomalies name it."""
    fields: dict[str, FieldValues] = {}
    _collect(data, "", fields, in_list=False)
    return fields


def _collect(value: Data, path: str, fields: dict[str, FieldValues], *, in_list: bool) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _collect(item, below(path, name), fields, in_list=False)
    elif isinstance(value, list):
        is_row = in_list and len(value) <= _MAX_ROW_ITEMS
        for index, item in enumerate(value):
            item_path = below(path, index) if is_row else f"{path}[]" if path else ""
            _collect(item, item_path, fields, in_list=True)
    else:
        values = fields.setdefault(path, FieldValues())
        if len(values.numbers) + len(values.texts) < _MAX_VALUES:
            values.add(value)


def _number(text: str) -> float | None:
    try:
        number = int(text) if text.isdecimal() else float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _is_time(name: str) -> bool:
    """Whether the field can be a time: by its name, or as an item of a row that is a list."""
    last = name.rsplit(".", 1)[-1]
    return last.endswith("]") or any(part in last.lower() for part in ("time", "date", "stamp"))


def _last_name(path: str) -> str:
    """Return CoinGlass' name of the field, without its parents and without the brackets of its items."""
    return path.rsplit(".", 1)[-1].removesuffix("[]")


def _time_unit(value: float) -> str | None:
    if not isinstance(value, int) or value <= 0:
        return None
    whole = milliseconds(value)
    if not _EARLIEST <= whole < _LATEST:
        return None
    digits = len(str(value // whole)) if value > whole else 0
    return _UNITS[0] if value < whole else _UNITS[1 + digits // 3]


def _listed(units: set[str]) -> str:
    return " and ".join(sorted(units, key=_UNITS.index))
