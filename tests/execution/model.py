"""A schema with a field of every kind that rows can have, and valid, unusual and invalid data for it."""

import asyncio
import random
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any, Literal, cast

import strawberry
from strawberry.permission import BasePermission

from graph_types.scalars import Timestamp, time_of
from payloads.columns import Column, Columns, Lists, new_identity

ROW_COUNTS = (0, 1, 7, 8, 9, 30)


@strawberry.enum
class Side(Enum):
    BUY = "buy"
    SELL = "sell"


class OtherSide(Enum):
    BUY = "buy"


class OnSomeRows(BasePermission):
    message = "denied"

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:  # noqa: ARG002  # Strawberry's
        return isinstance(source.price, float) and source.price > 0


@strawberry.type
class Share:
    name: str
    part: float | None
    at: datetime


@strawberry.type
class Detail:
    note: str | None
    rank: int
    side: Side | None


@strawberry.interface
class Named:
    id: strawberry.ID


@strawberry.type
class Row(Named):
    time: datetime
    stamp: Timestamp
    day: date | None
    price: float
    change: float | None
    count: int
    rest: int | None
    name: str
    note: str | None
    sure: bool
    maybe: bool | None
    side: Side
    detail: Detail
    extra: Detail | None
    shares: Sequence[Share]
    levels: Sequence[float | None] | None
    gated: float | None = strawberry.field(permission_classes=[OnSomeRows], default=4.25)

    @strawberry.field
    def computed(self, times: int = 2) -> float:
        price: object = self.price
        return price * times if isinstance(price, float) else 0.0


@strawberry.type
class Simple:
    """No interface, so that no `is_type_of`."""

    time: datetime
    price: float
    shares: Sequence[Share]


@strawberry.type
class Refusal:
    code: str


@strawberry.type
class Payload(Named):
    rows: Sequence[Row]
    some: Sequence[Row | None] | None
    simple: Sequence[Simple]
    prices: Sequence[float]
    times: Sequence[datetime]
    latest: Row | None
    count: int


@dataclass
class Data:
    """What the resolvers give at the moment, whatever their types say."""

    payload: "Payload"
    rows: list[Row]
    fails: bool = False


DATA = Data(cast("Payload", None), [])


async def deferred(value: Any) -> Any:
    """Return the value some turns of the loop later, as what it is or, where the data fails, as an error."""
    for _ in range(2):
        await asyncio.sleep(0)
    if DATA.fails:
        raise ValueError("It cannot be made.")
    return value


@strawberry.type
class Query:
    @strawberry.field
    def payload(self) -> Payload | None:
        return DATA.payload

    @strawberry.field
    def result(self) -> Annotated[Payload | Refusal, strawberry.union("Result")]:
        return DATA.payload

    @strawberry.field
    async def later(self) -> Annotated[Payload | Refusal, strawberry.union("Result")] | None:
        return DATA.payload

    @strawberry.field
    def soon(self) -> Annotated[Payload | Refusal, strawberry.union("Result")] | None:
        return cast("Payload", deferred(DATA.payload))

    @strawberry.field
    def surely(self) -> Annotated[Payload | Refusal, strawberry.union("Result")]:
        return cast("Payload", deferred(DATA.payload))

    @strawberry.field
    def rows_soon(self) -> list[Row] | None:
        return cast("list[Row]", deferred(DATA.rows))

    @strawberry.field
    def rows(self) -> list[Row]:
        return DATA.rows

    @strawberry.field
    def some(self, first: int = 3, side: Side = Side.BUY, at: datetime | None = None) -> list[Row | None] | None:
        if first < 0:
            raise ValueError(f"{first} {side} {at}")
        rows: Any = DATA.rows
        rows = rows[:first] if isinstance(rows, list | Columns) else rows
        return cast("list[Row | None] | None", rows)

    @strawberry.field
    def named(self) -> Sequence[Named]:
        return DATA.rows

    @strawberry.field
    def nest(self) -> "Query | None":
        return Query()

    @strawberry.field
    async def nest_later(self) -> "Query | None":
        await asyncio.sleep(0)
        return Query()

    @strawberry.field
    def nest_soon(self) -> "Query | None":
        return cast("Query", deferred(Query()))

    @strawberry.field
    def nests(self) -> "list[Query]":
        return [Query(), Query()]


