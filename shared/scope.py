"""Names in the store, of which nobody without the CoinGlass key can compute or read any."""

import hmac
from dataclasses import dataclass
from typing import Final

from cg_client.secret import Secret

_PREFIX: Final = "cg"
_HEX_DIGITS: Final = 32


@dataclass(frozen=True)
class Scope:
    """What is shared under one CoinGlass key and one base URL; a Cluster has all of it in one slot.

    Replicas of all versions have the same scope, since they spend the same quota. Values have versions of their own.
    """

    tag: str

    @classmethod
    def of(cls, api_key: Secret, base_url: str) -> "Scope":
        text = f"coinglass-graphql {base_url.rstrip('/')}"
        digest = hmac.digest(api_key.reveal().encode(), text.encode(), "sha256")
        return cls(digest.hex()[:_HEX_DIGITS])

    def name(self, *parts: str) -> str:
        """Return the name of an entry; different parts have different names."""
        return ":".join((f"{_PREFIX}:{{{self.tag}}}", *map(_escaped, parts)))


def _escaped(part: str) -> str:
    return part.replace("%", "%25").replace(":", "%3A")
