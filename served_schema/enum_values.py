"""Enums whose errors name the value that was meant, and how it is written.

A value of an enum has no quotes in a document and is a text in variables, which clients of REST confuse: `"1h"`.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from graphql import ConstValueNode, GraphQLEnumType, GraphQLError, GraphQLSchema, IntValueNode, StringValueNode
from graphql.language import print_ast

from served_schema.similar import MAX_SIMILAR, similar

_MINUTES: Final = {"m": 1, "h": 60, "d": 1440, "w": 10_080, "y": 525_600}
_SPAN: Final = re.compile(r"(\d*) ?(m|h|d|w|y)(?:ins?|inutes?|(?:ou)?rs?|ourly|ays?|aily|eeks?|eekly|ears?|early)?")
_SPAN_OF_NAME: Final = re.compile(r"([MHDWY])(\d+)")
_LONGEST_SHOWN: Final = 40  # characters of a wrong value


def explain_enums(schema: GraphQLSchema) -> None:
    """Let the enums of the schema, but those of introspection, explain a wrong value."""
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLEnumType) and not name.startswith("__"):
            _explain(kind)


def _explain(enum: GraphQLEnumType) -> None:
    """Replace the two methods by which graphql-core reads a value; what they accept stays the same."""
    read_literal: Callable[..., Any] = enum.coerce_input_literal
    read_value: Callable[..., Any] = enum.coerce_input_value

    def coerce_input_literal(node: ConstValueNode, hide_suggestions: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002  # graphql-core's
        try:
            return read_literal(node, True)  # graphql-core's
        except GraphQLError as error:
            text = node.value if isinstance(node, StringValueNode | IntValueNode) else print_ast(node)
            quoted = isinstance(node, StringValueNode)
            hint = _hint(enum, text, hidden=hide_suggestions, form="without quotes" if quoted else "")
            raise GraphQLError(error.message + hint, node) from None

    def coerce_input_value(value: Any, hide_suggestions: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002  # graphql-core's
        try:
            return read_value(value, True)  # graphql-core's
        except GraphQLError as error:
            form = "" if isinstance(value, str) else "as a text"
            hint = _hint(enum, str(value), hidden=hide_suggestions, form=form, quote='"')
            raise GraphQLError(error.message + hint) from None

    enum.coerce_input_literal = coerce_input_literal  # type: ignore[method-assign, assignment]
    enum.coerce_input_value = coerce_input_value  # type: ignore[method-assign, assignment]


def _hint(enum: GraphQLEnumType, text: str, *, hidden: bool, form: str, quote: str = "") -> str:
    """Say which value may have been meant, and in which form it is written; without names if these are `hidden`."""
    suffix = f", {form}" if form else ""
    if hidden:
        return f" Write the name of a value{suffix}." if form else ""
    meant = _meant(enum, text[:_LONGEST_SHOWN])
    names = [f"{quote}{name}{quote}" for name in meant or enum.values]
    return f" Did you mean {_either(names)}{suffix}?" if meant else f" Its values are {', '.join(names)}{suffix}."


def _meant(enum: GraphQLEnumType, text: str) -> list[str]:
    minutes = _minutes(text)
    spans = [name for name in enum.values if minutes and _minutes_of_name(name) == minutes]
    if spans:
        return spans
    if not any(map(str.isalpha, text)):
        return []
    described = [name for name, value in enum.values.items() if _is_word_of(text, value.description or "")]
    return list(dict.fromkeys([*described, *similar(text, enum.values)]))[:MAX_SIMILAR]


def _minutes(text: str) -> int | None:
    """Read a span of time such as `1h`, `24 hours`, `daily` or, as TradingView writes minutes, `60`."""
    if text.isdecimal() and text.isascii():
        return int(text)
    match = _SPAN.fullmatch(text.strip().lower())
    return int(match[1] or 1) * _MINUTES[match[2]] if match else _minutes_of_name(text.upper())


def _minutes_of_name(name: str) -> int | None:
    match = _SPAN_OF_NAME.fullmatch(name)
    return int(match[2]) * _MINUTES[match[1].lower()] if match else None


def _is_word_of(text: str, description: str) -> bool:
    return len(text) > 2 and re.search(rf"\b{re.escape(text)}\b", description, re.IGNORECASE) is not None  # noqa: PLR2004  # `of` says nothing


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
