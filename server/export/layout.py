"""Decides from the document and the schema alone which columns an export has, so that its header never depends on data.

Everything selected that is not a list of objects is a column, and the rows are those of the innermost list of objects.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, NamedTuple, TypeAlias

from graphql import (
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableValues,
    get_variable_values,
    is_abstract_type,
    is_leaf_type,
)
from strawberry.types.base import StrawberryObjectDefinition

from execution.plan_compiler import FieldCollector
from graph_types.problems import Problem
from payloads.series import RowColumns

NOT_ONE_TABLE: Final = "NOT_ONE_TABLE"  # code of an operation that is refused
_MAX_NAMED = 10  # tables in a message
_SDL: Final = "_service"  # the field of federation
_LONGEST_NAME: Final = 100  # characters of the name of a file, which stands in a header

Keys: TypeAlias = tuple[str, ...]


class Form(Enum):
    OBJECT = auto()
    LIST = auto()  # of objects
    COLUMNS = auto()  # an object with a list for each column


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar or enum member, in lists to some `depth`."""

    kind: GraphQLLeafType
    depth: int


@dataclass(slots=True)
class Branch:
    form: Form
    fields: dict[str, "Leaf | Branch"] = field(default_factory=dict)

    @property
    def has_rows(self) -> bool:
        """Whether it is, or has in itself, a list of objects."""
        return self.form is not Form.OBJECT or any(
            isinstance(each, Branch) and each.has_rows for each in self.fields.values()
        )


class OutputColumn(NamedTuple):
    """`keys` lead to it from the objects of its level."""

    name: str
    leaf: Leaf
    keys: Keys


@dataclass(frozen=True, slots=True)
class Level:
    """The objects of a list, or the whole result, with the path to the next list; empty at the last level."""

    columns: Sequence[OutputColumn]
    next_list: Keys


@dataclass(frozen=True, slots=True)
class Layout:
    """`levels`: from the whole result to the innermost list. `name`: of the operation, else of the list."""

    levels: Sequence[Level]
    name: str

    @property
    def columns(self) -> list[OutputColumn]:
        return [column for level in self.levels for column in level.columns]


