"""Reads JSON value by value if the strict decoder refuses it, and reports every unreadable value.

An unreadable figure becomes null, a row without its key is skipped, and everything else stands. Strict decoders come
first; they accept only payloads without an anomaly, so that this reader can be slow.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, TypeAlias, TypeVar

import msgspec

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector, AnomalyKind
from cg_client.decoding.checks import mismatch
from cg_client.errors import NoData, PayloadMismatch

R = TypeVar("R")
T = TypeVar("T")

Path: TypeAlias = str  # below one row, as CoinGlass names it

_DIGITS = 400  # of an integer: one with more does not fit a float


class Presence(Enum):
    """What an absent or unreadable value costs."""

    REQUIRED = "the row"
    EXPECTED = "itself, and is reported"
    SPARSE = "itself"  # CoinGlass sometimes leaves it out


class Unreadable(Exception):
    """A value does not fit; `path` is that of the value, or of the key that a row lacks."""

    def __init__(
        self, path: Path, kind: AnomalyKind = AnomalyKind.VALUE_UNREADABLE, *, is_reported: bool = False
    ) -> None:
        super().__init__(path)
        self.path, self.kind, self.is_reported = path, kind, is_reported


class Reading:
    """The state of reading one answer. Only the end shows which field no row has."""

    def __init__(self, anomalies: AnomalyCollector) -> None:
        self.anomalies = anomalies
        self._present: set[Path] = set()
        self._absent: Counter[Path] = Counter()
        self._reported: set[Path] = set()

    def present(self, paths: Iterable[Path]) -> None:
        self._present.update(paths)

    def absent(self, path: Path, *, report: bool) -> None:
        """Count a row without the field; `report` where every row should have it."""
        self._absent[path] += 1
        if report:
            self._reported.add(path)

    def report(self, unreadable: Unreadable, value: object) -> None:
        """Report an unreadable value, unless it was reported already; an absent field is reported at the end."""
        if unreadable.is_reported:
            return
        if unreadable.kind is AnomalyKind.FIELD_MISSING:
            self._reported.add(unreadable.path)
        else:
            self.anomalies.report(unreadable.kind, unreadable.path, value)

    def finish(self, may_lack: frozenset[str] = frozenset()) -> None:
        """Report the missing fields: from any row if that is unusual, otherwise from every row."""
        for path, count in self._absent.items():
            everywhere = path not in self._present and path.rsplit(".", 1)[-1] not in may_lack
            if path in self._reported or everywhere:
                self.anomalies.report(AnomalyKind.FIELD_MISSING, path, count=count)


Read: TypeAlias = Callable[[Any, Path, Reading], Any]  # raises Unreadable


def rows_of(read: Read) -> Read:
    """Read a list of rows; one that cannot be read is skipped. Raises Unreadable if none of several could be read."""

    def read_rows(value: Any, path: Path, reading: Reading) -> list[Any]:  # noqa: ANN401  # JSON
        if not isinstance(value, list):
            raise Unreadable(path, AnomalyKind.SHAPE_CHANGED)
        rows, failure = [], None  # of the error only this: the error itself would refer to this frame
        for item in value:
            try:
                rows.append(read(item, f"{path}[]" if path else "", reading))
            except Unreadable as error:
                failure = error.path, error.kind
                reading.anomalies.report(AnomalyKind.ROW_SKIPPED, error.path or "[]", item)
        if failure is not None and not rows:
            raise Unreadable(*failure, is_reported=True)
        return rows

    return read_rows


def unwrapped(read: Read) -> Read:
    """Read one object, alone or as the one item of a list: both occur for the same endpoint."""

    def read_item(value: Any, path: Path, reading: Reading) -> Any:  # noqa: ANN401  # JSON in, what `read` reads out
        if isinstance(value, list):
            if not value:
                raise NoData("CoinGlass answered without data.")
            if len(value) > 1:
                raise Unreadable(path, AnomalyKind.SHAPE_CHANGED)
            (value,) = value
        return read(value, path, reading)

    return read_item


def items_of(read: Read, kind: AnomalyKind | None = None) -> Read:
    """Read a list of single values, of which an unreadable one is null.

    With a `kind` it is reported as such, and a list of which nothing can be read is unreadable itself.
    """

    def read_items(value: Any, path: Path, reading: Reading) -> list[Any]:  # noqa: ANN401  # JSON
        if not isinstance(value, list):
            raise Unreadable(path, AnomalyKind.SHAPE_CHANGED)
        items = [_or_null(read, item, f"{path}[]", reading, kind) for item in value]
        if kind is not None and items and all(item is None for item in items):
            raise Unreadable(path, kind, is_reported=True)
        return items

    return read_items


def values_of(read: Read) -> Read:
    """Read an object whose keys are data; an unreadable value costs its key. Raises Unreadable as `rows_of`."""

    def read_values(value: Any, path: Path, reading: Reading) -> dict[str, Any]:  # noqa: ANN401  # JSON
        if not isinstance(value, dict):
            raise Unreadable(path, AnomalyKind.SHAPE_CHANGED)
        values, failure = {}, None  # as in `rows_of`
        for key, item in value.items():
            try:
                values[key] = read(item, below(path, "*"), reading)
            except Unreadable as error:
                failure = error.path, error.kind
                reading.report(error, {key: item})
        if failure is not None and not values:
            raise Unreadable(*failure, is_reported=True)
        return values

    return read_values


def scalar(kind: Any, *checks: Callable[[Any], object], percent: bool = False) -> Read:  # noqa: ANN401  # a type for msgspec
    """Read one value as the strict decoder would; `checks` raise ValueError, KeyError or PayloadMismatch.

    With `percent` a text such as `7.9%` is the number before the sign.
    """

    def read(value: Any, path: Path, _: Reading) -> Any:  # noqa: ANN401  # JSON in, of the kind out
        if percent and isinstance(value, str) and value.endswith("%"):
            value = value[:-1]
        try:
            converted = msgspec.convert(value, kind, strict=False)
            if isinstance(converted, float) and not math.isfinite(converted):
                raise Unreadable(path)
            for check in checks:
                check(converted)
        except (msgspec.ValidationError, ValueError, KeyError, OverflowError, PayloadMismatch):
            raise Unreadable(path) from None
        return converted

    return read


def tolerant(
    strict: Callable[[msgspec.Raw], T],
    read: Callable[[Any, Path, Reading], R],
    build: Callable[[R], T],
    may_lack: frozenset[str] = frozenset(),
) -> Decode[T]:
    """Return a decoder that reads value by value what `strict` refuses; `build` makes the same payload of it.

    `strict` raises msgspec.DecodeError or PayloadMismatch, and must refuse whatever has an anomaly.
    """

    def decode(data: msgspec.Raw, anomalies: AnomalyCollector) -> T:
        try:
            return strict(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, PayloadMismatch):
            value = parsed(data)
        return build(read_whole(read, value, anomalies, may_lack))

    return decode


def parsed(data: msgspec.Raw) -> Any:  # noqa: ANN401  # JSON
    """Parse the payload; raises PayloadMismatch.

    msgspec refuses the whole for a number too large for a float, or half of a surrogate pair. Python's parser reads
    these: the number becomes infinite.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            return json.loads(bytes(data), parse_int=_integer)
        except (ValueError, RecursionError):
            raise mismatch(error) from error


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _DIGITS else math.inf


def read_whole(
    read: Callable[[Any, Path, Reading], R],
    value: object,
    anomalies: AnomalyCollector,
    may_lack: frozenset[str] = frozenset(),
) -> R:
    """Read the payload; raises PayloadMismatch for one of which nothing can be read."""
    reading = Reading(anomalies)
    try:
        return read(value, "", reading)
    except Unreadable as unreadable:
        field = f"data.{unreadable.path}" if unreadable.path else "data"
        unreadable.path = unreadable.path or "data"
        reading.report(unreadable, value)
        raise PayloadMismatch(field, "nothing of the answer could be read by it") from None
    finally:
        reading.finish(may_lack)


def _or_null(read: Read, value: Any, path: Path, reading: Reading, kind: AnomalyKind | None) -> Any:  # noqa: ANN401  # JSON in, what `read` reads out
    try:
        return read(value, path, reading)
    except Unreadable as unreadable:
        unreadable.kind = kind or unreadable.kind
        reading.report(unreadable, value)
        return None


def below(path: Path, name: str | int) -> Path:
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name
