"""Recognizes introspection in a document, and bounds what it may select.

graphql-core's rule bounds how deep it nests lists; this bounds how often it repeats them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_introspection_query,
    is_abstract_type,
    parse,
)

from served_schema.checks import LimitExceeded
from served_schema.documents import Document

MAX_SERVICE = 10  # fields `_service` of a document, each of which has the whole SDL
SMALL = 3_000  # values that take less than 50 ms
_TYPENAME, _SERVICE = "__typename", "_service"
_WITH_FIELDS = GraphQLObjectType | GraphQLInterfaceType
_SCHEMA = ("__schema", "__type")
_SIGN = re.compile(r"__schema\b|__type\b|\b_service\b")


class Introspection(NamedTuple):
    """What a document selects of introspection. `is_alone`: it selects nothing else. `values`: an estimate."""

    values: int
    services: int
    is_alone: bool


class IntrospectionRules:
    """Recognizes introspection, and refuses what is larger than twice the usual query about the whole schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._items = _mean_items(schema)
        whole = parse(get_introspection_query(specified_by_url=True, directive_is_repeatable=True))
        self._limit = 2 * self._inspect(Document(whole, "")).values

    def inspect(self, document: Document) -> Introspection | None:
        """Return None for a valid document without introspection."""
        return self._inspect(document) if _SIGN.search(document.text) else None

    def errors(self, selected: Introspection) -> list[GraphQLError]:
        """Return an error for each limit that introspection exceeds."""
        errors = []
        if selected.values > self._limit:
            errors.append(
                f"This introspection selects about {selected.values} values, and {self._limit} are allowed: nest less."
            )
        elif selected.values > SMALL and not selected.is_alone:
            errors.append(
                f"This operation selects about {selected.values} values of introspection beside other fields, and "
                f"{SMALL} are allowed: select `__schema` in an operation without other fields."
            )
        if selected.services > MAX_SERVICE:
            errors.append(
                f"This operation selects `_service` {selected.services} times, and {MAX_SERVICE} are allowed."
            )
        return [LimitExceeded(message, "introspection") for message in errors]

    def _inspect(self, document: Document) -> Introspection:
        measure = _ValueMeasure(document.fragments, self._items)
        roots = [root for item in document.operations for root in _fields(item.selection_set, document.fragments)]
        names = [root.name.value for root in roots]
        values = int(sum(measure.field(root) for root in roots if root.name.value in _SCHEMA))
        is_alone = all(name in (_TYPENAME, _SERVICE, *_SCHEMA) for name in names)
        return Introspection(values, names.count(_SERVICE), is_alone)


def switched_off(document: Document, *, introspection: bool, sdl: bool) -> GraphQLError | None:
    """Return the error of a document that selects what is switched off."""
    for operation in document.operations:
        for root in _fields(operation.selection_set, document.fragments):
            name = root.name.value
            switch = {_SERVICE: sdl}.get(name, introspection or name not in _SCHEMA)
            if not switch:
                variable = "COINGLASS_SDL" if name == _SERVICE else "COINGLASS_INTROSPECTION"
                message = f"`{name}` is switched off on this server ({variable}): use a copy of its SDL."
                return GraphQLError(message, nodes=root, extensions={"code": "INTROSPECTION_DISABLED"})
    return None


class _ValueMeasure:
    """Estimates values, in time linear in the document: lists have the mean length of this schema."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], items: Mapping[str, float]) -> None:
        self._fragments, self._items = fragments, items
        self._values: dict[str, float] = {}

    def field(self, node: FieldNode) -> float:
        return 1 + self._items.get(node.name.value, 1) * self._selections(node.selection_set)

    def _selections(self, selected: SelectionSetNode | None) -> float:
        total = 0.0
        for node in selected.selections if selected else ():
            match node:
                case FieldNode():
                    total += self.field(node)
                case FragmentSpreadNode(name=name):
                    if name.value not in self._values:
                        self._values[name.value] = self._selections(self._fragments[name.value].selection_set)
                    total += self._values[name.value]
                case InlineFragmentNode():
                    total += self._selections(node.selection_set)
        return total


def _fields(selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> Sequence[FieldNode]:
    """Return the fields of a selection set, with each fragment spread out once."""
    fields: list[FieldNode] = []
    visited: set[str] = set()
    selections = list(selected.selections)
    while selections:
        match selections.pop():
            case FieldNode() as node:
                fields.append(node)
            case FragmentSpreadNode(name=name):
                if name.value not in visited:
                    visited.add(name.value)
                    selections += fragments[name.value].selection_set.selections
            case InlineFragmentNode() as node:
                selections += node.selection_set.selections
    return fields


def _mean_items(schema: GraphQLSchema) -> Mapping[str, float]:
    """Return how many items the lists of introspection have, those of a type on average over all types."""
    types = schema.type_map.values()
    fields = [list(kind.fields.values()) for kind in types if isinstance(kind, _WITH_FIELDS)]
    lengths = {
        "fields": [len(of_type) for of_type in fields],
        "interfaces": [len(kind.interfaces) for kind in types if isinstance(kind, _WITH_FIELDS)],
        "inputFields": [len(kind.fields) for kind in types if isinstance(kind, GraphQLInputObjectType)],
        "enumValues": [len(kind.values) for kind in types if isinstance(kind, GraphQLEnumType)],
        "possibleTypes": [len(schema.get_possible_types(kind)) for kind in types if is_abstract_type(kind)],
    }
    means = {name: sum(items) / len(types) for name, items in lengths.items()}
    arguments = sum(len(field.args) for of_type in fields for field in of_type)
    return means | {
        "types": len(types),
        "directives": len(schema.directives),
        "args": arguments / sum(lengths["fields"]),
        "ofType": 0.5,  # of a type, which is a list or non-null in half of the cases
    }
