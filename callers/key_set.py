"""The public keys of the issuer of tokens (JWKS), fetched at the first token and again in the background.

A token with an unknown key id causes a fetch, so that new keys are valid at once, but not more often than every
half minute: anybody can write a key id.
"""

import asyncio
from typing import Any, Final

import httpx
import jwt
import msgspec
import structlog

from callers.authentication import VerificationUnavailable
from cg_client.clock import Clock

log = structlog.get_logger(__name__)

_REFRESH_SECONDS: Final = 600.0
_RETRY_SECONDS: Final = 30.0  # after any attempt
_MAX_AGE: Final = 24 * 3600.0  # seconds, if the issuer cannot be reached
_TIMEOUT: Final = 5.0  # seconds for a whole fetch
_MAX_BYTES: Final = 512 * 1024
_PUBLIC_KEY_TYPES: Final = ("RSA", "EC", "OKP")


class _Document(msgspec.Struct):
    keys: list[dict[str, Any]]


class KeySet:
    """`revision` counts the fetches: what was verified with the keys of another one is to be verified again."""

    def __init__(self, url: str, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url, self._clock = url, clock
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=_TIMEOUT,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),  # the next fetch is minutes away
        )
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched_at = self._retry_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self.revision = 0

    async def find(self, key_id: str | None) -> jwt.PyJWK | None:
        """Return the key with the id, or the only key if there is no id. Raises VerificationUnavailable."""
        self.refresh()
        if self._lookup(key_id) is None and self._may_fetch():
            self._start()
        if self._fetching is not None and self._lookup(key_id) is None:
            await asyncio.shield(self._fetching)
        if not self._keys or self._clock.monotonic() - self._fetched_at > _MAX_AGE:
            raise VerificationUnavailable("The keys of the tokens' issuer cannot be fetched. Try again in a minute.")
        return self._lookup(key_id)

    def refresh(self) -> None:
        """Start a fetch if the keys are old; nothing waits for it."""
        if self._clock.monotonic() - self._fetched_at > _REFRESH_SECONDS and self._may_fetch():
            self._start()

    def _lookup(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _may_fetch(self) -> bool:
        return self._fetching is None and self._clock.monotonic() >= self._retry_at

    def _start(self) -> None:
        self._retry_at = self._clock.monotonic() + _RETRY_SECONDS
        self._fetching = asyncio.create_task(self._fetch())

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT):
                self._keys = _parse(await self._download())
            self._fetched_at = self._clock.monotonic()
            self.revision += 1
        except (httpx.HTTPError, msgspec.DecodeError, ValueError, TimeoutError) as error:
            log.warning("the keys of the tokens' issuer cannot be fetched", url=self._url, error=str(error))
        finally:
            self._fetching = None

    async def _download(self) -> bytes:
        body = b""
        async with self._http.stream("GET", self._url) as response:
            response.raise_for_status()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > _MAX_BYTES:
                    raise ValueError(f"the document is larger than {_MAX_BYTES} bytes")
        return body


def _parse(body: bytes) -> dict[str | None, jwt.PyJWK]:
    """Return the keys for signatures that PyJWT can use, by id. Symmetric keys are left out."""
    keys: dict[str | None, jwt.PyJWK] = {}
    for fields in msgspec.json.decode(body, type=_Document).keys:
        if fields.get("kty") not in _PUBLIC_KEY_TYPES or fields.get("use", "sig") != "sig":
            continue
        try:
            keys[fields.get("kid")] = jwt.PyJWK(fields)
        except (jwt.PyJWTError, ValueError, TypeError):  # the last two of fields that are not what they should be
            continue
    if not keys:
        raise ValueError("the document has no public key for signatures")
    return keys
