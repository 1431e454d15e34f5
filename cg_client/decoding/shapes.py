"""The layouts of CoinGlass' payloads, and its units of time; decoders in `resolvers` read them into declared types."""

from dataclasses import dataclass

SECONDS_BELOW = 10**11
MILLISECONDS_BELOW = 10**14
_MICROSECONDS_BELOW = 10**17


@dataclass(frozen=True)
class Shape:
    """Base of all shapes."""


@dataclass(frozen=True)
class Rows(Shape):
    """A list of objects. `time_is_date`: times are calendar days as text, such as 2010-07-17 or 2010/07/17."""

    time_is_date: bool = False


@dataclass(frozen=True)
class Record(Shape):
    """One object, or a list of just one: both occur for the same endpoint."""


@dataclass(frozen=True)
class NameList(Shape):
    """A list of strings."""


@dataclass(frozen=True)
class KeyedRows(Shape):
    """An object whose keys are data and whose values are lists of objects; `key` is the name for the keys."""

    key: str


@dataclass(frozen=True)
class ParallelLists(Shape):
    """One object of equally long lists, to be read across, or a list of just that object."""

    time: str = "time_list"


@dataclass(frozen=True)
class Tuples(Shape):
    """Another layout, mostly of positional rows, with a hand-written decoder."""


def milliseconds(time: int) -> int:
    """Return a time in seconds, milliseconds, microseconds or nanoseconds as milliseconds, by its magnitude.

    The four ranges do not overlap between March 1973 and 5138. Source: `coinglass-v4` endpoints mix all of them.
    """
    if time < SECONDS_BELOW:
        return time * 1000
    if time < MILLISECONDS_BELOW:
        return time
    return time // 1000 if time < _MICROSECONDS_BELOW else time // 1_000_000


def are_milliseconds(earliest: int, latest: int) -> bool:
    """Whether times from the one to the other are milliseconds already."""
    return earliest >= SECONDS_BELOW and latest < MILLISECONDS_BELOW
