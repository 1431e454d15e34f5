"""The SDL for clients and their tools: a schema that is valid by itself, without what only routers need.

Works on the text as Strawberry prints it, since parsing it would hold up the event loop for a quarter of a second.
"""

import re
from typing import Final

_DEFINITIONS: Final = re.compile(r"\n\n(?=\S)")
_OF_FEDERATION: Final = re.compile(r"schema |(?:type|union|scalar) _")  # `schema` says only that `Query` is the root
_FIELD_OF_FEDERATION: Final = re.compile(r"^  _\w+.*\n+", re.MULTILINE)
_FOR_ROUTERS: Final = re.compile(r' @(?:key\(fields: "[^"]*"\)|shareable)')

# As Federation v2.9 defines what the SDL of the subgraph imports.
_COST_DIRECTIVES: Final = '''\
"""Requests to CoinGlass that a field may take, with its default arguments."""
directive @cost(weight: Int!) on
  ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR

"""Most items of a list, or the argument that states it."""
directive @listSize(
  assumedSize: Int
  slicingArguments: [String!]
  sizedFields: [String!]
  requireOneSlicingArgument: Boolean = true
) on FIELD_DEFINITION'''


def standalone(subgraph: str) -> str:
    """Return the SDL of a subgraph without `@link`, entities and `_service`, and with all directives defined."""
    definitions = [text for text in _DEFINITIONS.split(subgraph.rstrip()) if not _OF_FEDERATION.match(text)]
    text = "\n\n".join([_COST_DIRECTIVES, *definitions]) + "\n"
    return _FIELD_OF_FEDERATION.sub("", _FOR_ROUTERS.sub("", text))
