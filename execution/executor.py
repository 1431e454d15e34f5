"""The stock executor, but for values whose selected fields are plain attributes: those are completed column by column.

Exact by construction. What can be completed is found from graphql-core's own collection of fields; where anything is in
doubt, a value of the wrong type, a null in the wrong place, a resolver, a directive, the stock executor does it all
again and says what is wrong. `graphql-core` is pinned, since what is overridden here is not its public API.
"""

import asyncio
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    GraphQLError,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    OperationType,
    Undefined,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.calls import ResolverCalls
from execution.compiling import part, selected
from execution.documents import Below, Documents, KnownField
from execution.field_info import FieldInfo, raw
from execution.fields import OpenField, Place, fill
from execution.forms import AsLists
from execution.object_types import ObjectTypes
from execution.selection import Form, Selection
from vocabulary.columns import Column, Columns
from vocabulary.under_way import UnderWay

_FEW = 8  # rows, below which the stock executor is as quick

Answer: TypeAlias = Any  # what can stand in an answer


@dataclass(slots=True)
class Counts:
    """Values that were completed in bulk, and those that were left to the stock executor although they looked plain."""

    hits: int = 0
    misses: int = 0


class BulkExecutor(StrawberryGraphQLCoreExecutionContext):
    """`form` is what completed rows are made of."""

    form: Form = AsLists()
    documents = Documents()
    counts = Counts()
    types = ObjectTypes()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        watched = self.middleware_manager and self.middleware_manager.middlewares
        self.in_bulk = not watched and self.abort_signal is None
        self.open: list[tuple[OpenField, Place]] = []
        self.again: BulkExecutor | None = None  # what answers in the place of this one
        self.leaves_open = self.in_bulk and self.operation.operation is OperationType.QUERY
        self.shape = self.documents.shape(self.operation, self.variable_values.coerced)

    @classmethod
    def over(cls, documents: Documents, form: Form, counts: Counts) -> "type[BulkExecutor]":
        """An executor that knows the documents, since Strawberry can only be told the class of its executor."""
        return type(
            cls.__name__, (cls,), {"documents": documents, "form": form, "counts": counts, "types": ObjectTypes()}
        )

    def execute_operation(self, serially: bool | None = None) -> Answer:  # noqa: FBT001  # graphql-core's
        """Past the collection of the root's fields where that was done before."""
        root, root_type = self.shape.root, self.schema.query_type
        if root is None or root_type is None or serially or not self.leaves_open:
            return super().execute_operation(serially)
        try:
            data = self.execute_collected_root_fields(root_type, self.root_value, root, False, ())
        except GraphQLError as error:
            return self._failed(error)
        return self._responded(data) if self.is_awaitable(data) else self.build_response(data)

    async def _responded(self, waiting: Any) -> Answer:
        try:
            data = await waiting
        except GraphQLError as error:
            return self._failed(error)
        return self.build_response(data)

    def _failed(self, error: GraphQLError) -> Answer:
        """What stands for an operation whose root cannot be null and is."""
        self.collected_errors.add(error, None)
        return self.build_response(None)

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,  # noqa: FBT001  # graphql-core's
        new_defer_usages: Any,
    ) -> Answer:
        """With the lists of fields of the first time, by whose identity the shape knows what is below them."""
        if self.shape.root is None and not new_defer_usages:
            self.shape.root = grouped_field_set
        asked = root_type, root_value, self.shape.root or grouped_field_set, serially, new_defer_usages
        found = super().execute_collected_root_fields(*asked)
        return self._closed(found, asked) if self.open or self.is_awaitable(found) else found

    async def _closed(self, found: Answer, asked: tuple[Any, ...]) -> Answer:
        """With the open fields in their places; where one fails, the stock executor does it all again."""
        try:
            data = await found if self.is_awaitable(found) else found
            return data if await self._is_closed() else await self._again(asked)
        finally:
            self._drop(0)

    async def _is_closed(self) -> bool:
        try:
            while self.open:
                await self._close()
        except Exception:  # noqa: BLE001  # whatever it is, the stock executor meets it again and locates it
            self.counts.misses += 1
            return False
        return True

    async def _again(self, asked: tuple[Any, ...]) -> Answer:
        """By another executor: what may still run for this one must not add its errors to the answer."""
        self.again = again = copy(self)
        again.leaves_open, again.open, again.collected_errors = False, [], CollectedErrors()
        try:
            found = again.execute_collected_root_fields(*asked)
            return await found if self.is_awaitable(found) else found
        except GraphQLError as error:
            again.collected_errors.add(error, None)
            return None

    async def _close(self) -> None:
        """Completes the fields that are open now, in turn as they come; raises what one of them raises."""
        waiting: list[Place] = []
        opened = len(self.open)
        for field, place in self.open[:opened]:
            results, key = place
            if not field.under_way.future.done():
                await asyncio.wait([field.under_way.future])
            results[key] = self.complete_value(*field.completion, field.under_way.value(), None)
            if self.is_awaitable(results[key]):
                waiting.append(place)
        if waiting:
            await fill(waiting)
        del self.open[:opened]

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Answer:
        """As the stock executor does it, but that a field which waits for a future alone is left open."""
        if not self.leaves_open or position_context is not None:
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)
        results: dict[str, Any] = {}
        waiting: list[Place] = []
        opened = len(self.open)
        try:
            for key, details in grouped_field_set.items():
                field_path = Path(path, key, parent_type.name)
                result = self.execute_field(parent_type, source_value, details, field_path, None)
                if result is Undefined:
                    continue
                if type(result) is OpenField:
                    results[key] = None  # the keys of an answer stand in the order of the query
                    self.open.append((result, (results, key)))
                    continue
                results[key] = result
                if type(result) is not dict and self.is_awaitable(result):
                    waiting.append((results, key))
        except Exception:
            self._drop(opened)
            self.settle_in_background([results[key] for results, key in waiting])
            raise
        return self._filled(results, waiting) if waiting else results

    async def _filled(self, results: dict[str, Any], waiting: list[Place]) -> dict[str, Any]:
        await fill(waiting)
        return results

    def _drop(self, start: int) -> None:
        """The open fields from this one on stand where no answer will be."""
        for field, _ in self.open[start:]:
            field.drop()
        del self.open[start:]

    def build_response(self, data: dict[str, Any] | None) -> Answer:
        """Lets go of itself: the helpers for resolvers refer to their executor, which would wait for the collector."""
        self.async_helpers = None  # type: ignore[assignment]  # nobody asks an executor for them that has answered
        again, self.again = self.again, None
        return super().build_response(data) if again is None else again.build_response(data)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Answer:
        """As the stock executor does it, but for arguments that are known from the time before."""
        known = self._known(parent_type, field_details_list)
        call = None if known is None else known.calls.get(self.variable_values)
        if known is None or call is None:
            return super().execute_field(parent_type, source, field_details_list, path, position_context)
        return_type = known.declared.type
        info: Any = FieldInfo(self, known, parent_type, path)  # which the stock executor gets as its own
        rest = return_type, field_details_list, info, path
        try:
            result = call(source, info)
            if type(result) is UnderWay and self.leaves_open and position_context is None:
                return OpenField(result, rest)
            if self.is_awaitable(result):
                return self.complete_awaitable_value(*rest, result, position_context)
            completed = self.complete_value(*rest, result, position_context)
        except Exception as error:  # noqa: BLE001  # an error of the field, whatever it is
            self.handle_field_error(error, return_type, field_details_list, path)
            return None
        if type(completed) is dict or not self.is_awaitable(completed):
            return completed
        return self._awaited(completed, return_type, field_details_list, path)

    async def _awaited(
        self, waiting: Any, return_type: GraphQLOutputType, field_details_list: FieldDetailsList, path: Path
    ) -> Answer:
        try:
            return await waiting
        except Exception as error:  # noqa: BLE001  # as above
            self.handle_field_error(error, return_type, field_details_list, path)
            return None

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Answer:
        """Past the stock executor's questions where the class of an object says which type it has."""
        kind = self.types.of(return_type, type(result), self.schema) if self.in_bulk else None
        if kind is None:
            rest = field_details_list, raw(info), path, result, position_context
            return super().complete_value(return_type, *rest)
        below = self._below(kind, field_details_list)
        row = None if below.selection is None else self._row(below.selection, result)
        if row is not None:
            return row
        if below.fields is None or position_context is not None:
            return self.collect_and_execute_subfields(kind, field_details_list, path, result, position_context)
        return self.execute_fields(kind, result, path, below.fields, None)

    def _known(self, parent_type: GraphQLObjectType, field_details_list: FieldDetailsList) -> KnownField | None:
        """None where the stock executor has to look at the arguments."""
        key = parent_type, id(field_details_list)
        found = self.shape.fields.get(key)
        if found is None or found[0] is not field_details_list:
            made = self._field_of(parent_type, field_details_list) if self.in_bulk else None
            found = self.shape.fields[key] = field_details_list, made
        return found[1]

    def _field_of(self, parent: GraphQLObjectType, details: FieldDetailsList) -> KnownField | None:
        field = parent.fields.get(details[0].node.name.value)
        schema = getattr(self.schema, "_strawberry_schema", None)
        if field is None or schema is None or details[0].fragment_variable_values is not None:
            return None
        calls = ResolverCalls(field, details[0].node, schema)
        return KnownField(field, [one.node for one in details], calls) if calls.are_kept else None

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Answer:
        selection = self._below(return_type, field_details_list).selection
        row = None if selection is None else self._row(selection, result)
        if row is not None:
            return row
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def _row(self, selection: Selection, result: Any) -> Answer | None:
        """The object completed in bulk; None where the stock executor has to do it."""
        if type(result) is not selection.origin:
            return None
        try:
            row = selection.row(result, self.form)
        except Exception:  # noqa: BLE001  # whatever it is, the stock executor meets it again and locates it
            self.counts.misses += 1
            return None
        self.counts.hits += 1
        return row

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Any,
        position_context: Any,
    ) -> Answer:
        if type(items) in (Columns, Column) or (type(items) in (list, tuple) and len(items) >= _FEW):
            try:
                known = part(GraphQLList(item_type), field_details_list, self.selection) if self.in_bulk else None
                if known is not None:
                    (found,) = known[0]([items], self.form)
                    self.counts.hits += 1
                    return found
            except Exception:  # noqa: BLE001  # as above
                self.counts.misses += 1
        return super().complete_iterable_value(item_type, field_details_list, info, path, items, position_context)

    def collect_subfields(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList
    ) -> CollectedFields:
        key = return_type, id(field_details_list)
        found = self.shape.collected.get(key)
        if found is None or found[0] is not field_details_list:
            found = field_details_list, super().collect_subfields(return_type, field_details_list)
            self.shape.collected[key] = found
        return found[1]

    def selection(self, object_type: GraphQLObjectType, field_details_list: FieldDetailsList) -> Selection | None:
        """What is selected of the type; None where only the stock executor can tell."""
        return self._below(object_type, field_details_list).selection

    def _below(self, object_type: GraphQLObjectType, field_details_list: FieldDetailsList) -> Below:
        key = object_type, id(field_details_list)
        found = self.shape.below.get(key)
        if found is None or found.details is not field_details_list:
            found = self.shape.below[key] = self._looked_below(object_type, field_details_list)
        return found

    def _looked_below(self, object_type: GraphQLObjectType, field_details_list: FieldDetailsList) -> Below:
        collected = self.collect_subfields(object_type, field_details_list)
        selection = selected(object_type, collected, self.selection) if self.in_bulk else None
        return Below(field_details_list, selection, None if collected.new_defer_usages else collected.grouped_field_set)
