"""Removes the key from all that the probe prints and writes, in case CoinGlass repeats it."""

import json
import re
from typing import Any, TypeAlias
from urllib.parse import quote, quote_plus

import msgspec

from cg_client.secret import Secret

STARS = "***"

Data: TypeAlias = Any  # JSON


class KeyStaysError(Exception):
    """The key is in a body, but not inside a JSON string, so that it cannot be removed."""


class KeyRedaction:
    """Removes the key in upper and lower case, also if it is quoted as in a URL or in JSON."""

    def __init__(self, key: Secret) -> None:
        text = key.reveal()
        forms = {text, quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1]}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)

    def text(self, text: str) -> str:
        return self._pattern.sub(STARS, text)

    def body(self, body: bytes) -> bytes:
        """Return the JSON without the key, unchanged if the key is not in it; raises KeyStaysError."""
        answer = msgspec.json.decode(body)
        clean = self._clean(answer)
        redacted = body if clean == answer else msgspec.json.encode(clean)
        if self._pattern.search(redacted.decode("utf-8", "replace")):
            raise KeyStaysError("the key is in it, but not inside a JSON string")
        return redacted

    def _clean(self, data: Data) -> Data:
        if isinstance(data, dict):
            return {self.text(name): self._clean(value) for name, value in data.items()}
        if isinstance(data, list):
            return [self._clean(item) for item in data]
        return self.text(data) if isinstance(data, str) else data
