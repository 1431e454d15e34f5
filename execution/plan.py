"""A compiled operation: calls resolvers with known arguments and completes their values, without graphql-core.

A plan answers only what succeeds. On anything else (an error of a resolver, a null where the type forbids it, an
unexpected class) it raises, and the default executor runs the operation again to report the error.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeAlias

import strawberry
from graphql import VariableValues

from execution.column_selection import ColumnCompleter, ColumnSelection, RowEncoder
from execution.resolver_calls import ResolverCalls
from execution.scalar_serializers import Unsupported
from payloads.columns import Column, Columns
from resolvers.turns import Turns

Completed: TypeAlias = Any  # what can stand in an answer
Container: TypeAlias = Any  # a dict of the answer, or a list


class ValueCompleter(Protocol):
    """How the value of a field is completed."""

    def complete(self, value: object, execution: "Execution") -> Completed:
        """Raise Unsupported, or whatever an unexpected value makes of it."""


class PlannedField(Protocol):
    """A field of an object that is not completed column by column."""

    def resolve(self, source: object, execution: "Execution", results: dict[str, Completed]) -> None:
        """Put the value of the field into the results, now or when it is there."""


class Info:
    """What a plan knows of `strawberry.Info`: the rest is graphql-core's, and makes the default executor answer."""

    __slots__ = ("context", "schema")

    def __init__(self, context: object, schema: strawberry.Schema) -> None:
        self.context, self.schema = context, schema

    def __getattr__(self, name: str) -> object:
        raise Unsupported(name)


