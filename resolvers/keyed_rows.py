"""Objects whose keys are data: lists of rows by key become one list, whose rows name their key."""

import functools
from typing import Any

import msgspec

from cg_client.anomalies import AnomalyCollector, AnomalyKind
from cg_client.call import Decode
from cg_client.checks import mismatch
from cg_client.endpoint import Endpoint
from cg_client.shapes import KeyedRows
from resolvers.decode import rows_decoder

_by_key = msgspec.json.Decoder(dict[str, Any])


@functools.cache  # one decoder for all fields that read the same: it is part of the cache's key
def keyed_rows_decoder(cls: type, endpoint: Endpoint) -> Decode[list[Any]]:
    """Instances of the class, in the order of the keys; raises TypeError for an endpoint of another shape."""
    if not isinstance(endpoint.shape, KeyedRows):
        raise TypeError(f"{endpoint} has no rows by key")
    key, decode_rows = endpoint.shape.key, rows_decoder(cls, endpoint)

    def decode(data: msgspec.Raw, anomalies: AnomalyCollector) -> list[Any]:
        rows: list[Any] = []
        for name, found in _lists(data).items():
            if isinstance(found, list):
                rows += [row | {key: name} if isinstance(row, dict) else row for row in found]
            else:
                anomalies.report(AnomalyKind.SHAPE_CHANGED, "*", {name: found})
        return decode_rows(msgspec.Raw(msgspec.json.encode(rows)), anomalies)

    return decode


def _lists(data: msgspec.Raw) -> dict[str, Any]:
    try:
        return _by_key.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise mismatch(error) from error
