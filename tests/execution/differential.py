"""Asks the stock executor and the bulk executor the same, and tells whether their answers differ in anything."""

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import orjson
import strawberry
from strawberry.schema.config import StrawberryConfig

from execution.documents import Documents, KnownDocuments
from execution.executor import BulkExecutor, Counts
from execution.forms import AsLists
from execution.fragments import Fragments
from execution.object_types import resolve_by_class
from schema.limits import is_fixed
from tests.execution.model import DATA, Maker, Query
from tests.execution.queries import Writer
from vocabulary.scalars import SCALARS

CONFIG = StrawberryConfig(scalar_map=SCALARS)
_ODDS = (0.0, 0.02, 0.2, 0.2)  # of a bad row
_FAILS = 0.05  # share of cases in which what is under way fails


def schema(executor: type[BulkExecutor] | None, documents: Documents) -> strawberry.Schema:
    made = strawberry.Schema(
        Query,
        config=CONFIG,
        execution_context_class=executor,
        extensions=[lambda: KnownDocuments(documents, is_fixed)],
    )
    made.process_errors = lambda *_: None  # type: ignore[method-assign]  # bad values are no events to log
    if executor is not None:
        resolve_by_class(made._schema)
    return made


class Trial:
    """One stock schema, one that gives lists, and one that gives bytes. Each document is parsed once for all three."""

    def __init__(self) -> None:
        self.counts = Counts()
        documents = Documents()
        self.stock = schema(None, documents)
        self.lists = schema(BulkExecutor.over(documents, AsLists(), self.counts), documents)
        self.bytes = schema(BulkExecutor.over(documents, Fragments(1_000_000), Counts()), documents)
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()

    def differences(self, seed: int, cases: int) -> Iterator[str]:
        """A description of each case in which the three do not answer the same."""
        chance = random.Random(seed)
        maker, writer = Maker(chance), Writer(chance)
        query = writer.query()
        for _ in range(cases):
            if chance.random() < 0.4:  # otherwise the text of the time before, with other data and variables
                query = writer.query()
            bad = chance.choice(_ODDS)
            DATA.payload, DATA.rows = maker.payload(bad), maker.rows(bad)
            DATA.fails = chance.random() < _FAILS
            variables = {name: value for name, value in writer.variables().items() if f"${name}:" in query}
            yield from self._compared(query, variables)

    def _compared(self, query: str, variables: dict[str, Any]) -> Iterator[str]:
        expected = self._ask(self.stock, query, variables)
        given = self._ask(self.lists, query, variables)
        if _seen(expected) != _seen(given):
            yield f"{query}\n{variables}\n  stock {_seen(expected)}\n  bulk  {_seen(given)}"
        rendered = self._ask(self.bytes, query, variables)
        if _encoded(expected) != _encoded(rendered):
            yield f"{query}\n{variables}\n  stock {_encoded(expected)!r}\n  bytes {_encoded(rendered)!r}"

    def _ask(self, asked: strawberry.Schema, query: str, variables: dict[str, Any]) -> Any:
        return self._loop.run_until_complete(asked.execute(query, variables))


def _seen(result: Any) -> tuple[str, list[Any]]:
    """Everything about an answer, down to the order of keys and to 1 against 1.0 against True."""
    return repr(result.data), _errors(result)


def _encoded(result: Any) -> tuple[str, list[Any]]:
    """What a client reads: 1e16 may be written as 1e+16, but 1 is not 1.0."""
    try:
        return repr(orjson.loads(orjson.dumps(result.data))), _errors(result)
    except TypeError as error:  # an integer that JSON has no room for, which the stock executor passes on as well
        return repr(error), []


def _errors(result: Any) -> list[Any]:
    return [
        (
            error.message,
            tuple(error.path or ()),
            [(place.line, place.column) for place in error.locations or ()],
            type(error.original_error).__name__,
        )
        for error in result.errors or ()
    ]
