"""Refuses a document or an operation beyond the limits, before anything of it is executed.

A document is checked before it is validated, since validation compares fields of one name in pairs; an operation once
its variables are known. Both take time linear in the document.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    NamedTypeNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    parse,
    visit,
)

from served_schema.cost import SIZES, Cost, CostMeasure
from served_schema.documents import Document, drop_tokens
from served_schema.limits import Limits

_TIMES = ("from", "to")  # arguments by which a window grows with time


def parsed(text: str, limits: Limits) -> DocumentNode:
    """Parse a text; raises GraphQLError."""
    if len(text) > limits.characters:
        raise _refusal(f"has {len(text)} characters", "characters", limits)
    try:
        return parse(text, max_tokens=limits.tokens)
    except GraphQLSyntaxError as error:
        for sign, phrase, name in (
            ("tokens", f"has more than {limits.tokens} tokens", "tokens"),
            ("nested too deeply", "is more than 200 levels deep", "depth"),
        ):
            if sign in error.description:
                raise _refusal(phrase, name, limits) from None
        raise


def check_document(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """Return an error for each limit that a document passes whatever its variables are, and drop its tokens."""
    counts = drop_tokens(document)
    merged = _MergedFields(document, limits)
    figures = (
        ("aliases", counts["alias"], "has {} aliases"),
        ("alias_length", merged.longest_alias, "has an alias of {} characters"),
        ("directives", counts["directive"], "has {} directives"),
        ("fragments", counts["fragment_spread"] + counts["inline_fragment"], "uses fragments {} times"),
        ("root_fields", merged.root_fields, "selects {} fields of the root"),
        ("fields", merged.fields, "selects {} fields"),
        ("depth", merged.depth, "is {} levels deep"),
        ("comparisons", merged.comparisons, "selects {} pairs of fields with one name in one object"),
    )
    return _exceeded(figures, limits, document)


def check_operation(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    limits: Limits,
) -> tuple[Cost, list[GraphQLError]]:
    """Return the cost of a valid operation with these variables, and an error for each limit that it passes."""
    measure = CostMeasure(schema, fragments, variables)
    cost = measure.measure(operation)
    figures = (
        ("calls", cost.all_calls, "could cause {} upstream calls"),
        ("values", cost.values, "could have {} values in its result"),
        ("depth", cost.depth, "is {} levels deep"),
        ("names", measure.names, f"names in `{measure.argument}` {{}} items"),
    )
    return cost, [*_exceeded(figures, limits, operation), *check_variables(operation, variables, limits)]


def check_variables(
    operation: OperationDefinitionNode, variables: Mapping[str, Any], limits: Limits
) -> list[GraphQLError]:
    """Return an error for too many values in the variables, which an operation of a fixed cost has as well."""
    count = _count_values(variables, limits.variables)
    return _exceeded([("variables", count, "has {} or more values in its variables")], limits, operation)


def _exceeded(figures: Iterable[tuple[str, int, str]], limits: Limits, node: Node) -> list[GraphQLError]:
    """Return an error for each of the figures that exceeds the limit of its name."""
    return [
        _refusal(phrase.format(figure), name, limits, node)
        for name, figure, phrase in figures
        if figure > getattr(limits, name)
    ]


class LimitExceeded(GraphQLError):
    """`limit`: the name of what the operation has too much of."""

    def __init__(
        self, message: str, limit: str, node: Node | None = None, extensions: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message, nodes=node, extensions=extensions or {"code": "QUERY_TOO_COMPLEX"})
        self.limit = limit


def _refusal(phrase: str, name: str, limits: Limits, node: Node | None = None) -> LimitExceeded:
    most = getattr(limits, name)
    setting = "EXPORT_VALUES" if name == "values" and most == limits.export_values else name.upper()
    message = f"This operation {phrase}, and {most} are allowed (COINGLASS_MAX_{setting})."
    return LimitExceeded(message, name, node)


class _MergedFields:
    """Counts fields as execution merges them by name, with fragments spread out.

    `comparisons` are the pairs of fields that validation compares. It stops beyond the limits: what is deeper than
    allowed is not counted, and fragments that contain each other are reported by validation.
    """

    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        definitions = document.definitions
        fragments = [item for item in definitions if isinstance(item, FragmentDefinitionNode)]
        operations = [item for item in definitions if isinstance(item, OperationDefinitionNode)]
        self._fragments = {fragment.name.value: fragment.selection_set for fragment in fragments}
        self.fields = self.root_fields = self.comparisons = self.longest_alias = self.depth = 0
        levels = [(1, [item.selection_set]) for item in operations]
        levels += [(0 if _is_meta(item.type_condition) else 1, [item.selection_set]) for item in fragments]
        while levels and self.fields <= limits.fields and self.comparisons <= limits.comparisons:
            depth, sets = levels.pop()  # 0: of introspection, whose depth has another limit
            merged, self.depth = self._merge(sets), max(self.depth, depth)
            if depth == 1:
                self.root_fields = max(self.root_fields, len(merged))
            if depth <= limits.depth:
                levels += (
                    (depth + 1 if depth and not _is_meta(fields[0]) else 0, below)
                    for fields in merged.values()
                    if (below := [field.selection_set for field in fields if field.selection_set])
                )

    def _merge(self, sets: Sequence[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """Return the fields of the sets by their name in the result, with each fragment once."""
        merged: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        selections = [selection for selected in sets for selection in selected.selections]
        while selections:
            selection = selections.pop()
            match selection:
                case FieldNode(alias=alias, name=name):
                    same = merged.setdefault((alias or name).value, [])
                    self.comparisons += len(same)
                    self.fields += 1
                    if alias is not None:
                        self.longest_alias = max(self.longest_alias, len(alias.value))
                    same.append(selection)
                case InlineFragmentNode(selection_set=selected):
                    selections += selected.selections
                case FragmentSpreadNode(name=name) if name.value in self._fragments and name.value not in spread:
                    spread.add(name.value)
                    selections += self._fragments[name.value].selections
        return merged


def _is_meta(node: FieldNode | NamedTypeNode) -> bool:
    """Whether a field or a type is one of introspection."""
    return node.name.value.startswith("__")


def _count_values(variables: Mapping[str, Any], most: int) -> int:
    """Count the values in variables, no further than to one more than `most`."""
    count, values = 0, list(variables.values())
    while values and count <= most:
        value = values.pop()
        count += 1
        if isinstance(value, Mapping):
            values += value.values()
        elif isinstance(value, list):
            values += value
    return count


def is_fixed(document: Document) -> bool:
    """Whether the cost is the same whatever the time and the variables, and whichever operation is named."""
    if len(document.operations) != 1:
        return False
    sizes: list[ArgumentNode] = []

    class Sizes(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: object) -> None:
            if node.name.value in _TIMES or (node.name.value in SIZES and isinstance(node.value, VariableNode)):
                sizes.append(node)

    visit(document.node, Sizes())
    return not sizes
