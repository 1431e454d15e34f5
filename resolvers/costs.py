"""What a field may cost, from its arguments alone: calls to CoinGlass, and the length of the lists in its payload.

Both are upper bounds while CoinGlass answers; a call that is sent again after a failure is not counted here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias, TypedDict

from graphql import GraphQLError
from strawberry import UNSET
from strawberry.federation.schema_directives import Cost, ListSize

from cg_client.intervals import Interval
from cg_client.windows import MAX_POINTS, SLACK, SMALL, Window, bars, unix_ms, window_of
from graph_types.scalars import parse_time
from pagination.connections import FIRST

Arguments: TypeAlias = Mapping[str, object]  # by their names in GraphQL, as JSON has them

ASSUMED_ROWS = 500  # of a list whose length nothing states
ASSUMED_DAYS = 6_000  # of a daily series that is requested whole: those of bitcoin go back to 2010


class FieldOptions(TypedDict):
    """Options of `strawberry.field`."""

    metadata: dict[str, object]
    directives: list[object]


class Estimate(NamedTuple):
    """Calls of a field, and rows of each list in its payload."""

    calls: int
    rows: int


NOTHING = Estimate(0, 0)  # of a field that is refused before it costs anything


class FieldCost(Protocol):
    """How a field's cost follows from its arguments.

    `calls` and `assumed_rows` hold for the default arguments. `is_shared`: the same calls answer the field for all
    parents.
    """

    @property
    def calls(self) -> int: ...
    @property
    def is_shared(self) -> bool: ...
    @property
    def assumed_rows(self) -> int: ...
    def estimate(self, arguments: Arguments, now: datetime) -> Estimate: ...


@dataclass(frozen=True, slots=True)
class FixedCost:
    """The same for all arguments."""

    calls: int = 1
    is_shared: bool = False
    assumed_rows: int = ASSUMED_ROWS

    def estimate(self, arguments: Arguments, now: datetime) -> Estimate:  # noqa: ARG002  # as the protocol has it
        return Estimate(self.calls, self.assumed_rows)


@dataclass(frozen=True, slots=True)
class PageCost:
    """As many rows as `first` says."""

    assumed_rows: int
    calls: int = 1
    is_shared: bool = False

    def estimate(self, arguments: Arguments, now: datetime) -> Estimate:  # noqa: ARG002  # as the protocol has it
        first = arguments.get("first")
        return Estimate(self.calls, max(0, first) if isinstance(first, int) else self.assumed_rows)


@dataclass(frozen=True, slots=True)
class DailyCost:
    """One call, whatever the window."""

    assumed_rows: int = ASSUMED_DAYS
    calls: int = 1
    is_shared: bool = False

    def estimate(self, arguments: Arguments, now: datetime) -> Estimate:  # noqa: ARG002  # as the protocol has it
        last = arguments.get("last")
        return Estimate(1, min(max(0, last), ASSUMED_DAYS) if isinstance(last, int) else self.assumed_rows)


@dataclass(frozen=True, slots=True)
class WindowCost:
    """As many calls as the window has pages, in each of `series`. A window that is refused costs nothing.

    `page_rows`: the smallest page size of the field's endpoints.
    """

    page_rows: int
    series: int = 1
    assumed_rows: int = 100
    is_shared: bool = False

    @property
    def calls(self) -> int:
        return self.series

    def estimate(self, arguments: Arguments, now: datetime) -> Estimate:
        interval, last = Interval.__members__.get(str(arguments.get("interval"))), arguments.get("last")
        if interval is None or not isinstance(last, int | None):
            return NOTHING
        try:
            start, end = _time(arguments.get("from")), _time(arguments.get("to"))
        except GraphQLError:
            return NOTHING
        step, now_ms = interval.milliseconds, unix_ms(now)
        window = window_of(step, now_ms, last=last, start=start, end=end)
        count = min(bars(window, step, now_ms), MAX_POINTS)
        return Estimate(self.series * self._pages(window, count, now_ms), count) if count > 0 else NOTHING

    def _pages(self, window: Window, count: int, now_ms: int) -> int:
        """Return the calls that the largest way to fetch the window takes."""
        if window.end is not None and window.end < now_ms:
            return count // self.page_rows + 2
        needed = count + SLACK if window.last is None else count
        if needed <= SMALL:
            return 1
        return 2 if needed <= self.page_rows else count // self.page_rows + 2  # cached bars may be completed in vain


# Without `assumedSize`: the default of `first` counts, and Cosmo refuses both together.
_PAGE_SIZE = ListSize(
    assumed_size=UNSET,
    slicing_arguments=["first"],
    sized_fields=["edges", "nodes"],
    require_one_slicing_argument=False,
)

CONNECTION: FieldOptions = {"metadata": {"cost": PageCost(FIRST, calls=0)}, "directives": [_PAGE_SIZE]}


def directives(cost: FieldCost) -> list[object]:
    """Return `@cost` for upstream calls."""
    return [Cost(weight=cost.calls)] if cost.calls else []


def listed(rows: int) -> FieldOptions:
    """Return the options of a field that lists objects: at most so many, which cost no call by themselves."""
    size = ListSize(assumed_size=rows, slicing_arguments=UNSET, sized_fields=UNSET, require_one_slicing_argument=False)
    return {"metadata": {"cost": FixedCost(0, assumed_rows=rows)}, "directives": [size]}


def _time(value: object) -> int | None:
    """Return milliseconds; raises GraphQLError."""
    return None if value is None else unix_ms(parse_time(value, repr(value)))
