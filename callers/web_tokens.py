"""Verifies JSON Web Tokens of one issuer with PyJWT: signature, issuer, audience and time."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import jwt

from callers.authentication import Unauthenticated
from callers.caller import Caller
from callers.key_set import KeySet
from cg_client.clock import Clock

ALGORITHMS: Final = (  # none with a shared secret: the keys are public
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "ES256K", "EdDSA"),
)
LEEWAY: Final = 30  # seconds by which the clocks of issuer and server may differ
_MAX_BYTES: Final = 8192
_MAX_NAME: Final = 128
_CACHED: Final = 1024  # tokens
_OPTIONS: Final[Any] = {"require": ["exp", "sub"], "enforce_minimum_key_length": True}

_REASONS: Final[Sequence[tuple[type[jwt.PyJWTError], str]]] = (  # the first whose type is that of the error
    (jwt.ExpiredSignatureError, "The token has expired. Get a new one."),
    (jwt.ImmatureSignatureError, "The token is not valid yet."),
    (jwt.InvalidAudienceError, "The token is for another audience."),
    (jwt.InvalidIssuerError, "The token is of another issuer."),
    (jwt.InvalidAlgorithmError, "The token is signed with an algorithm that this server does not accept."),
    (jwt.InvalidSignatureError, "The token's signature is wrong."),
    (jwt.MissingRequiredClaimError, "The token lacks one of the claims sub, exp, iss and aud."),
)


class _Verified(NamedTuple):
    caller: Caller
    expires: int  # seconds since 1970
    revision: int


class WebTokens:
    """Verified tokens are cached by their digest until they expire or the issuer's keys change."""

    def __init__(self, keys: KeySet, *, issuer: str, audience: str, clock: Clock) -> None:
        self._keys, self._clock = keys, clock
        self._issuer, self._audience = issuer, audience
        self._verified: dict[bytes, _Verified] = {}

    async def verify(self, token: bytes) -> Caller:
        """Return the caller of a token. Raises Unauthenticated and VerificationUnavailable."""
        digest = hashlib.sha256(token).digest()
        verified = self._verified.get(digest)
        self._keys.refresh()
        if verified is not None and verified.revision == self._keys.revision:
            if verified.expires <= self._clock.now().timestamp():
                raise Unauthenticated(_reason(jwt.ExpiredSignatureError()))
            return verified.caller
        claims = await self._claims(token)
        verified = _Verified(_caller(claims), int(claims["exp"]) + LEEWAY, self._keys.revision)
        self._verified[digest] = verified
        if len(self._verified) > _CACHED:
            del self._verified[next(iter(self._verified))]
        return verified.caller

    async def _claims(self, token: bytes) -> dict[str, Any]:
        if len(token) > _MAX_BYTES:
            raise Unauthenticated(f"The token has {len(token)} bytes, more than {_MAX_BYTES}.")
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = await self._keys.find(key_id)
            if key is None:
                raise Unauthenticated("The token is signed with a key that its issuer does not publish.")
            return jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options=_OPTIONS,
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated(_reason(error)) from None


def _reason(error: Exception) -> str:
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "The token is not a valid JWT.")


def _caller(claims: dict[str, Any]) -> Caller:
    name = claims["sub"]
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= _MAX_NAME:
        raise Unauthenticated(f"The token's sub is not a printable text of 1 to {_MAX_NAME} characters.")
    scope = claims.get("scope", claims.get("scp", ""))
    scopes = scope.split() if isinstance(scope, str) else scope if isinstance(scope, list) else []
    return Caller(name, scopes=frozenset(scope for scope in scopes if isinstance(scope, str)))
