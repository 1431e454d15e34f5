"""GraphQL over WebSocket: text frames, checked messages, and a new context for each operation."""

import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any, Final, NamedTuple, TypeAlias, cast

from cross_web import HTTPException
from graphql import GraphQLError, GraphQLFormattedError
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types import ExecutionResult

from callers.authentication import MissingCredentials, Unauthenticated, VerificationUnavailable
from resolvers.context import Context
from resolvers.operation_record import OperationRecord
from resolvers.turns import Turns
from served_schema.schema import ServedSchema
from server.caller_key import KeyRefused, SocketKey
from server.callers import Access
from server.client_pool import KeyUpstream
from server.http import Request
from server.live.socket_subscription import FRAMES, FrameConnection, SocketSubscription
from server.operation_runner import OperationRunner
from server.operation_spans import OperationSpan, OperationSpans
from server.operations import OperationRequest
from server.origins import NO_ORIGINS, Origins
from server.response_limit import ResponseTooLarge
from server.socket_log import SocketLog
from server.socket_messages import cut_reason, is_message
from server.traffic import Traffic

_FORBIDDEN, _UNAUTHORIZED, _TRY_AGAIN_LATER = 4403, 4401, 1013  # codes of a close frame
_FROM_PAYLOAD = {  # of `connection_init`: the header that it stands for
    "authorization": b"authorization",
    "apikey": b"x-api-key",
    "x-api-key": b"x-api-key",
    "traceparent": b"traceparent",
    "tracestate": b"tracestate",
}
_MISSING: Final = (  # as long as a close frame allows
    'The request has no credentials. Send {"apiKey": "…"} in `connection_init`, or `Authorization: Bearer …`.'
)
_record: ContextVar[OperationRecord | None] = ContextVar("operation_record", default=None)  # of the running task
_turns = Turns()  # of messages and beginning operations, of which a client can send thousands at once


ObserveOperation: TypeAlias = Callable[[Request, OperationRecord, float], object]
"""Called at the end of each operation, with the request that opened its WebSocket and the seconds that it took."""


class SocketOptions(NamedTuple):
    """`origins`: those whose pages may connect. `max_operations`: in progress on one connection."""

    origins: Origins = NO_ORIGINS
    max_operations: int | None = None


class OperationSocket(WebSocket):
    """A connection that identifies the caller and creates the context of each operation from its opening request."""

    def __init__(
        self,
        scope: Scope,
        socket_log: SocketLog,
        traffic: Traffic,
        access: Access,
        runner: OperationRunner,
        key: SocketKey,
        observe: ObserveOperation,
        spans: OperationSpans | None,
    ) -> None:
        super().__init__(scope, socket_log.receive, socket_log.send)
        self.opening, self._log, self._traffic = socket_log.opening, socket_log, traffic
        self._access, self.runner, self.key = access, runner, key
        self._observe, self.spans = observe, spans

    @property
    def connection(self) -> FrameConnection:
        """The connection below, which the server in server/socket_connection.py adds to the scope."""
        connection: FrameConnection = self.scope["extensions"][FRAMES]["connection"]
        return connection

    def count_operation(self) -> None:
        self._log.operations += 1
        self._traffic.socket_operations += 1
        if not self._access.is_open:
            self._traffic.count_request(self.opening.caller)

    def refuse(self, code: str, status: int | str, **facts: str) -> None:
        """Count and log a refusal of this connection, or of one of its operations."""
        self._traffic.refuse_request(self.opening, code, status, **facts)

    @contextlib.contextmanager
    def operation(self, upstream: KeyUpstream) -> Iterator[Context]:
        """Yield the context of an operation, and report it at its end."""
        record, started = None, time.perf_counter()
        try:
            with self.runner.operation(self.opening, upstream) as (context, _):
                record = context.record
                yield context
        finally:
            if record is not None:
                self._observe(self.opening, record, time.perf_counter() - started)

    async def identify_caller(self) -> None:
        """Raise Unauthenticated and VerificationUnavailable; a credential expires also while a connection is open."""
        self.opening.caller = await self._access.identify(self.opening)

    def read_headers(self, payload: object) -> None:
        """Read what a browser, which cannot set headers of a handshake, sends in `connection_init`."""
        if not isinstance(payload, dict):
            return
        for name, value in payload.items():
            header = _FROM_PAYLOAD.get(name.lower())
            if header is not None and isinstance(value, str):
                self.opening.headers[header] = value.encode(errors="replace")


