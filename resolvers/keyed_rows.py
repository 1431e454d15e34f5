"""Objects whose keys are data: lists of rows by key become one list, whose rows name their key."""

import functools
from typing import Any

import msgspec

from cg_client.call import Decode
from cg_client.endpoint import Endpoint
from cg_client.shapes import KeyedRows
from resolvers.checks import strict
from resolvers.decode import rows_decoder

_lists = msgspec.json.Decoder(dict[str, list[dict[str, msgspec.Raw]]])


@functools.cache  # one decoder for all fields that read the same: it is part of the cache's key
def keyed_rows_decoder(cls: type, endpoint: Endpoint) -> Decode[list[Any]]:
    """Instances of the class, in the order of the keys; raises TypeError for an endpoint of another shape."""
    if not isinstance(endpoint.shape, KeyedRows):
        raise TypeError(f"{endpoint} has no rows by key")
    key, decode_rows = endpoint.shape.key, rows_decoder(cls, endpoint)

    def decode(data: msgspec.Raw) -> list[Any]:
        lists = _lists.decode(data)
        rows = [row | {key: msgspec.Raw(msgspec.json.encode(name))} for name, found in lists.items() for row in found]
        return decode_rows(msgspec.Raw(msgspec.json.encode(rows)))

    return strict(decode)
