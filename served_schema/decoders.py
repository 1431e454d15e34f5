"""The decoders by which the graph reads each endpoint of the catalogue: those of its fields, and of the listings."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from graphql import GraphQLObjectType, GraphQLSchema

from cg_client.call import Decode
from cg_client.endpoint import Endpoint
from cg_client.endpoints import futures, spot
from cg_client.symbols.instruments import decode_instruments, decode_spot_instruments
from cg_client.symbols.listings import decode_names
from resolvers.field import Decoders

EndpointDecoders: TypeAlias = Mapping[Endpoint, Sequence[Decode[Any]]]

# Names are resolved by these, and no field shows them.
_LISTINGS: Decoders = {
    futures.market.SUPPORTED_PAIRS: decode_instruments,
    futures.market.SUPPORTED_COINS: decode_names,
    futures.market.SUPPORTED_EXCHANGES: decode_names,
    spot.SUPPORTED_PAIRS: decode_spot_instruments,
    spot.SUPPORTED_COINS: decode_names,
}


def decoders(schema: GraphQLSchema) -> EndpointDecoders:
    """Return the distinct decoders of each endpoint; fields that show the same answer in two ways have two."""
    by_endpoint = {endpoint: [decode] for endpoint, decode in _LISTINGS.items()}
    for kind in schema.type_map.values():
        for field in kind.fields.values() if isinstance(kind, GraphQLObjectType) else ():
            definition = field.extensions.get("strawberry-definition")
            stated: Decoders = getattr(definition, "metadata", {}).get("decoders", {})
            for endpoint, decode in stated.items():
                distinct = by_endpoint.setdefault(endpoint, [])
                if decode not in distinct:
                    distinct.append(decode)
    return by_endpoint
