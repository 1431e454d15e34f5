"""The rules of validation that can find an error in a text, in a form that costs less.

Half of the specification's rules are about variables, directives, named fragments or subscriptions. None of these can
stand in a document without its sign in the text, and running those rules all the same is half the cost of validation.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias, cast

from graphql import BREAK, SKIP, ASTValidationRule, Node, Visitor, specified_rules
from graphql import validation as rules
from graphql.language.visitor import EnterLeaveVisitor

Rule: TypeAlias = type[ASTValidationRule]
Method: TypeAlias = Callable[..., Any]

_RULES_BY_SIGN: Mapping[str, Sequence[Rule]] = {
    "$": (
        rules.UniqueVariableNamesRule,
        rules.VariablesAreInputTypesRule,
        rules.NoUndefinedVariablesRule,
        rules.NoUnusedVariablesRule,
        rules.VariablesInAllowedPositionRule,
    ),
    "@": (
        rules.KnownDirectivesRule,
        rules.UniqueDirectivesPerLocationRule,
        rules.DeferStreamDirectiveLabel,
        rules.DeferStreamDirectiveOnRootField,
        rules.DeferStreamDirectiveOnValidOperationsRule,
        rules.StreamDirectiveOnListField,
    ),
    "fragment": (rules.UniqueFragmentNamesRule, rules.NoUnusedFragmentsRule, rules.NoFragmentCyclesRule),
    "subscription": (rules.SingleFieldSubscriptionsRule,),
}
_SIGNS = {rule: sign for sign, rules_of_sign in _RULES_BY_SIGN.items() for rule in rules_of_sign}


def relevant(text: str, candidates: Iterable[Rule]) -> Rule:
    """Return a rule that applies those of the candidates that may find an error in the text."""
    chosen = [rule for rule in candidates if _SIGNS.get(rule, "") in text]
    return cast("Rule", partial(_CombinedVisitor, chosen))  # graphql-core only calls it


class _CombinedVisitor(ASTValidationRule):
    """Applies several rules as one visitor, each only to the kinds of nodes that it has methods for.

    graphql-core's ParallelVisitor calls each of them for each node, and makes hundreds of objects that only the garbage
    collector frees. A rule may return the same as there: to skip what is below a node, or all the rest.
    """

    def __init__(self, combined: Sequence[Rule], context: rules.ASTValidationContext) -> None:
        super().__init__(context)
        self._rules = combined
        self._visitors: list[Visitor] = [rule(context) for rule in combined]
        self._methods: list[list[tuple[int, Method]]] = []  # handed to graphql-core's visitor
        self._skipped: dict[int, Node | None] = {}  # by index of the rule: below which node; None is for good

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        enter_methods: list[tuple[int, Method]] = []
        leave_methods: list[tuple[int, Method]] = []
        for index, visitor in enumerate(self._visitors):
            if kind not in _KINDS.get(self._rules[index], (kind,)):
                continue
            enter = getattr(visitor, f"enter_{kind}", None) or getattr(visitor, "enter", None)
            leave = getattr(visitor, f"leave_{kind}", None) or getattr(visitor, "leave", None)
            if enter is not None:
                enter_methods.append((index, enter))
            if leave is not None:
                leave_methods.append((index, leave))
        self._methods += (enter_methods, leave_methods)
        return EnterLeaveVisitor(
            partial(self._enter, enter_methods) if enter_methods else None, partial(self._leave, leave_methods)
        )

    def _enter(self, methods: list[tuple[int, Method]], node: Node, *where: object) -> None:
        skipped = self._skipped
        for index, method in methods:
            if index not in skipped:
                self._apply_result(index, method(node, *where), node)

    def _leave(self, methods: list[tuple[int, Method]], node: Node, *where: object) -> None:
        skipped = self._skipped
        for index, method in methods:
            if index not in skipped:
                self._apply_result(index, method(node, *where), None)
        if skipped:
            for index, below in list(skipped.items()):
                if below is node:
                    del skipped[index]
        if node.kind == "document":
            self._release()

    def _release(self) -> None:
        """Drop what refers back to this at the end: graphql-core's visitor stays until it is collected."""
        self._visitors.clear()
        for methods in self._methods:
            methods.clear()

    def _apply_result(self, index: int, answer: object, node: Node | None) -> None:
        if answer is BREAK or answer is True:
            self._skipped[index] = None
        elif node is not None and (answer is SKIP or answer is False):
            self._skipped[index] = node


def _kinds(rule: Rule) -> frozenset[str] | None:
    """Return the kinds of nodes for which a rule has methods; None if it has some for all kinds."""
    if hasattr(rule, "enter") or hasattr(rule, "leave"):
        return None
    return frozenset(name.partition("_")[2] for name in dir(rule) if name.startswith(("enter_", "leave_")))


_KINDS: Mapping[Rule, frozenset[str]] = {rule: kinds for rule in specified_rules if (kinds := _kinds(rule)) is not None}