class Execution:
    """One execution of a plan. Everything that can start does so at once; what waits is filled in as it comes.

    What is too large for a turn goes on after the others had theirs.
    """

    __slots__ = ("_done", "_failure", "_is_abandoned", "_pending", "_tasks", "encoder", "info", "turns", "variables")

    def __init__(self, info: Info, variables: VariableValues, encoder: RowEncoder, turns: Turns) -> None:
        self.info, self.variables, self.encoder, self.turns = info, variables, encoder, turns
        self._is_abandoned = False
        self._pending = 0
        self._tasks: list[asyncio.Future[Any]] = []
        self._failure: BaseException | None = None
        self._done: asyncio.Future[None] | None = None

    async def run(self, plan: ValueCompleter, root: object) -> Completed:
        """Return the data; raises the first failure once nothing is pending, so that a second run finds all answers."""
        data = None
        try:
            data = plan.complete(root, self)
        except Exception as error:  # noqa: BLE001  # whatever it is, the default executor meets it again
            self._failure = error
        if self._pending:
            await self._wait_for_all()
        if self._failure is not None:
            try:
                raise self._failure
            finally:
                self._failure = None  # whose traceback refers to this
        return data

    async def _wait_for_all(self) -> None:
        self._done = asyncio.get_running_loop().create_future()
        try:
            await self._done
        except asyncio.CancelledError:
            self._is_abandoned = True
            for task in self._tasks:
                task.cancel()
            raise
        finally:
            self._tasks.clear()

    def complete_later(self, awaited: Any, value: ValueCompleter, container: Container, key: str | int) -> None:  # noqa: ANN401  # an awaitable of whatever
        """Complete the value when it is there; the keys of an answer stand in the order of the query."""
        container[key] = None
        task = asyncio.ensure_future(self._in_turn(awaited) if isinstance(awaited, Coroutine) else awaited)
        self._tasks.append(task)
        self._pending += 1
        task.add_done_callback(partial(self._resume, value, container, key))

    async def _in_turn(self, coroutine: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401  # whatever a resolver gives
        """Start the coroutine when there is time: what it does before it waits may be much."""
        try:
            while self.turns.is_over():  # noqa: ASYNC110  # an event would start all that wait for it in one pass
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            coroutine.close()
            raise
        return await coroutine

    def _resume(self, value: ValueCompleter, container: Container, key: str | int, task: "asyncio.Future[Any]") -> None:
        def complete() -> None:
            container[key] = value.complete(task.result(), self)

        self._proceed(complete)

    def go_on_later(self, step: Callable[[], None]) -> None:
        """Do the step, which fills in the rest of a container, in another turn."""
        self._pending += 1
        asyncio.get_running_loop().call_soon(self._proceed, step)

    def _proceed(self, step: Callable[[], None]) -> None:
        if self._is_abandoned:
            return
        if self.turns.is_over():
            asyncio.get_running_loop().call_soon(self._proceed, step)
            return
        try:
            step()
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  # as above
            self._failure = self._failure or error
        self._pending -= 1
        if not self._pending and self._done is not None and not self._done.done():
            self._done.set_result(None)


@dataclass(slots=True)
class SimpleValue:
    """A value that is completed as a column of one: scalars, and objects and lists of nothing but attributes.

    `selection` is that of the objects, if the value is one or a list of them.
    """

    column: ColumnCompleter
    selection: ColumnSelection | None = None

    @property
    def signature(self) -> Hashable:
        return None if self.selection is None else self.selection.signature

    def complete(self, value: object, execution: Execution) -> Completed:
        return self.column([value], execution.encoder)[0]


@dataclass(slots=True)
class ObjectValue:
    """An object, whose plan is that of its class."""

    plans: Mapping[type, "ObjectPlan"]
    nullable: bool

    def complete(self, value: object, execution: Execution) -> Completed:
        plan = self.plans.get(type(value))
        if plan is not None:
            return plan.complete(value, execution)
        if value is None and self.nullable:
            return None
        raise Unsupported


@dataclass(slots=True)
class ListValue:
    """A list of what is completed item by item, unless it is a table of the `selection`, which is encoded whole."""

    item: ValueCompleter
    nullable: bool
    selection: ColumnSelection | None

    def complete(self, value: Any, execution: Execution) -> Completed:  # noqa: ANN401  # whatever a resolver gives
        if value is None and self.nullable:
            return None
        if type(value) is Columns and self.selection is not None:
            return execution.encoder.whole(self.selection, value)
        if type(value) not in (list, tuple, Columns, Column):
            raise Unsupported
        items: list[Completed] = [None] * len(value)
        self._fill(items, value, 0, execution)
        return items

    def _fill(self, items: list[Completed], value: Sequence[Any], start: int, execution: Execution) -> None:
        """Complete the items from the start, as far as there is time."""
        for index, item in enumerate(value[start:] if start else value, start):
            if hasattr(type(item), "__await__"):
                execution.complete_later(item, self.item, items, index)
                continue
            if index > start and execution.turns.is_over():
                execution.go_on_later(partial(self._fill, items, value, index, execution))
                return
            try:
                items[index] = self.item.complete(item, execution)
            except Exception:
                _close(value[index:])
                raise


def _close(items: Sequence[object]) -> None:
    """Close coroutines that nobody will await."""
    for item in items:
        if isinstance(item, Coroutine):
            item.close()


@dataclass(slots=True)
class ObjectPlan:
    """What is selected of one object type; `selection` is set if every selected field is an attribute."""

    fields: Sequence[PlannedField]
    selection: ColumnSelection | None

    def complete(self, value: object, execution: Execution) -> Completed:
        if self.selection is not None:
            return execution.encoder.row(self.selection, value)
        results: dict[str, Completed] = {}
        self._fill(results, value, self.fields, execution)
        return results

    def _fill(
        self, results: dict[str, Completed], value: object, fields: Sequence[PlannedField], execution: Execution
    ) -> None:
        """Resolve the fields, as far as there is time."""
        for index, field in enumerate(fields):
            if index and execution.turns.is_over():
                execution.go_on_later(partial(self._fill, results, value, fields[index:], execution))
                return
            field.resolve(value, execution, results)


@dataclass(slots=True)
class TypenameField:
    key: str
    name: str

    def resolve(self, source: object, execution: Execution, results: dict[str, Completed]) -> None:  # noqa: ARG002  # it depends on the type alone
        results[self.key] = self.name


@dataclass(slots=True)
class AttributeField:
    key: str
    get: Callable[[object], object]
    value: ValueCompleter

    def resolve(self, source: object, execution: Execution, results: dict[str, Completed]) -> None:
        results[self.key] = self.value.complete(self.get(source), execution)


@dataclass(slots=True)
class ResolverField:
    key: str
    calls: ResolverCalls
    value: ValueCompleter

    def resolve(self, source: object, execution: Execution, results: dict[str, Completed]) -> None:
        result = self.calls.get(execution.variables)(source, execution.info)
        if hasattr(type(result), "__await__"):
            execution.complete_later(result, self.value, results, self.key)
        else:
            results[self.key] = self.value.complete(result, execution)
