"""Asks the default executor and the plans the same, and tells whether the plans' answers differ in anything."""

import asyncio
import functools
import random
from collections.abc import Awaitable, Iterator
from typing import Any

import orjson
import strawberry
from graphql import DocumentNode, ExecutionResult, execute, parse, specified_rules, validate
from strawberry.schema.config import StrawberryConfig

from execution.column_selection import PythonEncoder, RowEncoder
from execution.fragment_cache import FragmentCache
from execution.planned_schema import PlanExecutor
from execution.validation import relevant
from graph_types.scalars import SCALARS
from served_schema.documents import Document
from tests.execution.model import DATA, Maker, Query
from tests.execution.random_queries import Writer

SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))
_ODDS = (0.0, 0.02, 0.2, 0.2)  # of a bad row
_FAILS = 0.05  # share of cases in which deferred values fail


class Planned:
    """Plans for one encoding, with cached documents."""

    def __init__(self, encoder: RowEncoder) -> None:
        self.plans = PlanExecutor(SCHEMA, encoder)
        self._document = functools.lru_cache(1)(lambda text: Document(parsed(text), text))

    async def data(self, query: str, variables: dict[str, Any]) -> Any:
        """Return the answer of the plan, or None if it leaves the operation to the default executor."""
        document = self._document(query)
        return await self.plans.execute(document, document.operations[0], variables, None, None)


class Trial:
    """The default executor, plans that give lists, and plans that give bytes."""

    def __init__(self) -> None:
        self.lists, self.bytes = Planned(PythonEncoder()), Planned(FragmentCache(1_000_000))
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()

    def differences(self, seed: int, cases: int) -> Iterator[str]:
        """Describe each case that a plan answers otherwise than the default executor."""
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
        expected = self._run(default(query, variables))
        for planned, shown in ((self.lists, repr), (self.bytes, _decoded)):
            data = self._run(planned.data(query, variables))
            if data is not None and (expected.errors or shown(data) != shown(expected.data)):
                yield f"{query}\n{variables}\n  default {expected}\n  plan {shown(data)}"

    def _run(self, awaitable: Awaitable[Any]) -> Any:
        return self._loop.run_until_complete(awaitable)


async def default(query: str, variables: dict[str, Any]) -> ExecutionResult:
    executed = execute(SCHEMA._schema, parsed(query), variable_values=variables)
    return executed if isinstance(executed, ExecutionResult) else await executed


@functools.lru_cache(1)
def parsed(query: str) -> DocumentNode:
    document = parse(query)
    rules = (relevant(query, specified_rules),)  # which find what all of them find: tests/execution/test_validation.py
    assert validate(SCHEMA._schema, document, rules) == []
    return document


def _decoded(data: Any) -> str:
    """Return what a client reads: 1e16 may be written as 1e+16, but 1 is not 1.0."""
    try:
        return repr(orjson.loads(orjson.dumps(data)))
    except TypeError as error:  # an integer that JSON has no room for, which the default executor passes on as well
        return repr(error)
