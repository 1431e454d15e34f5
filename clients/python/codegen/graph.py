"""What of the SDL a client of Python is given: payloads, namespaces, and what is selected of each."""

from collections.abc import Iterator
from functools import cached_property

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_leaf_type,
)

from codegen.names import is_list

PROBLEM = "Problem"
STATUS = "StreamStatus"
AFTER = "after"


class Graph:
    """The SDL, with the questions that the generator has."""

    def __init__(self, sdl: str) -> None:
        self.schema: GraphQLSchema = build_schema(sdl)
        query = self.schema.query_type
        if query is None:
            raise ValueError("the SDL has no type Query")
        self.query = query

    @cached_property
    def problems(self) -> list[GraphQLObjectType]:
        """The kinds of problems."""
        return list(self.schema.get_implementations(self.schema.get_type(PROBLEM)).objects)  # type: ignore[arg-type]

    @cached_property
    def namespaces(self) -> set[str]:
        """The types whose fields are requested one by one: those that have results, or lead to some."""
        namespaces: set[str] = set()
        while True:
            more = {
                of.name
                for of in self._objects()
                if of.name not in namespaces
                and any(self._is_result_or_step(field, namespaces) for field in of.fields.values())
            }
            if not more:
                return namespaces - {self.query.name}
            namespaces |= more

    def _is_result_or_step(self, field: GraphQLField, namespaces: set[str]) -> bool:
        of = get_named_type(field.type)
        return isinstance(of, GraphQLUnionType) or (
            of.name in namespaces and not is_list(field.type) and not field.args
        )

    def _objects(self) -> Iterator[GraphQLObjectType]:
        for name, of in self.schema.type_map.items():
            if isinstance(of, GraphQLObjectType) and not name.startswith("__") and of != self.schema.subscription_type:
                yield of

    def payload(self, of: GraphQLNamedType) -> GraphQLObjectType | None:
        """Return the payload of a result."""
        return of.types[0] if isinstance(of, GraphQLUnionType) else None

    def is_series(self, payload: GraphQLObjectType, field: GraphQLField) -> bool:
        """Tell whether the field has a window, and its payload columns."""
        return "columns" in payload.fields and {"from", "to"} <= set(field.args)

    def selected(self, of: GraphQLObjectType) -> dict[str, GraphQLField]:
        """Return the fields that are selected of a type: all that cost nothing more and repeat no other."""
        if of.name in self.namespaces:
            return {
                name: field
                for name, field in of.fields.items()
                if is_leaf_type(get_named_type(field.type)) and not field.args
            }
        return {
            name: field
            for name, field in of.fields.items()
            if not field.args
            and field.deprecation_reason is None
            and not isinstance(get_named_type(field.type), GraphQLUnionType)
            and not self._repeats(name, field, of)
        }

    def _repeats(self, name: str, field: GraphQLField, of: GraphQLObjectType) -> bool:
        if name == "edges":
            return "nodes" in of.fields
        columns = of.fields.get("columns")
        row = get_named_type(field.type)
        if columns is None or name == "columns" or not is_list(field.type) or not isinstance(row, GraphQLObjectType):
            return False
        named = get_named_type(columns.type)
        return isinstance(named, GraphQLObjectType) and set(row.fields) <= {*named.fields, "time"}

    def selection(self, of: GraphQLNamedType) -> str:
        """Return the selection set of a type, braces included; empty for a leaf."""
        if not isinstance(of, GraphQLObjectType):
            return ""
        parts = (f"{name}{self.selection(get_named_type(field.type))}" for name, field in self.selected(of).items())
        return f" {{ {' '.join(parts)} }}"

    def reachable(self) -> dict[str, GraphQLObjectType]:
        """Return the types of all values that a request may answer with, each after those that it is made of."""
        reached: dict[str, GraphQLObjectType] = {}
        for of in self.problems:
            self._reach(of, reached)
        for owner in (self.query.name, *sorted(self.namespaces)):
            for _, field in self.requests(owner):
                self._reach(self._answer(field), reached)
        for _, _, figures in self.subscriptions():
            self._reach(figures, reached)
        if self.schema.subscription_type:
            self._reach(self.schema.type_map[STATUS], reached)
        return reached

    def _answer(self, field: GraphQLField) -> GraphQLNamedType:
        of = get_named_type(field.type)
        return self.payload(of) or of

    def _reach(self, of: GraphQLNamedType, reached: dict[str, GraphQLObjectType]) -> None:
        if not isinstance(of, GraphQLObjectType) or of.name in reached:
            return
        for field in self.selected(of).values():
            self._reach(get_named_type(field.type), reached)
        reached[of.name] = of

    def subscriptions(self) -> Iterator[tuple[str, GraphQLField, GraphQLObjectType]]:
        """Yield the subscriptions with the figures of their updates. `after` is left to the client."""
        root = self.schema.subscription_type
        for name, field in root.fields.items() if root else ():
            update = self.payload(get_named_type(field.type))
            figures = get_named_type(update.fields["data"].type) if update else None
            if not isinstance(figures, GraphQLObjectType):
                raise TypeError(f"the subscription {name} has no update with data")
            arguments = {argument: of for argument, of in field.args.items() if argument != AFTER}
            yield name, GraphQLField(field.type, arguments, description=field.description), figures

    def requests(self, owner: str) -> Iterator[tuple[str, GraphQLField]]:
        """Yield the fields of a namespace that are requests."""
        for name, field in self._fields(owner):
            of = get_named_type(field.type)
            if isinstance(of, GraphQLUnionType) or (
                isinstance(of, GraphQLObjectType) and (is_list(field.type) or of.name not in self.namespaces)
            ):
                yield name, field

    def steps(self, owner: str) -> Iterator[tuple[str, GraphQLField]]:
        """Yield the fields of a namespace that lead to another one."""
        for name, field in self._fields(owner):
            if get_named_type(field.type).name in self.namespaces and not is_list(field.type):
                yield name, field

    def _fields(self, owner: str) -> Iterator[tuple[str, GraphQLField]]:
        of = self.schema.type_map[owner]
        if isinstance(of, GraphQLObjectType):
            for name, field in of.fields.items():
                if field.deprecation_reason is None and not _has_gaps(field):
                    yield name, field

    def inputs(self) -> list[GraphQLInputObjectType]:
        """Return the input types of arguments."""
        reached: dict[str, GraphQLInputObjectType] = {}
        pending = list(self._argument_types())
        while pending:
            of = pending.pop()
            if isinstance(of, GraphQLInputObjectType) and of.name not in reached:
                reached[of.name] = of
                pending += [get_named_type(field.type) for field in of.fields.values()]
        return [reached[name] for name in sorted(reached)]

    def _argument_types(self) -> Iterator[GraphQLNamedType]:
        for owner in (self.query.name, *self.namespaces):
            for _, field in self._fields(owner):
                yield from (get_named_type(argument.type) for argument in field.args.values())
        for _, field, _ in self.subscriptions():
            yield from (get_named_type(argument.type) for argument in field.args.values())

    def enums(self) -> Iterator[tuple[GraphQLEnumType, bool]]:
        """Yield the enums, and whether each is an argument."""
        inputs = {get_named_type(field.type).name for of in self.inputs() for field in of.fields.values()}
        inputs |= {of.name for of in self._argument_types()}
        for name, of in sorted(self.schema.type_map.items()):
            if isinstance(of, GraphQLEnumType) and not name.startswith("__"):
                yield of, name in inputs


def _has_gaps(field: GraphQLField) -> bool:
    """Tell whether the field is a watchlist: its items are nullable, each with an error beside it."""
    of = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    return is_list(field.type) and not isinstance(of.of_type, GraphQLNonNull)  # type: ignore[union-attr]
