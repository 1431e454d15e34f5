"""Rules of validation whose errors name the field, argument or type that was meant.

They take the place of graphql-core's rules of the same names, find the same errors, and suggest nothing where
suggestions are off.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from graphql import (
    ArgumentNode,
    ASTValidationRule,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    NamedTypeNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    specified_rules,
)
from graphql.pyutils import did_you_mean
from graphql.utilities import do_types_overlap
from graphql.validation.rules.fields_on_correct_type import FieldsOnCorrectTypeRule
from graphql.validation.rules.known_argument_names import KnownArgumentNamesRule
from graphql.validation.rules.known_type_names import KnownTypeNamesRule
from graphql.validation.rules.possible_fragment_spreads import PossibleFragmentSpreadsRule
from graphql.validation.rules.scalar_leafs import ScalarLeafsRule

from served_schema.similar import MAX_SIMILAR, same_words, similar

_WITH_FIELDS = GraphQLObjectType | GraphQLInterfaceType
_PROBLEM: Final = "Problem"  # the interface of all members of a result but the first
_LISTS: Final = frozenset(  # names under which a list of rows may be expected
    (
        *("bars", "candles", "days", "nodes", "points", "rows", "snapshots", "series", "history"),
        *("data", "entries", "items", "list", "records", "results", "values"),
    )
)


class FieldNames(FieldsOnCorrectTypeRule):
    """Reports fields that a type does not have."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:  # noqa: ANN401  # graphql-core's
        parent = self.context.get_parent_type()
        if parent is None or self.context.get_field_def() is not None:
            return
        name = node.name.value
        meant = [] if self.context.hide_suggestions else _selections(self.context.schema, parent, name)
        message = f"Cannot query field '{name}' on type '{parent}'.{did_you_mean(meant[:MAX_SIMILAR])}"
        self.report_error(GraphQLError(message, node))


class ArgumentNames(KnownArgumentNamesRule):
    """Reports arguments that a field does not have."""

    def enter_argument(self, arg_node: ArgumentNode, *args: Any) -> None:  # noqa: ANN401  # graphql-core's
        field, parent = self.context.get_field_def(), self.context.get_parent_type()
        if self.context.get_argument() is not None or field is None or parent is None:
            return
        name, field_name = arg_node.name.value, args[3][-1].name.value
        meant = [] if self.context.hide_suggestions else similar(name, field.args)
        message = f"Unknown argument '{name}' on field '{parent}.{field_name}'.{did_you_mean(meant)}"
        self.context.report_error(GraphQLError(message, arg_node))


class TypeNames(KnownTypeNamesRule):
    """Reports types that the schema does not have; in a fragment, those that are possible there are meant."""

    def enter_named_type(self, node: NamedTypeNode, *args: Any) -> None:  # noqa: ANN401  # graphql-core's
        payloads = _payloads(self.context.get_parent_type()) if isinstance(args[1], InlineFragmentNode) else []  # type: ignore[union-attr]  # of an operation
        if not payloads or self.context.hide_suggestions or node.name.value in self.existing_types_map:
            super().enter_named_type(node, *args)
            return
        self.report_error(GraphQLError(f"Unknown type '{node.name.value}'.{did_you_mean(payloads)}", node))


class FragmentTypes(PossibleFragmentSpreadsRule):
    """Reports fragments on types that are not possible where they stand."""

    def enter_inline_fragment(self, node: InlineFragmentNode, *_args: Any) -> None:  # noqa: ANN401  # graphql-core's
        context = self.context
        kind, parent = context.get_type(), context.get_parent_type()
        if not (is_composite_type(kind) and is_composite_type(parent)) or do_types_overlap(
            context.schema, kind, parent
        ):
            return
        meant = [] if context.hide_suggestions else _payloads(parent)
        message = f"Fragment cannot be spread here as objects of type '{parent}' can never be of type '{kind}'."
        context.report_error(GraphQLError(f"{message}{did_you_mean(meant)}", node))


class Leaves(ScalarLeafsRule):
    """Reports fields without the selection that they need, and with one that they cannot have."""

    def enter_field(self, node: FieldNode, *args: Any) -> None:  # noqa: ANN401  # graphql-core's
        kind = self.context.get_type()
        payloads = _payloads(get_named_type(kind)) if kind is not None and not node.selection_set else []
        if not payloads or self.context.hide_suggestions:
            super().enter_field(node, *args)
            return
        name = node.name.value
        message = f"Field '{name}' of type '{kind}' must have a selection of subfields."
        meant = f"{name} {{ ... on {payloads[0]} {{ ... }} }}"
        self.report_error(GraphQLError(f"{message}{did_you_mean([meant])}", node))


