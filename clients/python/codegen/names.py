"""Names and annotations of Python for those of the SDL."""

import keyword
import re
import textwrap

from graphql import (
    GraphQLEnumType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLType,
)

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SCALARS = {
    "Boolean": "bool",
    "Date": "date",
    "DateTime": "datetime",
    "Float": "float",
    "ID": "str",
    "Int": "int",
    "String": "str",
    "Timestamp": "Timestamp",
}


def snake_case(name: str) -> str:
    """Return `longUsd` as `long_usd`, and `from` as `from_`."""
    lower = _WORD.sub("_", name).lower()
    return f"{lower}_" if keyword.iskeyword(lower) else lower


def annotation(of: GraphQLType, prefix: str = "") -> str:
    """Return the annotation of a value; `prefix` is the module of the generated types."""
    if isinstance(of, GraphQLNonNull):
        return _not_null(of.of_type, prefix)
    return f"{_not_null(of, prefix)} | None"


def _not_null(of: GraphQLType, prefix: str) -> str:
    if isinstance(of, GraphQLList):
        return f"list[{annotation(of.of_type, prefix)}]"
    if isinstance(of, GraphQLScalarType):
        return _SCALARS[of.name]
    if isinstance(of, GraphQLEnumType):
        return of.name
    return f"{prefix}{of}"


def is_required(of: GraphQLInputType, *, has_default: bool) -> bool:
    return isinstance(of, GraphQLNonNull) and not has_default


def is_list(of: GraphQLOutputType) -> bool:
    return isinstance(of.of_type if isinstance(of, GraphQLNonNull) else of, GraphQLList)


def docstring(text: str | None, indent: str) -> str:
    """Return the lines of a docstring, or nothing without a text."""
    if not text:
        return ""
    clean = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    if clean.endswith('"'):
        clean += " "
    if len(clean) + len(indent) <= 112:  # noqa: PLR2004  # with the quotes a line of 118
        return f'{indent}"""{clean}"""\n'
    lines = textwrap.wrap(clean, 114 - len(indent))
    return f'{indent}"""{lines[0]}\n' + "".join(f"{indent}{line}\n" for line in lines[1:]) + f'{indent}"""\n'
