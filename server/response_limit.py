"""Encodes results, and replaces one that is too large: nothing of it is cut off."""

from dataclasses import dataclass
from typing import Final

import orjson

_MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ResponseLimit:
    megabytes: int

    def encode(self, data: object) -> bytes:
        """Encode a result, or a message of a WebSocket that has it as its payload."""
        body = orjson.dumps(data)
        if len(body) <= self.megabytes * _MEGABYTE:
            return body
        message = (
            f"The response has {len(body) / _MEGABYTE:.1f} MB, and {self.megabytes} are allowed"
            " (COINGLASS_MAX_RESPONSE_MB). Request less, in several operations."
        )
        errors = {"data": None, "errors": [{"message": message, "extensions": {"code": "QUERY_TOO_COMPLEX"}}]}
        is_message = isinstance(data, dict) and "payload" in data
        return orjson.dumps(data | {"payload": errors} if is_message else errors)  # type: ignore[operator]  # a dict


DEFAULT_LIMIT: Final = ResponseLimit(16)
