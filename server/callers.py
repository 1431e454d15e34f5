"""Identifies the caller of each request: by its address, its key or its token."""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from callers.addresses import TrustedProxies, caller_at
from callers.authentication import MissingCredentials, Unauthenticated, VerificationUnavailable, Verify
from callers.caller import METRICS_SCOPE, Caller
from callers.key_file import KeyFile
from callers.key_set import KeySet
from callers.web_tokens import WebTokens
from cg_client.clock import Clock
from server.http import NO_STORE, Handler, Header, Request, Response, refusal
from server.paths import EXPLORER_FILES, GRAPHQL, HEALTH_PATHS, LIGHT_PAGE, METRICS, START
from server.settings import Settings
from server.traffic import Traffic

_EXPLORER_PAGES: Final = (START, LIGHT_PAGE, GRAPHQL)
_FORWARDED_FOR: Final = b"x-forwarded-for"
_MISSING: Final = "The request has no credentials. Send them as `Authorization: Bearer …` or as `X-API-Key: …`."
_REALM: Final = 'Bearer realm="coinglass-graphql"'
_RETRY_AFTER: Final[Header] = (b"retry-after", b"30")  # seconds, as between attempts to fetch the issuer's keys
_PRIVATE: Final = "credentials"  # a scope for all of them: caches on the way must not serve others


class Access(Protocol):
    """`is_open`: whether everybody is served, so that credentials are not read.

    `is_peer`: whether the caller is the peer, as each request has it from the start.
    """

    is_open: bool
    is_peer: bool

    async def identify(self, request: Request) -> Caller:
        """Raise Unauthenticated and VerificationUnavailable."""

    def reload(self) -> None:
        """Read again what credentials are verified with, if that is in a file."""


class OpenAccess:
    """The address is the identity."""

    is_open = True

    def __init__(self, proxies: TrustedProxies | None = None) -> None:
        self._proxies, self.is_peer = proxies, proxies is None

    async def identify(self, request: Request) -> Caller:
        if self._proxies is None:
            return caller_at(request.address)
        return self._proxies.caller(request.address, request.headers.get(_FORWARDED_FOR, b""))

    def reload(self) -> None:
        pass


class CredentialAccess:
    is_open = is_peer = False

    def __init__(
        self, verify: Verify, proxies: TrustedProxies | None = None, reload: Callable[[], None] | None = None
    ) -> None:
        self._verify, self._proxies, self._reload = verify, proxies, reload

    def reload(self) -> None:
        if self._reload is not None:
            self._reload()

    async def identify(self, request: Request) -> Caller:
        """Read the bearer token, or else the API key."""
        headers = request.headers
        if self._proxies is not None:
            forwarded_for = headers.get(_FORWARDED_FOR, b"")
            request.client_address = self._proxies.caller(request.address, forwarded_for).name
        scheme, _, credential = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            credential = headers.get(b"x-api-key", b"")
        credential = credential.strip()
        if not credential:
            raise MissingCredentials(_MISSING)
        return await self._verify(credential)


def access(settings: Settings, clock: Clock) -> Access:
    """Return what `COINGLASS_CALLERS` demands. Raises KeyFileError."""
    proxies = TrustedProxies(settings.trusted_proxies) if settings.trusted_proxies else None
    if settings.key_file is not None:
        key_file = KeyFile(settings.key_file, clock)
        return CredentialAccess(key_file.verify, proxies, key_file.reload)
    if settings.jwks_url is not None:
        issuer, audience = settings.jwt_issuer or "", settings.jwt_audience or ""
        keys = KeySet(settings.jwks_url, clock)
        return CredentialAccess(WebTokens(keys, issuer=issuer, audience=audience, clock=clock).verify, proxies)
    return OpenAccess(proxies)


class IdentifyCaller:
    """Answers 401 without valid credentials, and 403 if `/metrics` is not in the caller's scopes.

    Health, and the pages of the explorer with their files, which execute nothing, are open.
    """

    def __init__(self, handle: Handler, access: Access, traffic: Traffic | None = None) -> None:
        self._handle, self._access, self._traffic = handle, access, traffic or Traffic()

    def __call__(self, request: Request) -> Awaitable[Response]:
        return self._handle(request) if self._access.is_peer else self._identify(request)

    async def _identify(self, request: Request) -> Response:
        try:
            request.caller = await self._access.identify(request)
        except (Unauthenticated, VerificationUnavailable) as error:
            if not _is_open(request):
                return _refuse(error)
        else:
            if not self._access.is_open:
                request.scope = _PRIVATE
                self._traffic.count_request(request.caller)
                if request.path == METRICS and METRICS_SCOPE not in request.caller.scopes:
                    return _forbidden(request.caller)
        return await self._handle(request)


def _refuse(error: Unauthenticated | VerificationUnavailable) -> Response:
    if isinstance(error, VerificationUnavailable):
        response = refusal(503, str(error), "SERVICE_UNAVAILABLE")
        response.headers += (_RETRY_AFTER, NO_STORE)
        return response
    response = refusal(401, str(error), "UNAUTHENTICATED")
    challenge = _REALM if isinstance(error, MissingCredentials) else f'{_REALM}, error="invalid_token"'
    response.headers += ((b"www-authenticate", challenge.encode()), NO_STORE)
    return response


def _is_open(request: Request) -> bool:
    is_page = not request.query_string and request.path in _EXPLORER_PAGES
    is_explorer = request.is_get and (is_page or request.path.startswith(EXPLORER_FILES))
    return is_explorer or request.path in HEALTH_PATHS


def _forbidden(caller: Caller) -> Response:
    message = f"/metrics needs credentials with the scope metrics, which {caller.name} does not have."
    response = refusal(403, message, "FORBIDDEN")
    response.headers.append(NO_STORE)
    return response
