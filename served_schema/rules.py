"""Rules of validation whose errors name the field, argument or type that was meant.

They take the place of graphql-core's rules of the same names, find the same errors, and suggest nothing where
suggestions are off.
"""

from collections.abc import Callable, Mapping, Sequence
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
    is_leaf_type,
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
from graphql.validation.rules.single_field_subscriptions import SingleFieldSubscriptionsRule

from served_schema.similar import MAX_SIMILAR, contains_words_of, equivalent, has_words_of, is_subject_of, similar

_WITH_FIELDS = GraphQLObjectType | GraphQLInterfaceType
_COMMON: Final = frozenset(("time", "timestamp"))
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
        name, node = arg_node.name.value, args[3][-1]
        hint = "" if self.context.hide_suggestions else self._hint(name, node, field)
        message = f"Unknown argument '{name}' on field '{parent}.{node.name.value}'.{hint}"
        self.context.report_error(GraphQLError(message, arg_node))

    def _hint(self, name: str, node: FieldNode, field: GraphQLField) -> str:
        """Suggest arguments that the field lacks, or a field of the same name below the root that takes this one."""
        root, field_name = self.context.schema.query_type, node.name.value
        elsewhere = []
        for step, other in root.fields.items() if root else ():
            below: Mapping[str, GraphQLField] = getattr(get_named_type(other.type), "fields", {})
            if field_name in below and name in other.args:
                elsewhere.append(f"{step}({name}: ...) {{ {field_name} }}")
            elif field_name in below and name in below[field_name].args:
                elsewhere.append(f"{step} {{ {field_name}({name}: ...) }}")
        given = {argument.name.value for argument in node.arguments or ()}
        lacking = [option for option in field.args if option not in given]
        meant = [*elsewhere, *similar(name, lacking)]
        others = f"Its arguments are {', '.join(field.args)}." if field.args else "It has no arguments."
        return did_you_mean(meant) or f" {others}"


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


class OneRootField(SingleFieldSubscriptionsRule):
    """Reports subscriptions with several fields of the root."""

    def report_error(self, error: GraphQLError) -> None:
        remedy = " Send a subscription for each; one WebSocket carries many." if "only one" in error.message else ""
        super().report_error(GraphQLError(f"{error.message}{remedy}", error.nodes))


_OURS: Final[Mapping[type[ASTValidationRule], type[ASTValidationRule]]] = {
    FieldsOnCorrectTypeRule: FieldNames,
    KnownArgumentNamesRule: ArgumentNames,
    KnownTypeNamesRule: TypeNames,
    PossibleFragmentSpreadsRule: FragmentTypes,
    ScalarLeafsRule: Leaves,
    SingleFieldSubscriptionsRule: OneRootField,
}
RULES: Final[Sequence[type[ASTValidationRule]]] = tuple(_OURS.get(rule, rule) for rule in specified_rules)


def _selections(schema: GraphQLSchema, parent: GraphQLNamedType, name: str) -> list[str]:
    """Return selections on the parent that the name may stand for, the likeliest first."""
    if isinstance(parent, GraphQLUnionType):
        return _in_fragments(parent, name)
    if not isinstance(parent, _WITH_FIELDS):
        return []
    fields = {field_name: field for field_name, field in parent.fields.items() if field_name[0] != "_"}
    meant = _on_fields(fields, name)
    if isinstance(parent, GraphQLInterfaceType):
        possible = schema.get_possible_types(parent)
        meant = [*(f"... on {kind.name} {{ {name} }}" for kind in possible if name in kind.fields), *meant]
    if not meant and "nodes" in fields:
        below = _selections(schema, get_named_type(fields["nodes"].type), name)
        return [f"nodes {{ {selection} }}" for selection in below]
    return meant or _on_root(schema, fields, name) or _all_of_few(fields)


def _on_root(schema: GraphQLSchema, fields: Mapping[str, GraphQLField], name: str) -> list[str]:
    """Return selections on the root that the name may stand for, unless the fields are those of a payload or a row."""
    is_row = all(is_leaf_type(get_named_type(field.type)) for field in fields.values())
    if schema.query_type is None or "source" in fields or is_row:
        return []
    root = schema.query_type.fields
    meant = [name] if name in root else _below(root, lambda _, child: child == name)
    return [f"query {{ {selection} }}" for selection in meant]


def _on_fields(fields: Mapping[str, GraphQLField], name: str) -> list[str]:
    is_list = "source" in fields and name.lower() in _LISTS
    lists = _lists_of_rows(fields) if is_list else []
    same, below = equivalent(name, fields), _below(fields, lambda _, child: child == name)
    paths = _below(fields, lambda step, child: has_words_of(name, step, child))
    meant = dict.fromkeys([*lists, *same, *below, *paths, *similar(name, fields)])
    if meant:
        return list(meant)
    containing = _below(fields, lambda _, child: contains_words_of(name, child))
    return containing or _below(fields, lambda _, child: is_subject_of(name, child))


def _all_of_few(fields: Mapping[str, GraphQLField]) -> list[str]:
    """Return the lists of a payload, or the values of a row, if there are few: the name has to be one of them."""
    values = [
        name for name, field in fields.items() if name not in _COMMON and is_leaf_type(get_named_type(field.type))
    ]
    names = _lists_of_rows(fields) if "source" in fields else values
    return names if len(names) <= MAX_SIMILAR else []


def _in_fragments(union: GraphQLUnionType, name: str) -> list[str]:
    """Return inline fragments on the members of a union, the payload first, that select the field."""
    problems = [kind for kind in union.types if _is_problem(kind)]
    having = [kind for kind in union.types if name in kind.fields]
    if having:
        names = [_PROBLEM] if having == problems else [kind.name for kind in having]
        return [f"... on {kind} {{ {name} }}" for kind in names]
    fragments = []
    for kind in union.types:
        if kind not in problems:
            meant = _on_fields(kind.fields, name) or _lists_of_rows(kind.fields)
            fragments += [f"... on {kind.name} {{ {selection} }}" for selection in meant[:2]]
    return fragments


def _below(fields: Mapping[str, GraphQLField], is_meant: Callable[[str, str], bool]) -> list[str]:
    """Return selections of fields of the fields, once for each type; none if many are meant."""
    selections: dict[str, str] = {}
    for step, field in fields.items():
        kind = get_named_type(field.type)
        payload = kind.types[0] if isinstance(kind, GraphQLUnionType) else kind
        for child in payload.fields if isinstance(payload, _WITH_FIELDS) and step != "source" else ():
            if is_meant(step, child):
                inner = f"... on {payload.name} {{ {child} }}" if payload is not kind else child
                selections.setdefault(f"{payload.name}.{child}", f"{step} {{ {inner} }}")
    return list(selections.values()) if len(selections) <= MAX_SIMILAR else []


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
