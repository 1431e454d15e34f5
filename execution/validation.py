"""The rules of validation that can have something to say about a text, in a form that costs less.

Half of the specification's rules are about variables, directives, named fragments or subscriptions. None of these can
stand in a document without its sign in the text, and running those rules all the same is half the cost of validation.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from graphql import ASTValidationRule, specified_rules
from graphql.language.visitor import EnterLeaveVisitor
from graphql.validation import (
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


_NOTHING = EnterLeaveVisitor(None, None)


def relevant(text: str, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those of the rules that may complain about the text."""
    absent = {sign for sign in set(_SIGNS.values()) if sign not in text}
    return tuple(_LEAN.get(rule, rule) for rule in rules if _SIGNS.get(rule) not in absent)


def _lean(rule: Rule) -> Rule:
    """The rule, which does not keep its own methods: with them it would be garbage that only the collector frees.

    graphql-core asks once for each kind of node, and most rules have nothing for most kinds.
    """
    names = [name.partition("_") for name in dir(rule) if name.startswith(("enter", "leave"))]
    kinds = {kind for _, _, kind in names if kind != "leave_map"}

    class Lean(rule):  # type: ignore[misc, valid-type]  # a class made at run time
        def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
            if kind not in kinds and "" not in kinds:
                return _NOTHING
            enter, leave = getattr(self, f"enter_{kind}", None), getattr(self, f"leave_{kind}", None)
            return EnterLeaveVisitor(enter or getattr(self, "enter", None), leave or getattr(self, "leave", None))

    return Lean


_LEAN: Mapping[Rule, Rule] = {rule: _lean(rule) for rule in specified_rules}
