"""Credentials of a caller, which no repr, message or log shows."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

import httpx

Token: TypeAlias = str | Callable[[], str]


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """A key or a token for the server, and a CoinGlass key. A token may be a function, since tokens expire."""

    api_key: str | None = None
    token: Token | None = None
    coinglass_key: str | None = None

    def __post_init__(self) -> None:
        if self.api_key is not None and self.token is not None:
            raise ValueError("pass `api_key` or `token`, not both")
        self.headers(_without_token=callable(self.token))

    def __repr__(self) -> str:
        named = (name for name in self.__slots__ if getattr(self, name) is not None)
        return f"Credentials({', '.join(f'{name}=***' for name in named)})"

    def headers(self, *, _without_token: bool = False) -> dict[str, str]:
        """Return the headers of a request."""
        headers: dict[str, str] = {}
        if self.api_key is not None:
            headers["X-API-Key"] = _checked("api_key", self.api_key)
        if self.token is not None and not _without_token:
            token = self.token() if callable(self.token) else self.token
            headers["Authorization"] = f"Bearer {_checked('token', token)}"
        if self.coinglass_key is not None:
            headers["CG-API-KEY"] = _checked("coinglass_key", self.coinglass_key)
        return headers


def _checked(name: str, secret: str) -> str:
    """Return what can stand in a header. HTTP libraries repeat in their errors what cannot."""
    clean = secret.strip()
    if not clean or not clean.isascii() or not clean.isprintable() or " " in clean:
        raise ValueError(f"`{name}` is empty, or has characters that no key or token has")
    return clean


class HeaderAuth(httpx.Auth):
    """Adds the credentials when a request is sent, so that no client or request object shows them before."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._credentials.headers())
        yield request