_OURS: Final[Mapping[type[ASTValidationRule], type[ASTValidationRule]]] = {
    FieldsOnCorrectTypeRule: FieldNames,
    KnownArgumentNamesRule: ArgumentNames,
    KnownTypeNamesRule: TypeNames,
    PossibleFragmentSpreadsRule: FragmentTypes,
    ScalarLeafsRule: Leaves,
}
RULES: Final[Sequence[type[ASTValidationRule]]] = tuple(_OURS.get(rule, rule) for rule in specified_rules)


def _selections(schema: GraphQLSchema, parent: GraphQLNamedType, name: str) -> list[str]:
    """Return selections on the parent that the name may stand for, the likeliest first."""
    if isinstance(parent, GraphQLUnionType):
        return _in_fragments(parent, name)
    if not isinstance(parent, _WITH_FIELDS):
        return []
    fields = parent.fields
    is_payload = "source" in fields or "pageInfo" in fields
    lists = _lists_of_rows(fields) if is_payload and name.lower() in _LISTS else []
    implementing = (
        [f"... on {kind.name} {{ {name} }}" for kind in schema.get_possible_types(parent) if name in kind.fields]
        if isinstance(parent, GraphQLInterfaceType)
        else []
    )
    near = similar(name, fields)
    exact = [other for other in near if other.lower() == name.lower()]
    return list(dict.fromkeys([*exact, *lists, *implementing, *_one_level_down(fields, name), *near]))


def _in_fragments(union: GraphQLUnionType, name: str) -> list[str]:
    """Return inline fragments on the members of a union, the payload first, that select the field."""
    problems = [kind for kind in union.types if _is_problem(kind)]
    payloads = [kind for kind in union.types if not _is_problem(kind)]
    fragments = [f"... on {kind.name} {{ {name} }}" for kind in payloads if name in kind.fields]
    if not fragments and any(name in kind.fields for kind in problems):
        shared = all(name in kind.fields for kind in problems)
        names = [_PROBLEM] if shared else [kind.name for kind in problems if name in kind.fields]
        fragments = [f"... on {kind} {{ {name} }}" for kind in names]
    for kind in payloads if not fragments else ():
        lists = _lists_of_rows(kind.fields)
        meant = [other for other in similar(name, kind.fields) if other not in lists]
        likely = [*lists, *meant] if name.lower() in _LISTS or not meant else meant
        below = [] if name.lower() in _LISTS else _one_level_down(kind.fields, name)
        fragments += [f"... on {kind.name} {{ {selection} }}" for selection in [*below, *likely][:2]]
    return fragments


def _one_level_down(fields: Mapping[str, GraphQLField], name: str) -> list[str]:
    """Return selections of the name on what the fields return, else of much the same; none if many have it."""
    below = list(_selections_below(fields, lambda others: [name] if name in others else []))
    if not below:
        below = list(_selections_below(fields, lambda others: same_words(name, others)))
    return below if len(below) <= MAX_SIMILAR else []


def _selections_below(
    fields: Mapping[str, GraphQLField], choose: Callable[[Collection[str]], Sequence[str]]
) -> Iterator[str]:
    for field_name, field in fields.items():
        kind = get_named_type(field.type)
        if isinstance(kind, GraphQLUnionType):
            payload = kind.types[0]
            for name in choose(payload.fields):
                yield f"{field_name} {{ ... on {payload.name} {{ {name} }} }}"
        elif isinstance(kind, _WITH_FIELDS):
            for name in choose(kind.fields):
                yield f"{field_name} {{ {name} }}"


def _payloads(kind: object) -> list[str]:
    """Return the names of a result's members that are no problems."""
    return [item.name for item in kind.types if not _is_problem(item)] if isinstance(kind, GraphQLUnionType) else []


def _is_problem(kind: GraphQLObjectType) -> bool:
    return any(interface.name == _PROBLEM for interface in kind.interfaces)


def _lists_of_rows(fields: Mapping[str, GraphQLField]) -> list[str]:
    return [
        name
        for name, field in fields.items()
        if is_list_type(get_nullable_type(field.type)) and isinstance(get_named_type(field.type), _WITH_FIELDS)
    ]
