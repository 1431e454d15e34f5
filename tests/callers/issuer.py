"""An issuer of tokens whose keys a test changes, without a socket."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ISSUER, AUDIENCE, URL = "https://login.example.com/", "coinglass", "https://login.example.com/jwks.json"


@dataclass(eq=False)
class SigningKey:
    """`name`: its key id."""

    name: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public(self) -> dict[str, Any]:
        return ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True) | {"kid": self.name, "use": "sig"}

    def sign(self, claims: dict[str, Any]) -> bytes:
        return jwt.encode(claims, self.private, "ES256", headers={"kid": self.name}).encode()


class Issuer(httpx.AsyncBaseTransport):
    """Answers with its keys, or with `answer` if that is set; counts the fetches."""

    def __init__(self, *keys: SigningKey) -> None:
        self.keys: list[dict[str, Any]] = [key.public for key in keys]
        self.fetches = 0
        self.answer: httpx.Response | None = None
        self.failure: Exception | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == URL
        self.fetches += 1
        if self.failure is not None:
            raise self.failure
        return self.answer or httpx.Response(200, json={"keys": self.keys})
