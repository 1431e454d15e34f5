"""The subscription fields of the schema, and operations that select all that they bring."""

from graphql import GraphQLField, GraphQLObjectType, GraphQLUnionType, get_named_type, is_required_argument

from tests.cases import SCHEMA
from tests.selection import everything

_VALUES = {"exchange": '"Binance"', "symbol": '"BTC/USDT"', "coin": '"BTC"', "asset": "BTC", "interval": "H1"}
_STATUS = "... on StreamStatus { state message cursor gapStart gapSeconds dropped periodSeconds }"


def fields() -> dict[str, GraphQLField]:
    root = SCHEMA._schema.subscription_type
    assert root is not None
    by_name: dict[str, GraphQLField] = root.fields
    return by_name


def events_of(name: str) -> GraphQLUnionType:
    """Return the union of a field's events."""
    union = get_named_type(fields()[name].type)
    assert isinstance(union, GraphQLUnionType)
    return union


def payload_of(name: str) -> GraphQLObjectType:
    payload = get_named_type(events_of(name).types[0].fields["data"].type)
    assert isinstance(payload, GraphQLObjectType)
    return payload


def operation_on(name: str) -> str:
    """Return a subscription that selects every value of the field's events."""
    required = [key for key, argument in fields()[name].args.items() if is_required_argument(argument)]
    arguments = ", ".join(f"{key}: {_VALUES[key]}" for key in required)
    selection = everything(SCHEMA._schema, events_of(name).name).removesuffix("}") + f"{_STATUS} }}"
    return f"subscription {{ {name}{f'({arguments})' if arguments else ''} {selection} }}"
