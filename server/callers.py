"""Identifies the caller of each request, by its address."""

from typing import Final, Protocol

from callers.addresses import TrustedProxies, caller_at
from callers.caller import Caller
from server.http import Handler, Request, Response
from server.settings import Settings

_FORWARDED_FOR: Final = b"x-forwarded-for"


class Access(Protocol):
    async def identify(self, request: Request) -> Caller: ...


class OpenAccess:
    """Serves everybody; the address is the identity."""

    def __init__(self, proxies: TrustedProxies | None) -> None:
        self._proxies = proxies

    async def identify(self, request: Request) -> Caller:
        if self._proxies is None:
            return caller_at(request.address)
        return self._proxies.caller(request.address, request.headers.get(_FORWARDED_FOR))


def access(settings: Settings) -> Access:
    return OpenAccess(TrustedProxies(settings.trusted_proxies) if settings.trusted_proxies else None)


class IdentifyCaller:
    def __init__(self, handle: Handler, access: Access) -> None:
        self._handle, self._access = handle, access

    async def __call__(self, request: Request) -> Response:
        request.caller = await self._access.identify(request)
        return await self._handle(request)
