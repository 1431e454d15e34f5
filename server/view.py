"""The GraphQL endpoint: Strawberry's view with our JSON, context and error shape."""

from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult

from cg_client.call_counter import CallCounter, count_upstream_calls
from cg_client.client import Client
from cg_client.symbols import Symbols
from resolvers.context import Caller, Context
from resolvers.window_planner import WindowPlanner
from server import dry_run
from server.asker import asker
from server.body import AT_MOST, TooLarge, read, replayed
from server.cost import cost
from server.headers import by_name, text
from server.request_id import REQUEST_ID, request_id
from server.websocket import OperationContexts, TextFrames

_HOLDS_AT_MOST = 300.0  # seconds
_BANNER = (
    '<div role="alert" style="background:#b45309;color:#fff;font:600 14px system-ui;padding:8px 16px">'
    "Sandbox: documented sample figures, no market data. Set COINGLASS_API_KEY for real ones.</div>"
)


class GraphQLView(GraphQL[Context, None]):
    """POST, GET for queries, and WebSocket; a browser gets the explorer's page.

    Each response states what it cost. `X-Dry-Run` asks for the cost alone.
    """

    websocket_adapter_class = TextFrames
    graphql_transport_ws_handler_class = OperationContexts

    def __init__(self, schema: BaseSchema, client: Client, symbols: Symbols) -> None:
        super().__init__(schema, allow_queries_via_get=True, subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,))
        self._client, self._symbols, self._requests = client, symbols, WindowPlanner(client)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            answering = dry_run.refused if dry_run.is_asked(scope) else super().__call__
            await answering(scope, receive, send)
            return
        with count_upstream_calls() as tally:
            try:
                response = await self._answered(scope, receive)
            except HTTPException as error:
                response = refusal(error.status_code, error.reason)
        response.raw_headers.extend(self._own_headers(scope, tally))
        await response(scope, receive, send)

    def _own_headers(self, scope: Scope, tally: CallCounter) -> tuple[tuple[bytes, bytes], ...]:
        own = cost(tally.sent, self._client.remaining(self._client.clock.monotonic()))
        context: Context | None = scope.get("state", {}).get("context")
        return own if context is None or context.plan is None else (*own, dry_run.NOT_KEPT)

    async def _answered(self, scope: Scope, receive: Receive) -> "Response | _Json":
        """A POST of one operation in JSON is answered here; all else is for Strawberry's `run` to tell apart."""
        if _is_plain(scope):
            body = await _body(receive)
            asked = self.decode_json(body)
            operation = _operation(asked) if isinstance(asked, dict) else None
            if operation is not None:
                return await self._plainly_answered(scope, operation)
            receive = replayed(body, receive)
        return await self.run(Request(scope, receive))

    async def _plainly_answered(self, scope: Scope, operation: GraphQLRequestData) -> "_Json":
        result = await self.execute_single(
            request=_POST,
            request_adapter=_ADAPTER,
            request_data=operation,
            context=self._context(scope),
            root_value=None,
            sub_response=_NONE,
        )
        return _Json(self.encode_json(process_result(self._noted(scope, result))))

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002  # Strawberry's hook
        return self._context(request.scope)

    def _context(self, scope: Scope) -> Context:
        """Of the operation that the scope is about, where others find it too."""
        state, headers = scope.setdefault("state", {}), by_name(scope)
        name = state.get("request_id") or request_id(text(headers.get(REQUEST_ID.encode())))
        made = Context.of_dry_run if dry_run.is_wished(headers) else Context.of
        caller = Caller(requester=asker(scope, headers))
        context = state["context"] = made(self._client, self._symbols, caller, name, self._requests)
        return context

    def decode_json(self, data: str | bytes) -> object:
        """Only an object can be a request; a list goes on to Strawberry, which refuses batches."""
        try:
            decoded = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise HTTPException(400, "The body is no JSON.") from error
        if not isinstance(decoded, dict | list):
            raise HTTPException(400, "The body is an object with `query`, and perhaps `variables` and `operationName`.")
        return decoded

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Not where an operation is asked for by its hash."""
        return "extensions" not in request.query_params and super().should_render_graphql_ide(request)

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        return process_result(self._noted(request.scope, result))

    def _noted(self, scope: Scope, result: ExecutionResult) -> ExecutionResult:
        """Says beside the answer until when it would come out the same, for the layer that may keep it."""
        context: Context = scope["state"]["context"]
        if context.plan is not None:
            return dry_run.foreseen(result, context.plan, self._client.quota)
        scope["state"]["holds_until"] = None if result.errors else self._holds_until(context)
        return result

    def _holds_until(self, context: Context) -> float:
        """Not for long: caches on the way to a client do not hear of a change here."""
        latest = self._client.clock.monotonic() + _HOLDS_AT_MOST
        return min(context.validity.expires_at, self._client.gate.settled_until, self._symbols.settled_until, latest)

    async def render_graphql_ide(self, request: Request) -> Response:  # noqa: ARG002  # Strawberry's hook
        page = self.graphql_ide_html
        return HTMLResponse(page.replace("<body>", f"<body>{_BANNER}", 1) if self._client.sandbox else page)


class _Json:
    """As Starlette's Response, for bytes of JSON alone."""

    __slots__ = ("_body", "raw_headers")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]

    async def __call__(self, _: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._body})


# Where Strawberry's hooks want one and ours do not look at it, or at its method alone.
_NONE = Response()
_POST = Request({"type": "http", "method": "POST", "headers": []})
_ADAPTER = GraphQLView.request_adapter_class(_POST)


async def _body(receive: Receive) -> bytes:
    try:
        body = await read(receive, None)
    except TooLarge as error:
        raise HTTPException(413, f"The body is larger than {AT_MOST} bytes.") from error
    if body is None:
        raise ClientDisconnect
    return body


def _is_plain(scope: Scope) -> bool:
    """A POST of JSON whose sender wants one answer in JSON."""
    if scope["method"] != "POST":
        return False
    is_json = False
    for name, value in scope["headers"]:
        if name == b"content-type":
            is_json = value.partition(b";")[0].strip() == b"application/json"
        elif name == b"accept" and (b"multipart/mixed" in value or b"text/event-stream" in value):
            return False
    return is_json


def _operation(asked: dict[str, Any]) -> GraphQLRequestData | None:
    """None for what is no operation, which Strawberry refuses."""
    query, variables, extensions = asked.get("query"), asked.get("variables"), asked.get("extensions")
    if not (
        isinstance(query, str | None) and isinstance(variables, dict | None) and isinstance(extensions, dict | None)
    ):
        return None
    return GraphQLRequestData(query, variables, asked.get("operationName"), extensions)


def refusal(status: int, message: str) -> Response:
    """A request that is no GraphQL request, answered in the shape of GraphQL errors."""
    body = {"errors": [{"message": message, "extensions": {"code": "BAD_USER_INPUT"}}]}
    return Response(orjson.dumps(body), status, media_type="application/json")