async def refuse_opening(receive: Receive, send: Send, reason: str) -> None:
    """Close a WebSocket before it is accepted, which clients see as status 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008, "reason": cut_reason(reason)})


def drop_origin_warnings() -> None:
    """Keep Strawberry from logging refused origins: its line names a setting of Strawberry's, and ours is another."""
    logging.getLogger("strawberry.ws").addFilter(_is_not_of_origin)


def _is_not_of_origin(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Rejected WebSocket connection from origin")


class TextFrames(ASGIWebSocketAdapter):
    """Sends text frames, as the protocol demands: the encoder's bytes would become binary frames."""

    ws: OperationSocket

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002
        """Yield the messages. A text that is not JSON closes the connection with 4400.

        No local variable refers to the last message, so that an idle connection keeps none in memory.
        """
        try:
            while not self._is_closed:
                await _turns.wait()
                yield self.view.decode_json(await self.ws.receive_text())
        except HTTPException as error:
            raise NonJsonMessageReceived from error
        except KeyError as error:
            raise NonTextMessageReceived from error
        except WebSocketDisconnect:
            return

    async def send_json(self, message: Mapping[str, object]) -> None:
        if self._is_closed:
            raise WebSocketDisconnected
        encoded = self.view.encode_json(message)
        try:
            await self.ws.send_text(encoded if isinstance(encoded, str) else encoded.decode())
        except WebSocketDisconnect as gone:
            raise WebSocketDisconnected from gone

    async def close(self, code: int, reason: str) -> None:
        """Close, unless this server has closed the connection already or the client has left."""
        if self._is_closed:
            return
        with contextlib.suppress(WebSocketDisconnect):
            await super().close(code, cut_reason(reason))

    @property
    def _is_closed(self) -> bool:
        return self.ws.application_state is WebSocketState.DISCONNECTED


class OperationContexts(BaseGraphQLTransportWSHandler[Context, None]):
    """Gives each operation of a connection its own context, with loaders and a deadline.

    A subscription goes on without its task, which only begins it.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  # Strawberry's
        super().__init__(*args, **options)
        self._subscriptions: dict[str, SocketSubscription] = {}

    async def handle_message(self, message: Message) -> None:
        """Check the message first: Strawberry relies on its shape."""
        if not is_message(message):
            await self.handle_invalid_message("The text is not a graphql-transport-ws message.")
            return
        if message["type"] != "subscribe" or not self.connection_acknowledged or await self._resolve_id(message):
            await super().handle_message(message)
        cast("dict[str, Any]", message).clear()  # the loop that reads messages keeps it until the next comes

    async def _resolve_id(self, message: SubscribeMessage) -> bool:
        """Set the text of an operation that names its document; send an error if there is none."""
        payload = cast("dict[str, Any]", message["payload"])
        try:
            payload["query"] = self._schema.text_of(payload)
        except GraphQLError as error:
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
            return False
        return True

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Identify the caller, and take over the CoinGlass key of the payload, or close as the protocol demands."""
        if message.get("payload") is None:
            message.pop("payload", None)
        payload = message.get("payload")
        self._socket.read_headers(payload)
        if not await self._is_identified(_FORBIDDEN):
            return
        try:
            self._socket.key.choose_from(payload)
        except KeyRefused as refused:
            await self._close(refused.code, _FORBIDDEN, str(refused))
            return
        await super().handle_connection_init(message)
        self.connection_init_timeout_task = None  # cancelled

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Refuse an operation above the limit with a code; Strawberry's error has none."""
        limit, count = self.max_subscriptions_per_connection, len(self.operations)
        if limit is None or count < limit or message["id"] in self.operations or not self.connection_acknowledged:
            with self._continued_trace(message):
                await super().handle_subscribe(message)
            return
        text = f"{count} operations are in progress on this connection, its limit. Wait until one is complete."
        error: GraphQLFormattedError = {"message": text, "extensions": {"code": "TOO_MANY_OPERATIONS"}}
        await self.send_message({"id": message["id"], "type": "error", "payload": [error]})

    def _continued_trace(self, message: SubscribeMessage) -> AbstractContextManager[None]:
        """Let the task of the operation begin within the trace of its client."""
        spans = self._socket.spans
        return contextlib.nullcontext() if spans is None else spans.continuing(message["payload"], self._socket.opening)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        spans = self._socket.spans
        with contextlib.nullcontext() if spans is None else spans.over_socket(self._socket.opening) as span:
            await self._run(operation, span)

    async def _run(self, operation: Operation[Context, None], span: OperationSpan | None) -> None:
        await _turns.wait()
        if not await self._is_identified(_UNAUTHORIZED):
            return
        self._socket.count_operation()
        try:
            upstream = self._socket.key.upstream()
        except KeyRefused as refused:
            await operation.send_initial_errors([GraphQLError(str(refused), extensions={"code": refused.code})])
            return
        with self._socket.operation(upstream) as context:
            _record.set(context.record)
            if span is not None:
                span.record, context.record.trace_id = context.record, span.trace_id
            if await self._schema.is_subscription(operation.query, operation.operation_name):
                await self._subscribe(operation, context, upstream)
                return
            self.context = context  # read before anything else runs
            await super().run_operation(operation)

    async def _subscribe(self, operation: Operation[Context, None], context: Context, upstream: KeyUpstream) -> None:
        socket, caller = self._socket, self._socket.opening.caller
        request = OperationRequest(operation.query, operation.operation_name, operation.variables, None)
        source = await socket.runner.subscribe(caller, request, context, upstream)
        if isinstance(source, ExecutionResult):
            await operation.send_initial_errors(source.errors or [])
            return
        operation.task, operation.query, operation.variables = None, "", None  # of no more use
        subscribers, opening = socket.runner.subscribers, socket.opening
        subscriber = SocketSubscription(
            operation.id, opening, caller.name, source, socket.connection, subscribers, upstream, self._forget
        )
        self._subscriptions[operation.id] = subscriber
        subscriber.start()

    def _forget(self, operation_id: str) -> None:
        del self._subscriptions[operation_id]
        self.forget_id(operation_id)

    async def cleanup_operation(self, operation_id: str) -> None:
        """End an operation that the client has completed or left."""
        subscription = self._subscriptions.pop(operation_id, None)
        if subscription is None:
            await super().cleanup_operation(operation_id)
        else:
            self.forget_id(operation_id)
            subscription.close()

    async def handle_task_exception(self, error: Exception) -> None:
        """Log the error unless the client disconnected during a send."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    async def _is_identified(self, code: int) -> bool:
        """Identify the caller, or close the connection with the code."""
        try:
            await self._socket.identify_caller()
        except Unauthenticated as error:
            reason = _MISSING if isinstance(error, MissingCredentials) else str(error)
            await self._close("UNAUTHENTICATED", code, reason)
            return False
        except VerificationUnavailable as error:
            await self._close("SERVICE_UNAVAILABLE", _TRY_AGAIN_LATER, str(error))
            return False
        return True

    async def _close(self, code: str, close_code: int, reason: str) -> None:
        self._socket.refuse(code, close_code)
        await self.websocket.close(close_code, reason)

    async def send_message(self, message: Message) -> None:
        """Count the refusal of an operation, whoever refuses it."""
        if message["type"] == "error" and message["payload"]:
            code = message["payload"][0].get("extensions", {}).get("code", "INTERNAL_SERVER_ERROR")
            self._socket.refuse(code, "error")
            if self._socket.spans is not None:
                self._socket.spans.refuse(code)
        try:
            await super().send_message(message)
        except ResponseTooLarge as error:
            self._refuse_result(error.code)
            await super().send_message(cast("Message", {**message, "payload": error.body}))

    def _refuse_result(self, code: str) -> None:
        """Count the refusal of a result that is too large to be sent."""
        if (record := _record.get()) is not None:
            record.exceeded["response_mb"] += 1
        self._socket.refuse(code, "next")
        if self._socket.spans is not None:
            self._socket.spans.refuse(code)

    @property
    def _schema(self) -> ServedSchema:
        assert isinstance(self.schema, ServedSchema)  # noqa: S101  # the schema of the view
        return self.schema

    @property
    def _socket(self) -> OperationSocket:
        assert isinstance(self.websocket, TextFrames)  # noqa: S101  # the adapter class of the view
        return self.websocket.ws