def layout_of(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> Layout | None:
    """Return None for variables that do not fit, which execution reports.

    Raise GraphQLError for several tables, and for none with a column.
    """
    definitions = operation.variable_definitions or ()
    values = get_variable_values(schema, definitions, dict(variables), max_errors=0, hide_suggestions=True)
    root = schema.get_root_type(operation.operation)
    if not isinstance(values, VariableValues) or root is None:
        return None
    result = _Shapes(schema, FieldCollector(schema, fragments, values)).of([root], [operation.selection_set])
    tables = list(_tables(result, ()))
    if len(tables) > 1:
        raise _refusal(
            f"The operation selects {len(tables)} lists of rows ({_listed(tables)}), and a file has one. Select one of "
            "them, or send an operation for each."
        )
    levels = _levels(result, tables[0] if tables else ())
    lists = [column.name for level in levels[:-1] for column in level.columns if column.leaf.depth]
    if lists:
        names = ", ".join(lists[:_MAX_NAMED])
        raise _refusal(f"Lists beside the rows ({names}) have no place in a file. Leave them out.")
    if not any(level.columns for level in levels):
        raise _refusal("The operation selects no value that could be a column.")
    fallback = tables[0][-1] if tables else "row"
    name = operation.name.value if operation.name else fallback
    return Layout(levels, name[:_LONGEST_NAME])


def _refusal(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": NOT_ONE_TABLE})


def _listed(tables: Sequence[Keys]) -> str:
    names = [".".join(keys) for keys in tables[:_MAX_NAMED]]
    return ", ".join([*names, "…"] if len(tables) > _MAX_NAMED else names)


class _Shapes:
    """Reads the shape of a result from what is selected."""

    def __init__(self, schema: GraphQLSchema, collector: FieldCollector) -> None:
        self._schema, self._collector = schema, collector

    def of(self, members: Sequence[GraphQLObjectType], sets: Sequence[SelectionSetNode]) -> Branch:
        """Return the shape of an object of one of several types; problems never stand in a table."""
        branch = Branch(Form.OBJECT)
        for member in members:
            if issubclass(_origin(member), RowColumns):
                branch.form = Form.COLUMNS
            if not issubclass(_origin(member), Problem):
                self._add(branch, member, sets)
        return branch

    def _add(self, branch: Branch, member: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> None:
        for key, nodes in self._collector.collect(member, sets).items():
            name = nodes[0].name.value
            declared = GraphQLString if name == "__typename" else getattr(member.fields.get(name), "type", None)
            if declared is None or name == _SDL:  # encoded apart from everything else
                raise _refusal("Introspection is answered in JSON.")
            below = self._field(declared, [node.selection_set for node in nodes if node.selection_set])
            _merge(branch.fields, key, below)

    def _field(self, declared: GraphQLOutputType, sets: Sequence[SelectionSetNode]) -> Leaf | Branch:
        kind, depth = declared, 0
        while isinstance(kind, GraphQLNonNull | GraphQLList):
            depth += isinstance(kind, GraphQLList)
            kind = kind.of_type
        if is_leaf_type(kind):
            return Leaf(kind, depth)
        members = self._schema.get_possible_types(kind) if is_abstract_type(kind) else [kind]
        branch = self.of([each for each in members if isinstance(each, GraphQLObjectType)], sets)
        if depth:
            branch.form = Form.LIST
        return branch


def _merge(fields: dict[str, Leaf | Branch], key: str, below: Leaf | Branch) -> None:
    """Add a field, or what another type of the same union has in it. Validation lets both have one shape only."""
    present = fields.setdefault(key, below)
    if present is not below and isinstance(present, Branch) and isinstance(below, Branch):
        for name, each in below.fields.items():
            _merge(present.fields, name, each)


def _origin(kind: GraphQLObjectType) -> type:
    definition = kind.extensions.get("strawberry-definition")
    return definition.origin if isinstance(definition, StrawberryObjectDefinition) else object


def _tables(branch: Branch, keys: Keys) -> Iterator[Keys]:
    """Yield the paths to the innermost lists of objects."""
    for key, below in branch.fields.items():
        if not isinstance(below, Branch) or not below.has_rows:
            continue
        nested = [] if below.form is Form.COLUMNS else list(_tables(below, (*keys, key)))
        yield from nested or [(*keys, key)]


def _levels(result: Branch, table: Keys) -> list[Level]:
    """Name the columns: by their own name, or by the whole path to them where an inner level has that name already."""
    unnamed: list[tuple[Keys, list[tuple[Keys, int, Leaf]]]] = []
    branch, path = result, table
    while True:
        length = next(
            (index for index, _ in enumerate(path, 1) if _at(branch, path[:index]).form is not Form.OBJECT), 0
        )
        unnamed.append((path[:length], list(_scalars(branch, path[: max(length - 1, 0)]))))
        if not length:
            break
        branch, path = _at(branch, path[:length]), path[length:]
    used: set[str] = set()
    levels: list[Level] = []
    above = table
    for next_list, scalars in reversed(unnamed):
        above = above[: len(above) - len(next_list)]
        nearest = sorted(scalars, key=lambda scalar: -scalar[1])
        names = {keys: _name(above + keys, len(keys) - shared, used) for keys, shared, _ in nearest}
        levels.append(Level([OutputColumn(names[keys], leaf, keys) for keys, _, leaf in scalars], next_list))
    return levels[::-1]


def _at(branch: Branch, keys: Keys) -> Branch:
    for key in keys:
        below = branch.fields[key]
        assert isinstance(below, Branch)  # noqa: S101  # the paths to lists lead through branches
        branch = below
    return branch


def _scalars(branch: Branch, path: Keys, keys: Keys = (), shared: int = 0) -> Iterator[tuple[Keys, int, Leaf]]:
    """Yield the scalars outside of lists: their keys, and how many of those lie on the path to the next list."""
    in_columns = branch.form is Form.COLUMNS
    for key, below in branch.fields.items():
        inner = (*keys, key)
        if isinstance(below, Leaf):
            yield inner, shared, Leaf(below.kind, max(below.depth - in_columns, 0))
        elif below.form is Form.OBJECT:
            is_on_path = len(keys) == shared and path[: len(inner)] == inner
            yield from _scalars(below, path, inner, shared + is_on_path)


def _name(path: Keys, length: int, used: set[str]) -> str:
    """Return the end of the path of this length, or else the whole path, unless another column has that too."""
    whole = ".".join(path)
    names = [".".join(path[-length:]), *("." * count + whole for count in range(len(used) + 2))]
    name = next(name for name in names if name not in used)
    used.add(name)
    return name
