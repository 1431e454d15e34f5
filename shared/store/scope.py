"""Names in the store, of which nobody without the CoinGlass key can compute or read any."""

import hmac
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from cg_client.secret import Secret

_PREFIX: Final = "cg"
_HEX_DIGITS: Final = 32
_CLIENT_BYTES: Final = 8


@dataclass(frozen=True)
class Scope:
    """What is shared under one CoinGlass key and one base URL; a Cluster has all of it in one slot.

    Replicas of all versions have the same scope, since they spend the same quota. Values have versions of their own.
    """

    tag: str
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, api_key: Secret, base_url: str) -> "Scope":
        key, address = api_key.reveal().encode(), base_url.rstrip("/")
        tag = hmac.digest(key, f"coinglass-graphql {address}".encode(), "sha256").hex()[:_HEX_DIGITS]
        return cls(tag, hmac.digest(key, f"coinglass-graphql clients of {address}".encode(), "sha256"))

    def name(self, *parts: str) -> str:
        """Return the name of an entry; different parts have different names."""
        return ":".join((f"{_PREFIX}:{{{self.tag}}}", *map(_escaped, parts)))

    def client(self, name: str) -> str:
        """Return by what the store knows a client, whose name may be an address; the server itself has no name."""
        return blake2b(name.encode(), key=self.secret, digest_size=_CLIENT_BYTES).hexdigest() if name else ""


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A")
