"""The rules of validation that can have something to say about a text, in a form that costs less.

Half of the specification's rules are about variables, directives, named fragments or subscriptions. None of these can
stand in a document without its sign in the text, and running those rules all the same is half the cost of validation.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, cast

from graphql import BREAK, SKIP, ASTValidationRule, Node, Visitor, specified_rules
from graphql.language.visitor import EnterLeaveVisitor
from graphql.validation import (
    ASTValidationContext,
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    KnownDirectivesRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    SingleFieldSubscriptionsRule,
    StreamDirectiveOnListField,
    UniqueDirectivesPerLocationRule,
    UniqueFragmentNamesRule,
    UniqueVariableNamesRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
)

Rule: TypeAlias = type[ASTValidationRule]
Method: TypeAlias = Callable[..., Any]

_SIGNS: Mapping[Rule, str] = {
    **dict.fromkeys(
        (
            UniqueVariableNamesRule,
            VariablesAreInputTypesRule,
            NoUndefinedVariablesRule,
            NoUnusedVariablesRule,
            VariablesInAllowedPositionRule,
        ),
        "$",
    ),
    **dict.fromkeys(
        (
            KnownDirectivesRule,
            UniqueDirectivesPerLocationRule,
            DeferStreamDirectiveLabel,
            DeferStreamDirectiveOnRootField,
            DeferStreamDirectiveOnValidOperationsRule,
            StreamDirectiveOnListField,
        ),
        "@",
    ),
    **dict.fromkeys((UniqueFragmentNamesRule, NoUnusedFragmentsRule, NoFragmentCyclesRule), "fragment"),
    SingleFieldSubscriptionsRule: "subscription",
}


def relevant(text: str, rules: Iterable[Rule]) -> Rule:
    """What makes one visitor of those of the rules that may complain about the text."""
    absent = {sign for sign in set(_SIGNS.values()) if sign not in text}
    chosen = [rule for rule in rules if _SIGNS.get(rule) not in absent]
    return cast("Rule", partial(_Together, chosen))  # graphql-core only calls it


class _Together(ASTValidationRule):
    """Several rules as one visitor, which goes to those only that have something for a kind of node.

    graphql-core's ParallelVisitor goes to each of them for each node, and makes hundreds of objects that only the
    garbage collector frees. What a rule may answer is the same: to be spared what is below a node, or all the rest.
    """

    def __init__(self, rules: Sequence[Rule], context: ASTValidationContext) -> None:
        super().__init__(context)
        self._visitors = [(rule, rule(context)) for rule in rules]
        self._methods: list[list[tuple[int, Method]]] = []  # that were given out
        self._spared: dict[int, Node | None] = {}  # by place of the rule: below which node; None is for good

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        found = [
            (place, *_methods(visitor, kind))
            for place, (rule, visitor) in enumerate(self._visitors)
            if kind in _KINDS.get(rule, (kind,))
        ]
        enters = [(place, enter) for place, enter, _ in found if enter is not None]
        leaves = [(place, leave) for place, _, leave in found if leave is not None]
        self._methods += (enters, leaves)
        return EnterLeaveVisitor(partial(self._enter, enters) if enters else None, partial(self._leave, leaves))

    def _enter(self, methods: list[tuple[int, Method]], node: Node, *where: object) -> None:
        spared = self._spared
        for place, method in methods:
            if place not in spared:
                self._heed(place, method(node, *where), node)

    def _leave(self, methods: list[tuple[int, Method]], node: Node, *where: object) -> None:
        spared = self._spared
        for place, method in methods:
            if place not in spared:
                self._heed(place, method(node, *where), None)
        if spared:
            for place in [place for place, below in spared.items() if below is node]:
                del spared[place]
        if node.kind == "document":
            self._let_go()

    def _let_go(self) -> None:
        """At the end, of what refers back to this: graphql-core's visitor stays until it is collected."""
        self._visitors.clear()
        for methods in self._methods:
            methods.clear()

    def _heed(self, place: int, answer: object, node: Node | None) -> None:
        if answer is BREAK or answer is True:
            self._spared[place] = None
        elif node is not None and (answer is SKIP or answer is False):
            self._spared[place] = node


def _methods(visitor: Visitor, kind: str) -> tuple[Method | None, Method | None]:
    enter = getattr(visitor, f"enter_{kind}", None) or getattr(visitor, "enter", None)
    leave = getattr(visitor, f"leave_{kind}", None) or getattr(visitor, "leave", None)
    return enter, leave


def _kinds(rule: Rule) -> frozenset[str] | None:
    """The kinds of nodes for which a rule has methods; None where it has some for all kinds."""
    if hasattr(rule, "enter") or hasattr(rule, "leave"):
        return None
    return frozenset(name.partition("_")[2] for name in dir(rule) if name.startswith(("enter_", "leave_")))


_KINDS: Mapping[Rule, frozenset[str]] = {rule: kinds for rule in specified_rules if (kinds := _kinds(rule)) is not None}
