"""Objects whose keys are data: lists of rows by key become one list, whose rows name their key."""

import functools
from typing import Any

import msgspec

from cg_client.call import Decode
from cg_client.decoding.anomalies import AnomalyCollector, AnomalyKind
from cg_client.decoding.decoder_names import named
from cg_client.decoding.shapes import KeyedRows
from cg_client.decoding.tolerance import Path, Reading, Unreadable, parsed, read_whole, values_of
from cg_client.endpoint import Endpoint
from resolvers.decode import rows_decoder


@functools.cache  # one decoder for all fields that read the same: it is part of the cache's key
def keyed_rows_decoder(cls: type, endpoint: Endpoint) -> Decode[list[Any]]:
    """Instances of the class, in the order of the keys; raises TypeError for an endpoint of another shape."""
    if not isinstance(endpoint.shape, KeyedRows):
        raise TypeError(f"{endpoint} has no rows by key")
    key, decode_rows = endpoint.shape.key, rows_decoder(cls, endpoint)

    def decode(data: msgspec.Raw, anomalies: AnomalyCollector) -> list[Any]:
        lists = read_whole(_read_lists, parsed(data), anomalies)
        named = [row | {key: name} if isinstance(row, dict) else row for name, rows in lists.items() for row in rows]
        return decode_rows(msgspec.Raw(msgspec.json.encode(named)), anomalies)

    return named(decode, "keyed rows", cls, endpoint)


def _read_list(value: Any, path: Path, _: Reading) -> list[Any]:  # noqa: ANN401  # JSON
    if not isinstance(value, list):
        raise Unreadable(path, AnomalyKind.SHAPE_CHANGED)
    return value


_read_lists = values_of(_read_list)
