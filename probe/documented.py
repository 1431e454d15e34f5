"""Compares an answer with the documented sample of its endpoint, where the decoders accept more than one spelling.

Times are read in any unit and numbers as text: neither loses a value, but a change of unit is news.
"""

import math
import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cg_client.decoding.shapes import milliseconds
from cg_client.decoding.tolerance import below
from probe.findings import DifferenceKind, Finding

_MAX_VALUES = 2000  # of one field
_POSITIONAL = 12  # items at most of a row that is a list
_EARLIEST, _LATEST = 10**12, 4 * 10**12  # milliseconds: September 2001 to 2096
_UNITS = ("seconds", "milliseconds", "microseconds", "nanoseconds")
_OTHER_UNIT = 1e6  # by which the usual size of a figure changes with its unit, and never with the market

Data: TypeAlias = Any  # JSON


@dataclass
class Values:
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
        """Return the units in which all values are times of this century; nothing where one is none."""
        found = {_time_unit(value) for value in self.all}
        return set() if self.others or None in found else {unit for unit in found if unit is not None}

    def sizes(self) -> Sequence[float]:
        """Return the figures without signs and zeros."""
        return [abs(value) for value in self.all if value]


def compare(data: Data, sample: Data, undocumented_units: Collection[str] = ()) -> Iterator[Finding]:
    """Yield the fields whose unit differs from the sample's and, as harmless, those whose JSON type does.

    That the unit differs is no news in the fields of `undocumented_units`.
    """
    documented, found = _fields(sample), _fields(data)
    for name in sorted(documented.keys() & found.keys()):
        was, now = documented[name], found[name]
        if _own_name(name) not in undocumented_units:
            yield from _unit(name, was, now)
        yield from _type(name, was, now)


def _unit(name: str, was: Values, now: Values) -> Iterator[Finding]:
    if _is_time(name) and was.time_units() and now.time_units():
        yield from _time(name, was.time_units(), now.time_units())
    else:
        yield from _size(name, was.sizes(), now.sizes())


def _time(name: str, documented: set[str], found: set[str]) -> Iterator[Finding]:
    if not found <= documented:
        yield Finding(DifferenceKind.UNIT_CHANGED, f"{_listed(found)}, documented in {_listed(documented)}", name)


def _size(name: str, documented: Sequence[float], found: Sequence[float]) -> Iterator[Finding]:
    """Compare what is usual, unless the ranges overlap: the samples of some long series are of Bitcoin's first days."""
    if not documented or not found or (min(documented) <= max(found) and min(found) <= max(documented)):
        return
    was, now = statistics.median(documented), statistics.median(found)
    if not 1 / _OTHER_UNIT < now / was < _OTHER_UNIT:
        detail = f"usually about {now:.4g}, in the documented sample {was:.4g}"
        yield Finding(DifferenceKind.UNIT_CHANGED, detail, name)


def _type(name: str, documented: Values, found: Values) -> Iterator[Finding]:
    if documented.others or found.others:
        return
    if found.texts and not documented.texts and documented.numbers:
        yield Finding(DifferenceKind.TYPE_CHANGED, "text, documented as a number; it is read", name, harmless=True)
    elif found.numbers and not documented.numbers and documented.texts:
        yield Finding(DifferenceKind.TYPE_CHANGED, "a number, documented as text; it is read", name, harmless=True)


def _fields(data: Data) -> Mapping[str, Values]:
    """Return the scalar values of a payload by CoinGlass' path below one row, as anomalies name it."""
    found: dict[str, Values] = {}
    _collect(data, "", found, in_list=False)
    return found


def _collect(value: Data, path: str, found: dict[str, Values], *, in_list: bool) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            _collect(item, below(path, name), found, in_list=False)
    elif isinstance(value, list):
        positional = in_list and len(value) <= _POSITIONAL
        for place, item in enumerate(value):
            item_path = below(path, place) if positional else f"{path}[]" if path else ""
            _collect(item, item_path, found, in_list=True)
    else:
        values = found.setdefault(path, Values())
        if len(values.numbers) + len(values.texts) < _MAX_VALUES:
            values.add(value)


def _number(text: str) -> float | None:
    try:
        number = int(text) if text.isdecimal() else float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _is_time(name: str) -> bool:
    """Whether the field can be a time: by its name, or as one place of a row that is a list."""
    last = name.rsplit(".", 1)[-1]
    return last.endswith("]") or any(part in last.lower() for part in ("time", "date", "stamp"))


def _own_name(path: str) -> str:
    """Return CoinGlass' name of the field, without those above it and without the brackets of its items."""
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
