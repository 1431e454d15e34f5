"""Where WebSockets begin: origin, key and dry run of the handshake, then Strawberry's graphql-transport-ws."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, cast

from cross_web import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from resolvers.context import Context
from server.caller_key import HEADER, KeyRefused, SocketKey
from server.callers import Access
from server.client_pool import ClientPool
from server.http import MALFORMED, DryRun, Request, parse_json
from server.operation_runner import OperationRunner
from server.operation_spans import OperationSpans
from server.response_limit import ResponseLimit
from server.socket_log import SocketLog
from server.traffic import Traffic
from server.websocket import (
    ObserveOperation,
    OperationContexts,
    OperationSocket,
    SocketOptions,
    TextFrames,
    drop_origin_warnings,
    refuse_opening,
)

_MAX_SHOWN: Final = 200  # characters of an origin in the log
_ORIGIN_REMEDY: Final = "COINGLASS_ALLOWED_ORIGINS must include the origin"
_INIT_TIMEOUT: Final = timedelta(seconds=10)


class SocketView(GraphQL[Context, None]):
    """`pool` has the clients of callers' own keys; without it such keys are refused."""

    websocket_adapter_class = TextFrames
    graphql_transport_ws_handler_class = OperationContexts

    def __init__(
        self,
        runner: OperationRunner,
        access: Access,
        traffic: Traffic,
        sockets: SocketOptions,
        pool: ClientPool | None,
        limit: ResponseLimit,
        observe: ObserveOperation,
        spans: OperationSpans | None,
    ) -> None:
        super().__init__(
            runner.schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=_INIT_TIMEOUT,
            max_subscriptions_per_connection=sockets.max_operations,
        )
        drop_origin_warnings()
        self._runner, self._pool, self._limit = runner, pool, limit
        self._access, self._traffic, self._sockets = access, traffic, sockets
        self._observe, self._spans = observe, spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.handle(Request(scope), scope, receive, send)

    async def handle(self, opening: Request, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the WebSocket that the request opens, or refuse it."""
        if opening.dry_run is not DryRun.OFF:  # not supported, so that no quota is spent by mistake
            self._traffic.refuse_request(opening, "BAD_USER_INPUT", 403)
            await refuse_opening(receive, send, "X-Dry-Run is for requests over HTTP.")
            return
        key = SocketKey(self._runner.upstream, self._pool)
        try:
            if HEADER in opening.headers:
                key.choose(opening.headers[HEADER].decode("latin-1"))
        except KeyRefused as refused:
            self._traffic.refuse_request(opening, refused.code, 403)
            await refuse_opening(receive, send, str(refused))
            return
        socket_log = SocketLog(opening, receive, send)
        connection = OperationSocket(
            scope, socket_log, self._traffic, self._access, self._runner, key, self._observe, self._spans
        )
        try:
            await self.run(connection)
        finally:
            socket_log.finish()

    # Strawberry's hooks

    async def get_context(
        self,
        request: StarletteRequest | WebSocket,  # noqa: ARG002
        response: StarletteResponse | WebSocket,  # noqa: ARG002
    ) -> Context:
        """Return none: each operation gets its own."""
        return cast("Context", None)

    def decode_json(self, data: str | bytes) -> object:
        message = parse_json(data)
        if message is MALFORMED:
            raise HTTPException(400, "The message is not valid JSON.")
        return message

    def encode_json(self, data: object) -> bytes:
        assert isinstance(data, Mapping)  # noqa: S101  # messages alone are encoded here
        return self._limit.encode(dict(data))

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        """Whether the page of another origin may connect; without a preflight, so that only this check stops it."""
        is_allowed = self._sockets.origins.allows(origin)
        if not is_allowed:
            assert isinstance(request, OperationSocket)  # noqa: S101  # __call__ passes one
            request.refuse("CROSS_SITE_REQUEST", 403, origin=origin[:_MAX_SHOWN], remedy=_ORIGIN_REMEDY)
        return is_allowed
