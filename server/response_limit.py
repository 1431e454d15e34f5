"""Encodes results, and refuses one that is too large: nothing of it is cut off."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

MEGABYTE: Final = 1024 * 1024


class ResponseTooLarge(Exception):
    """`body` says so in the shape of errors; the result itself is dropped."""

    code: Final = "QUERY_TOO_COMPLEX"

    def __init__(self, size: int, megabytes: int) -> None:
        message = (
            f"The response has {size / MEGABYTE:.1f} MB, and {megabytes} are allowed"
            " (COINGLASS_MAX_RESPONSE_MB). Request less, in several operations."
        )
        super().__init__(message)
        self.body: dict[str, Any] = {"errors": [{"message": message, "extensions": {"code": self.code}}]}


@dataclass(frozen=True, slots=True)
class ResponseLimit:
    megabytes: int

    def encode(self, data: object) -> bytes:
        """Raise ResponseTooLarge beyond the limit."""
        body = orjson.dumps(data)
        if len(body) > self.megabytes * MEGABYTE:
            raise ResponseTooLarge(len(body), self.megabytes)
        return body

    def encode_message(self, message: dict[str, object]) -> bytes:
        """Encode a message of a WebSocket, in which an error takes the place of a payload that is too large."""
        try:
            return self.encode(message)
        except ResponseTooLarge as error:
            return orjson.dumps(message | {"payload": error.body})
