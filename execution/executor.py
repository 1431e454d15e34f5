"""The stock executor, but for values whose selected fields are plain attributes: those are completed column by column.

Exact by construction. What can be completed is found from graphql-core's own collection of fields; where anything is in
doubt, a value of the wrong type, a null in the wrong place, a resolver, a directive, the stock executor does it all
again and says what is wrong. `graphql-core` is pinned, since what is overridden here is not its public API.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    OperationType,
    Undefined,
    is_leaf_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.base import StrawberryObjectDefinition

from execution.calls import ResolverCalls
from execution.documents import Documents, KnownField
from execution.fields import OpenField, Place, fill
from execution.forms import AsLists
from execution.leaves import completer
from execution.object_types import ObjectTypes
from execution.selection import Field, Form, Leaf, LeafList, Nested, NestedList, Part, Selection
from vocabulary.columns import Column, Columns
from vocabulary.under_way import UnderWay

_DEFINITION = "strawberry-definition"
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
        self.open: list[OpenField] = []
        self.again: BulkExecutor | None = None  # what answers in the place of this one
        self.leaves_open = self.in_bulk and self.operation.operation is OperationType.QUERY
        self.shape = self.documents.shape(self.operation, self.variable_values.coerced)

    @classmethod
    def over(cls, documents: Documents, form: Form, counts: Counts) -> "type[BulkExecutor]":
        """An executor that knows the documents, since Strawberry can only be told the class of its executor."""
        return type(
            cls.__name__, (cls,), {"documents": documents, "form": form, "counts": counts, "types": ObjectTypes()}
        )

    def execute_collected_root_fields(
        self,
        root_type: GraphQLObjectType,
        root_value: Any,
        grouped_field_set: GroupedFieldSet,
        serially: bool,  # noqa: FBT001  # graphql-core's
        new_defer_usages: Any,
    ) -> Answer:
        """With the lists of fields of the first time, by whose identity the shape knows what is below them."""
        if self.shape.root is None:
            self.shape.root = grouped_field_set
        asked = root_type, root_value, self.shape.root, serially, new_defer_usages
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
        for field in self.open[:opened]:
            results, key = field.place
            results[key] = self.complete_value(*field.completion, await field.value(), None)
            if self.is_awaitable(results[key]):
                waiting.append(field.place)
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
                results[key] = result
                if type(result) is OpenField:
                    self.open.append(result.at(results, key))
                elif self.is_awaitable(result):
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
        for field in self.open[start:]:
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
        info = self.build_resolve_info(known.declared, known.nodes, parent_type, path)
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
        if not self.is_awaitable(completed):
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
            return super().complete_value(return_type, field_details_list, info, path, result, position_context)
        row = self._row(kind, field_details_list, result)
        if row is not None:
            return row
        return self.collect_and_execute_subfields(kind, field_details_list, path, result, position_context)

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
        row = self._row(return_type, field_details_list, result)
        if row is not None:
            return row
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def _row(self, object_type: GraphQLObjectType, field_details_list: FieldDetailsList, result: Any) -> Answer | None:
        """The object completed in bulk; None where the stock executor has to do it."""
        selection = self.selection(object_type, field_details_list)
        if selection is None or type(result) is not selection.origin:
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
                part = self._part(GraphQLList(item_type), field_details_list)
                if part is not None:
                    (found,) = part[0]([items], self.form)
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
        key = object_type, id(field_details_list)
        found = self.shape.selections.get(key)
        if found is None or found[0] is not field_details_list:
            made = self._selection(object_type, field_details_list) if self.in_bulk else None
            found = self.shape.selections[key] = field_details_list, made
        return found[1]

    def _selection(self, object_type: GraphQLObjectType, field_details_list: FieldDetailsList) -> Selection | None:
        definition = object_type.extensions.get(_DEFINITION)
        grouped, deferred, forbidden = self.collect_subfields(object_type, field_details_list)
        if not isinstance(definition, StrawberryObjectDefinition) or _is_peculiar(definition) or deferred or forbidden:
            return None
        fields = []
        for key, details in grouped.items():
            field = self._field(object_type, key, details)
            if field is None:
                return None
            fields.append(field)
        return Selection(definition.origin, object_type.name, fields)

    def _field(self, parent: GraphQLObjectType, key: str, details: FieldDetailsList) -> Field | None:
        name = details[0].node.name.value
        if name == "__typename":
            return Field(key, name, None, None)
        field = parent.fields.get(name)
        attribute = None if field is None else _attribute(field)
        if field is None or attribute is None or any(map(_has_odd_directive, details)):
            return None
        part = self._part(field.type, details)
        return None if part is None else Field(key, attribute, *part)

    def _part(self, declared: GraphQLOutputType, details: FieldDetailsList) -> tuple[Part, Any] | None:
        """How values of the type are completed, and the signature of that."""
        kind, nullable = _unwrapped(declared)
        if is_leaf_type(kind):
            complete = completer(kind, nullable=nullable)
            return None if complete is None else (Leaf(complete), None)
        if isinstance(kind, GraphQLList):
            return self._list_part(kind.of_type, details, nullable=nullable)
        if not isinstance(kind, GraphQLObjectType):
            return None
        selection = self.selection(kind, details)
        return None if selection is None else (Nested(selection, nullable=nullable), selection.signature)

    def _list_part(
        self, item_type: GraphQLOutputType, details: FieldDetailsList, *, nullable: bool
    ) -> tuple[Part, Any] | None:
        kind, nullable_item = _unwrapped(item_type)
        if is_leaf_type(kind):
            complete = completer(kind, nullable=nullable_item)
            return None if complete is None else (LeafList(complete, nullable=nullable), None)
        if not isinstance(kind, GraphQLObjectType):
            return None
        selection = self.selection(kind, details)
        return None if selection is None else (NestedList(selection, nullable=nullable), selection.signature)


def _unwrapped(declared: GraphQLOutputType) -> tuple[GraphQLOutputType, bool]:
    return (declared.of_type, False) if isinstance(declared, GraphQLNonNull) else (declared, True)


def _attribute(field: GraphQLField) -> str | None:
    """The attribute that the field reads, where that is all that it does."""
    definition = field.extensions.get(_DEFINITION)
    if field.args or definition is None or not getattr(field.resolve, "_is_default", False):
        return None
    name: str = definition.python_name
    return name if definition.is_basic_field and name.isidentifier() else None


def _is_peculiar(definition: StrawberryObjectDefinition) -> bool:
    """Whether the class has its own say in which objects are of it."""
    return definition.is_type_of is not None or definition.is_graphql_generic or definition.concrete_of is not None


def _has_odd_directive(details: Any) -> bool:  # a FieldDetails
    node = details.node
    odd: Iterator[bool] = (one.name.value not in ("include", "skip") for one in node.directives or ())
    return any(odd) or bool(node.arguments)
