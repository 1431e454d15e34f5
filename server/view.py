"""The innermost layer: executes GraphQL operations, by Strawberry's view where that must answer itself."""

import functools
from dataclasses import dataclass
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.responses import Response as StarletteResponse
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult

from cg_client.call_counter import count_upstream_calls
from cg_client.client import Client
from cg_client.symbols.listings import Symbols
from resolvers.context import Context
from resolvers.window_planner import WindowPlanner
from server import dry_run
from server.http import JSON, MALFORMED, NO_STORE, DryRun, Request, Response, parse_json, refusal
from server.websocket import OperationContexts, OperationSocket, TextFrames, refuse_dry_run

_MAX_SECONDS = 300.0  # that a response is cached: caches on the way to a client do not hear of a change here
_BANNER = (
    '<div role="alert" style="background:#b45309;color:#fff;font:600 14px system-ui;padding:8px 16px">'
    "Sandbox: documented sample figures, no market data. Set COINGLASS_API_KEY for real ones.</div>"
)


class StrawberryRequest(StarletteRequest):
    """The typed request as Strawberry's view reads it, with the context and what comes out beside the response."""

    def __init__(self, request: Request, context: Context) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": request.body, "more_body": False}

        scope = {
            "type": "http",
            "method": request.method,
            "path": request.path,
            "query_string": request.query_string,
            "headers": list(request.headers.items()),
        }
        super().__init__(scope, receive)
        self.context = context
        self.expires_at: float | None = None


@dataclass(slots=True)
class Outcome:
    """The result of an operation as it is sent, and until when it would come out the same."""

    data: GraphQLHTTPResponse
    expires_at: float | None


