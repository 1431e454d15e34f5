"""GraphQL over WebSocket: text frames, checked messages, and a new context for each operation."""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import cast

from cross_web import HTTPException
from graphql import GraphQLError
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ConnectionInitMessage, Message

from resolvers.context import Context
from server.caller_key import INIT_PAYLOAD, KeyRefused, SocketKey
from server.client_pool import KeyUpstream

_MAX_REASON = 123  # bytes that a close frame has room for
_FORBIDDEN = 4403  # in graphql-transport-ws
_TYPES = ("connection_init", "ping", "pong", "subscribe", "complete")


class OperationSocket(WebSocket):
    """A connection that creates the context of each operation from the request that opened it, and the key."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, new_context: Callable[[KeyUpstream], Context], key: SocketKey
    ) -> None:
        super().__init__(scope, receive, send)
        self.new_context, self.key = new_context, key


async def refuse_opening(receive: Receive, send: Send, reason: str) -> None:
    """Close a WebSocket before it is accepted, which clients see as status 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008, "reason": cut_reason(reason)})


def cut_reason(reason: str) -> str:
    return reason.encode()[:_MAX_REASON].decode(errors="ignore")


class TextFrames(ASGIWebSocketAdapter):
    """Sends text frames, as the protocol demands: the encoder's bytes would become binary frames."""

    ws: OperationSocket

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Turn the error of the view's decoder into the one that closes the connection with 4400."""
        try:
            async for message in super().iter_json(ignore_parsing_errors=ignore_parsing_errors):
                yield message
        except HTTPException as error:
            raise NonJsonMessageReceived from error

    async def send_json(self, message: Mapping[str, object]) -> None:
        encoded = self.view.encode_json(message)
        try:
            await self.ws.send_text(encoded if isinstance(encoded, str) else encoded.decode())
        except WebSocketDisconnect as gone:
            raise WebSocketDisconnected from gone

    async def close(self, code: int, reason: str) -> None:
        await super().close(code, cut_reason(reason))


class OperationContexts(BaseGraphQLTransportWSHandler[Context, None]):
    """Gives each operation of a connection its own context, with loaders and a deadline."""

    async def handle_message(self, message: Message) -> None:
        """Check the message first: Strawberry relies on its shape."""
        if is_message(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("The text is not a graphql-transport-ws message.")

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Take over the CoinGlass key of the payload, if it has one."""
        payload = message.get("payload")
        if isinstance(payload, dict) and INIT_PAYLOAD in payload:
            try:
                self._socket.key.choose(payload[INIT_PAYLOAD])
            except KeyRefused as refused:
                await self.websocket.close(_FORBIDDEN, str(refused))
                return
        await super().handle_connection_init(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        try:
            upstream = self._socket.key.upstream()
        except KeyRefused as refused:
            await operation.send_initial_errors([GraphQLError(str(refused), extensions={"code": refused.code})])
            return
        with upstream.in_use():
            self.context = self._socket.new_context(upstream)  # read before anything else runs
            await super().run_operation(operation)

    @property
    def _socket(self) -> OperationSocket:
        return cast("TextFrames", self.websocket).ws  # the adapter class of the view


def is_message(message: object) -> bool:
    """Whether decoded JSON has the shape of a message that a client may send."""
    if not isinstance(message, dict) or message.get("type") not in _TYPES:
        return False
    match message["type"]:
        case "subscribe":
            return isinstance(message.get("id"), str) and _is_operation(message.get("payload"))
        case "complete":
            return isinstance(message.get("id"), str)
        case _:
            return True


def _is_operation(payload: object) -> bool:
    if not isinstance(payload, dict) or not payload.get("query") or not isinstance(payload["query"], str):
        return False
    variables, name = payload.get("variables"), payload.get("operationName")
    return isinstance(variables, dict | None) and isinstance(name, str | None)