class Weird:
    def __float__(self) -> float:
        raise ValueError("boom")

    def __repr__(self) -> str:
        return "<Weird>"


class Touchy(Row):
    """A subclass with an attribute that cannot be read."""

    @property
    def change(self) -> float | None:
        raise RuntimeError("getter failed")

    @change.setter
    def change(self, value: float | None) -> None: ...


NAIVE = datetime(2026, 1, 2)  # noqa: DTZ001  # unusual on purpose
BAD: Sequence[Any] = (
    *(None, strawberry.UNSET, True, 0, 1, 1.0, 1.5, 2**31, -(2**31) - 1, 10**400),
    *(float("nan"), float("inf"), -float("inf"), Decimal("1.5"), Decimal("NaN")),
    *("1.5", "x", b"b", "BUY", "buy", "2026-01-02", Side.BUY, OtherSide.BUY),
    *(Weird(), ValueError("as a value"), [], {}, ()),
    *(NAIVE, date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5, 678, UTC)),
    datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=5))),
)
NEARLY: Mapping[str, Sequence[Any]] = {
    "id": (5, None, 2.0),
    "time": (None, date(2026, 1, 2), "2026-01-02T00:00:00Z", NAIVE),
    "stamp": (None, 1.0, True, "7", 2**60),
    "day": (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02"),
    "price": (None, 5, True, "1.5", float("nan"), float("inf"), 10**400, Decimal("1.5")),
    "change": (5, True, "1.5", float("nan"), -float("inf")),
    "count": (None, 2**31, -(2**31) - 1, 2.0, True, "7", 1.5),
    "rest": (2**31, 3.0, False, "7"),
    "name": (None, 5, 1.5, True),
    "note": (5, 1.0, False),
    "sure": (None, 0, 1, 2, 1.0, "x"),
    "maybe": (0, 2, 1.0, "x"),
    "side": (None, "BUY", "buy", OtherSide.BUY),
    "detail": (None, Refusal(code="X")),
    "extra": (Refusal(code="X"), 3),
    "shares": (None, (), [None], [Refusal(code="X")], 3),
    "levels": ([True], ["1.5"], [float("nan")], (1.5, None), 3),
}


class Maker:
    """Makes rows by chance, out of a seed."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        pick, some = chance.choice, chance.random
        self._good: dict[str, Callable[[], Any]] = {
            "id": lambda: str(some()),
            "time": lambda: pick(
                [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2025, 12, 31, 23, 59, 59, 999_000, UTC)]
            ),
            "stamp": lambda: chance.randint(0, 2**45),
            "day": lambda: pick([None, date(2024, 2, 29)]),
            "price": lambda: pick([some(), 1e300, -1e-300, 0.0, -0.0]),
            "change": lambda: pick([None, some()]),
            "count": lambda: chance.randint(-(2**31), 2**31 - 1),
            "rest": lambda: pick([None, 3, -7]),
            "name": lambda: pick(["", "a", 'é\u2028"', "x" * 10]),
            "note": lambda: pick([None, "n"]),
            "sure": lambda: some() < 0.5,
            "maybe": lambda: pick([None, True, False]),
            "side": lambda: pick(list(Side)),
            "detail": self._detail,
            "extra": lambda: pick([None, self._detail()]),
            "shares": lambda: [self._share() for _ in range(chance.randint(0, 3))],
            "levels": lambda: pick([None, [], [1.0, None], [0.5]]),
        }

    def _detail(self) -> Detail:
        return Detail(
            note=self._chance.choice([None, "d"]),
            rank=self._chance.randint(0, 9),
            side=self._chance.choice([None, *Side]),
        )

    def _share(self) -> Share:
        time = datetime(2026, 5, 6, self._chance.randint(0, 23), tzinfo=UTC)
        return Share(name=self._chance.choice("ab"), part=self._chance.choice([None, 0.5]), at=time)

    def row(self, bad: float) -> Row:
        """Return a row whose values are invalid with this probability."""
        values = {name: make() for name, make in self._good.items()}
        if self._chance.random() < bad:
            for name in self._chance.sample(list(self._good), self._chance.randint(1, 2)):
                values[name] = self._chance.choice(BAD)
        return (Touchy if bad and self._chance.random() < 0.01 else Row)(**values)

    def _spoil(self, row: Row) -> None:
        """One value that is nearly right, so that nothing else gives it away."""
        name = self._chance.choice(list(NEARLY))
        setattr(row, name, self._chance.choice(NEARLY[name]))

    def rows(self, bad: float) -> Any:
        """Rows as a list, a tuple or a table; now and then something that is no row among them, or no rows at all."""
        near = bad > 0 and self._chance.random() < 0.4
        rows: list[Any] = [self.row(0.0 if near else bad) for _ in range(self._chance.choice(ROW_COUNTS))]
        if near and rows:
            self._spoil(self._chance.choice(rows))
        form = self._chance.random()
        if bad and rows and form < 0.1:
            rows[self._chance.randrange(len(rows))] = self._chance.choice(
                [None, ValueError("a row"), 5, object(), Refusal(code="X")]
            )
        if form < 0.5 and all(type(row) is Row for row in rows):
            return self.table(rows)
        if bad and form > 0.97:
            return self._chance.choice([None, 7, ValueError("no rows"), "text"])
        return tuple(rows) if form > 0.9 else rows

    def _unusual(self) -> Any:
        """Return something other than a row; one kind has all attributes of a row."""
        alike = SimpleNamespace(**vars(self.row(0.0)))
        return self._chance.choice([None, ValueError("a row"), 5, object(), Refusal(code="X"), alike, alike])

    def table(self, rows: Sequence[Row]) -> Columns[Row]:
        """Return the rows as they are cached: times and figures packed where they can be, shares end to end."""
        columns = {name: [getattr(row, name) for row in rows] for name in self._good}
        created = {name: Column(values) for name, values in columns.items()}
        if all(type(value) is float for value in columns["price"]):
            created["price"] = _packed("d", columns["price"])
        if all(type(value) is int and 0 <= value < 2**62 for value in columns["stamp"]):
            created["stamp"] = _packed("q", columns["stamp"])
        if all(type(value) is datetime for value in columns["time"]):
            stamps = [round(value.timestamp() * 1000) for value in columns["time"]]
            if [time_of(stamp) for stamp in stamps] == columns["time"]:
                created["time"] = _packed("q", stamps, time_of)
        if all(type(value) is list and all(type(item) is Share for item in value) for value in columns["shares"]):
            created["shares"] = Column(
                Lists.of([len(value) for value in columns["shares"]], _shares(columns["shares"]))
            )
        identity = new_identity() if self._chance.random() < 0.7 else None
        table = Columns.of(Row, created | {"gated": Column([4.25] * len(rows))}, len(rows), identity)
        start = self._chance.choice([0, 0, 0, min(2, len(rows))])
        return table[start:]

    def payload(self, bad: float) -> Any:
        if bad and self._chance.random() < 0.05:
            return self._chance.choice([None, Refusal(code="GONE"), 3, ValueError("no payload")])
        if self._chance.random() < 0.1:
            return Refusal(code="GATED")
        good = [self.row(0.0) for _ in range(self._chance.choice(ROW_COUNTS))]
        simple = [Simple(time=row.time, price=row.price, shares=row.shares) for row in good]
        prices: list[Any] = [row.price for row in good]
        if bad and prices and self._chance.random() < 0.2:
            prices[-1] = self._chance.choice(BAD)
        times = _packed("q", [row.stamp for row in good], time_of)
        return Payload(
            id=strawberry.ID(self._chance.choice("pq")),
            rows=self.rows(bad),
            some=self.rows(bad),
            simple=simple,
            times=times,
            prices=Column(prices),
            latest=self._chance.choice([None, self.row(bad)]),
            count=self._chance.choice([1, 2**31 if bad else 2]),
        )


def _packed(code: Literal["d", "q"], values: Sequence[Any], convert: Callable[[Any], Any] | None = None) -> Column:
    return Column(array(code, values), convert)


def _shares(lists: Sequence[Sequence[Share]]) -> Columns[Share]:
    flat = [share for actual in lists for share in actual]
    columns = {name: Column([getattr(share, name) for share in flat]) for name in ("name", "part", "at")}
    return Columns.of(Share, columns, len(flat))