class GraphQLView(GraphQL[Context, None]):
    """POST, GET for queries, and WebSocket; a browser gets the explorer's page."""

    websocket_adapter_class = TextFrames
    graphql_transport_ws_handler_class = OperationContexts

    def __init__(self, schema: BaseSchema, client: Client, symbols: Symbols) -> None:
        super().__init__(schema, allow_queries_via_get=True, subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,))
        self._client, self._symbols, self._planner = client, symbols, WindowPlanner(client)

    async def handle(self, request: Request) -> Response:
        """Answer over HTTP, and count the requests to CoinGlass that it takes."""
        with count_upstream_calls() as calls:
            try:
                operation = _operation(request) if _is_simple(request) else None
                context = self.new_context(request)
                if operation is None:
                    response = await self._fall_back(request, context)
                else:
                    response = await self._execute(operation, context)
            except HTTPException as error:
                response = refusal(error.status_code, error.reason)
        response.upstream_calls = calls.sent
        if request.dry_run is DryRun.ON:
            response.headers.append(NO_STORE)
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer over WebSocket, as ASGI."""
        head = Request(scope)
        if head.dry_run is not DryRun.OFF:
            await refuse_dry_run(receive, send)
        else:
            await self.run(OperationSocket(scope, receive, send, functools.partial(self.new_context, head)))

    def new_context(self, request: Request) -> Context:
        """Make the context of one operation. Raises HTTPException for an `X-Dry-Run` that is neither on nor off."""
        if request.dry_run is DryRun.UNREADABLE:
            raise HTTPException(400, "X-Dry-Run is 1 or true for a dry run, and 0, false or left out for a real one.")
        make = Context if request.dry_run is DryRun.OFF else Context.of_dry_run
        return make(self._client, self._symbols, request.request_id, requester=request.requester, planner=self._planner)

    async def _execute(self, operation: GraphQLRequestData, context: Context) -> Response:
        """Execute a POST of one operation in JSON, which nearly all are."""
        result = await self.execute_single(
            request=_POST,
            request_adapter=_ADAPTER,
            request_data=operation,
            context=context,
            root_value=None,
            sub_response=_NONE,
        )
        outcome = self._outcome(context, result)
        response = Response.of(self.encode_json(outcome.data))
        response.expires_at = outcome.expires_at
        return response

    async def _fall_back(self, request: Request, context: Context) -> Response:
        """Let Strawberry answer: the page, GET, multipart forms, batches, streams, and requests that it refuses."""
        asked = StrawberryRequest(request, context)
        answer = await self.run(asked, context=context)
        body = b"" if isinstance(answer, StreamingResponse) else bytes(answer.body)
        response = Response(answer.status_code, body, answer.raw_headers, asked.expires_at)
        if isinstance(answer, StreamingResponse):
            response.stream = answer.body_iterator  # type: ignore[assignment]  # memoryviews are never sent by Strawberry
        return response

    def _outcome(self, context: Context, result: ExecutionResult) -> Outcome:
        if context.plan is not None:
            return Outcome(process_result(dry_run.report(result, context.plan, self._client.quota)), None)
        return Outcome(process_result(result), None if result.errors else self._expires_at(context))

    def _expires_at(self, context: Context) -> float:
        latest = self._client.clock.monotonic() + _MAX_SECONDS
        return min(context.validity.expires_at, self._client.gate.valid_until, self._symbols.valid_until, latest)

    # Strawberry's hooks

    async def get_context(
        self,
        request: StarletteRequest | WebSocket,
        response: StarletteResponse | WebSocket,  # noqa: ARG002
    ) -> Context:
        """Make the first context of a WebSocket; over HTTP it is handed over."""
        assert isinstance(request, OperationSocket)  # noqa: S101  # made so above
        return request.new_context()

    async def process_result(self, request: StarletteRequest, result: ExecutionResult) -> GraphQLHTTPResponse:
        assert isinstance(request, StrawberryRequest)  # noqa: S101  # made so above
        outcome = self._outcome(request.context, result)
        request.expires_at = outcome.expires_at
        return outcome.data

    def decode_json(self, data: str | bytes) -> object:
        if data == "null":  # the variables of a GET; a body is bytes
            return None
        return _checked(parse_json(data))

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Not where an operation is asked for by its hash."""
        return "extensions" not in request.query_params and super().should_render_graphql_ide(request)

    async def render_graphql_ide(self, request: StarletteRequest) -> StarletteResponse:  # noqa: ARG002
        page = self.graphql_ide_html
        return HTMLResponse(page.replace("<body>", f"<body>{_BANNER}", 1) if self._client.sandbox else page)


# Where Strawberry's hooks want one and ours do not look at it, or at its method alone.
_NONE = StarletteResponse()
_POST = StarletteRequest({"type": "http", "method": "POST", "headers": []})
_ADAPTER = GraphQLView.request_adapter_class(_POST)


def _is_simple(request: Request) -> bool:
    """Whether it is a POST of JSON whose sender wants one response in JSON."""
    kind, accept = request.headers.get(b"content-type", b""), request.headers.get(b"accept", b"")
    is_json = kind == JSON or kind.partition(b";")[0].strip() == JSON
    return request.method == "POST" and is_json and b"multipart/mixed" not in accept and b"event-stream" not in accept


def _operation(request: Request) -> GraphQLRequestData | None:
    """Return None for what is no operation, which Strawberry refuses. Raises HTTPException for what is not JSON."""
    payload = _checked(request.payload)
    if not isinstance(payload, dict):
        return None
    query, variables, extensions = payload.get("query"), payload.get("variables"), payload.get("extensions")
    if not (
        isinstance(query, str | None) and isinstance(variables, dict | None) and isinstance(extensions, dict | None)
    ):
        return None
    return GraphQLRequestData(query, variables, payload.get("operationName"), extensions)


def _checked(payload: object) -> dict[str, Any] | list[Any]:
    """Only an object can be a request; a list goes on to Strawberry, which refuses batches."""
    if payload is MALFORMED:
        raise HTTPException(400, "The body is not valid JSON.")
    if not isinstance(payload, dict | list):
        raise HTTPException(400, "The body is an object with `query`, and perhaps `variables` and `operationName`.")
    return payload
