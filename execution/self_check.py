"""Whether the bulk executor answers as the stock executor does, on rows of every kind of leaf: asked once at start.

Another version of graphql-core or Strawberry may change what the bulk executor relies on. It is then not used.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum

import orjson
import strawberry
from strawberry.schema.config import StrawberryConfig

from execution.executor import BulkExecutor
from vocabulary.columns import Column, Columns, Lists, new_identity
from vocabulary.scalars import SCALARS, Timestamp, time_of

_TIMES = [1_700_000_000_000 + 3_600_000 * number for number in range(12)]


@strawberry.enum
class _Side(Enum):
    BUY = "buy"
    SELL = "sell"


@strawberry.type
class _Part:
    name: str
    share: float | None


@strawberry.type
class _Row:
    time: datetime
    timestamp: Timestamp
    day: date
    price: float
    change: float | None
    count: int
    id: strawberry.ID
    side: _Side
    known: bool
    parts: Sequence[_Part]


@strawberry.type
class _Payload:
    rows: Sequence[_Row]
    prices: Sequence[float]
    latest: _Row | None


def _rows() -> Columns[_Row]:
    size = len(_TIMES)
    parts = Columns.of(
        _Part, {"name": Column([f"p{n}" for n in range(2 * size)]), "share": Column([None, 0.5] * size)}, 2 * size
    )
    table = {
        "time": Column(_TIMES, time_of),
        "timestamp": Column(_TIMES),
        "day": Column([date(2024, 2, 29)] * size),
        "price": Column([1.5 + n for n in range(size)]),
        "change": Column([None, -0.25] * (size // 2)),
        "count": Column(list(range(size))),
        "id": Column([str(n) for n in range(size)]),
        "side": Column([_Side.BUY, _Side.SELL] * (size // 2)),
        "known": Column([True, False] * (size // 2)),
        "parts": Column(Lists.of([2] * size, parts)),
    }
    return Columns.of(_Row, table, size, new_identity())


@strawberry.type
class _Query:
    @strawberry.field
    def good(self) -> _Payload:
        rows = _rows()
        return _Payload(rows=rows, prices=rows.columns["price"], latest=rows[-1])

    @strawberry.field
    def bad(self) -> _Payload | None:
        prices = [1.0] * 11 + [float("nan")]
        return _Payload(rows=list(_rows()), prices=prices, latest=None)


_FIELDS = "time timestamp day price change count id side known parts { name share }"
_QUERY = f"""query ($all: Boolean = false) {{
  good {{ __typename rows {{ at: time {_FIELDS} ...Part @include(if: $all) }} prices latest {{ {_FIELDS} }} }}
  bad {{ prices rows {{ {_FIELDS} }} }}
}}
fragment Part on Row {{ kind: __typename price }}"""


def agrees(bulk: type[BulkExecutor]) -> bool:
    """Whether both answer the same, and the bulk executor did answer."""
    before = bulk.counts.hits
    try:
        same = all(_answer(bulk, all_=chosen) == _answer(None, all_=chosen) for chosen in (False, True))
    except Exception:  # noqa: BLE001  # whatever it is, it is no agreement
        return False
    return same and bulk.counts.hits > before


def _answer(executor: type[BulkExecutor] | None, *, all_: bool) -> tuple[bytes, list[object]]:
    schema = strawberry.Schema(_Query, config=StrawberryConfig(scalar_map=SCALARS), execution_context_class=executor)
    schema.process_errors = lambda *_: None  # type: ignore[method-assign]  # the bad value is no event to log
    result = schema.execute_sync(_QUERY, {"all": all_})
    errors: list[object] = [(error.message, error.path) for error in result.errors or ()]
    return orjson.dumps(result.data), errors
