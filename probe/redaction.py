"""Keeps the key out of all that the probe prints and writes, should CoinGlass ever repeat it."""

import json
import re
from typing import Any, TypeAlias
from urllib.parse import quote, quote_plus

import msgspec

from cg_client.secret import Secret

STARS = "***"

Data: TypeAlias = Any  # JSON


class KeyStaysError(Exception):
    """The key stands in a body otherwise than in a text, so that it cannot be taken out."""


class Redaction:
    """Takes the key out, in any case of its letters, also where it is quoted as in an address or in JSON."""

    def __init__(self, key: Secret) -> None:
        text = key.reveal()
        forms = {text, quote(text, safe=""), quote_plus(text), json.dumps(text)[1:-1]}
        longest_first = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)

    def text(self, text: str) -> str:
        return self._pattern.sub(STARS, text)

    def body(self, body: bytes) -> bytes:
        """Return the JSON without the key, as it was where it held none; raises KeyStaysError."""
        answer = msgspec.json.decode(body)
        clean = self._clean(answer)
        kept = body if clean == answer else msgspec.json.encode(clean)
        if self._pattern.search(kept.decode("utf-8", "replace")):
            raise KeyStaysError("the key stands in it otherwise than in a text")
        return kept

    def _clean(self, data: Data) -> Data:
        if isinstance(data, dict):
            return {self.text(name): self._clean(value) for name, value in data.items()}
        if isinstance(data, list):
            return [self._clean(item) for item in data]
        return self.text(data) if isinstance(data, str) else data
