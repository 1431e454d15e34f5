"""The innermost layer: executes GraphQL operations, and leaves unusual requests to Strawberry's view."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from cross_web import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.responses import Response as StarletteResponse
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, process_result
from strawberry.http.base import BaseRequestProtocol
from strawberry.http.types import QueryParams
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from callers.budgets import Budgets
from cg_client.call import count_upstream_calls
from resolvers.context import Context
from served_schema.persisted_queries import DOCUMENT_IDS, with_document_id
from served_schema.schema import ServedSchema
from server import dry_run
from server.budgets import Charge
from server.caller_key import HEADER, KeyRefused, SocketKey
from server.callers import Access
from server.client_pool import ClientPool, KeyUpstream
from server.http import JSON, MALFORMED, NO_STORE, DryRun, Request, Response, parse_json, refusal
from server.operation_spans import OperationSpans
from server.page_headers import explorer_headers
from server.response_keys import get_parameters
from server.response_limit import DEFAULT_LIMIT, ResponseLimit
from server.socket_log import SocketLog
from server.traffic import Traffic
from server.websocket import (
    OperationContexts,
    OperationSocket,
    SocketOptions,
    TextFrames,
    drop_origin_warnings,
    refuse_opening,
)

_MAX_CACHE_SECONDS: Final = 300.0  # of a response: caches between here and the client do not hear of a change
_MAX_SHOWN: Final = 200  # characters of an origin in the log
_ORIGIN_REMEDY: Final = "COINGLASS_ALLOWED_ORIGINS must include the origin"
_INIT_TIMEOUT: Final = timedelta(seconds=10)
_BANNER = (
    '<div role="alert" style="background:#b45309;color:#fff;font:600 14px system-ui;padding:8px 16px">'
    "Sandbox: documented sample figures, no market data. Set COINGLASS_API_KEY for real ones.</div>"
)


class StrawberryRequest(StarletteRequest):
    """The typed request as Strawberry's view reads it, with the context and until when the response stays the same."""

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
        self.code: str | None = None


class GraphQLView(GraphQL[Context, None]):
    """POST, GET for queries, and WebSocket; a browser gets the explorer's page."""

    websocket_adapter_class = TextFrames
    graphql_transport_ws_handler_class = OperationContexts

    max_response: ResponseLimit = DEFAULT_LIMIT
    spans: OperationSpans | None = None

    def __init__(
        self,
        schema: ServedSchema,
        upstream: KeyUpstream,
        access: Access,
        budgets: Budgets,
        traffic: Traffic,
        sockets: SocketOptions,
        pool: ClientPool | None = None,
        *,
        has_explorer: bool = True,
    ) -> None:
        """`upstream` is with the server's key, `pool` has those of callers; without it they are refused."""
        super().__init__(
            schema,
            allow_queries_via_get=True,
            graphql_ide="graphiql" if has_explorer else None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=_INIT_TIMEOUT,
            max_subscriptions_per_connection=sockets.max_operations,
        )
        drop_origin_warnings()
        self._upstream, self._pool = upstream, pool
        self._access, self._budgets, self._traffic, self._sockets = access, budgets, traffic, sockets

    async def handle(self, request: Request) -> Response:
        """Answer over HTTP, and count the requests to CoinGlass that it takes."""
        upstream = request.upstream or self._upstream
        with upstream.in_use(), count_upstream_calls() as calls:
            charge = self.new_charge(request, upstream)
            try:
                context = self.new_context(request, upstream, charge)
                response = await self._respond(request, context)
                response.operation = context.operation
            except HTTPException as error:
                response = refusal(error.status_code, error.reason)
            finally:
                charge.settle(calls)
        charge.mark(response)
        response.upstream_calls = calls.sent
        if response.stream is not None:
            response.stream = upstream.while_streaming(response.stream)
        if request.dry_run is DryRun.ON:
            response.headers.append(NO_STORE)
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer over WebSocket, as ASGI."""
        opening = Request(scope)
        if opening.dry_run is not DryRun.OFF:  # not supported, so that no quota is spent by mistake
            self._traffic.refuse_request(opening, "BAD_USER_INPUT", 403)
            await refuse_opening(receive, send, "X-Dry-Run is for requests over HTTP.")
            return
        key = SocketKey(self._upstream, self._pool)
        try:
            if HEADER in opening.headers:
                key.choose(opening.headers[HEADER].decode("latin-1"))
        except KeyRefused as refused:
            self._traffic.refuse_request(opening, refused.code, 403)
            await refuse_opening(receive, send, str(refused))
            return
        socket_log = SocketLog(opening, receive, send)
        try:
            connection = OperationSocket(scope, opening, socket_log, self._traffic, self._access, self, key)
            connection.spans = self.spans
            await self.run(connection)
        finally:
            socket_log.finish()

    def new_charge(self, request: Request, upstream: KeyUpstream) -> Charge:
        """Make what one operation is charged to; a dry run spends nothing."""
        allowance = self._budgets.allowance(request.caller) if request.dry_run is DryRun.OFF else None
        return Charge(allowance, has_own_key=upstream is not self._upstream)

    def new_context(self, request: Request, upstream: KeyUpstream, charge: Charge) -> Context:
        """Make the context of one operation. Raises HTTPException for an `X-Dry-Run` that is neither on nor off."""
        if request.dry_run is DryRun.UNREADABLE:
            raise HTTPException(400, "X-Dry-Run is 1 or true for a dry run, and 0, false or left out for a real one.")
        make = Context if request.dry_run is DryRun.OFF else Context.of_dry_run
        requester, planner = request.requester, upstream.planner
        context = make(upstream.client, upstream.symbols, request.request_id, requester=requester, planner=planner)
        context.charge = charge
        return context

    async def _respond(self, request: Request, context: Context) -> Response:
        try:
            operation = _simple_operation(request)
            if operation is None:
                return await self._fall_back(request, context)
            return await self._execute(operation, context, is_get=request.method == "GET")
        except asyncio.CancelledError:
            context.abandon()
            raise

    async def _execute(self, operation: GraphQLRequestData, context: Context, *, is_get: bool) -> Response:
        """Execute one operation in JSON or by GET, which nearly all requests are."""
        result = await self.execute_single(
            request=_POST,
            request_adapter=_GET_ADAPTER if is_get else _POST_ADAPTER,
            request_data=operation,
            context=context,
            root_value=None,
            sub_response=_UNUSED,
        )
        data, expires_at = self._body_and_expiry(context, result)
        response = Response.of(self.max_response.encode(data))
        response.expires_at, response.code = expires_at, _refusal_code(result)
        return response

    async def _fall_back(self, request: Request, context: Context) -> Response:
        """Let Strawberry answer: the page, GET, multipart forms, batches, streams, and requests that it refuses."""
        adapted = StrawberryRequest(request, context)
        answer = await self.run(adapted, context=context)
        if isinstance(answer, StreamingResponse):
            stream = answer.body_iterator
            return Response(answer.status_code, b"", answer.raw_headers, stream=stream)  # type: ignore[arg-type]  # memoryviews are never sent by Strawberry
        body, expires_at = bytes(answer.body), adapted.expires_at
        return Response(answer.status_code, body, answer.raw_headers, expires_at, code=adapted.code)

    def _body_and_expiry(self, context: Context, result: ExecutionResult) -> tuple[GraphQLHTTPResponse, float | None]:
        """Return the result as it is sent, and until when it stays the same."""
        if context.plan is not None:
            return process_result(dry_run.report(result, context, context.plan, context.client.quota)), None
        if result.errors:
            return process_result(result), None
        latest = context.client.clock.monotonic() + _MAX_CACHE_SECONDS
        valid_until = min(context.client.gate.valid_until, context.symbols.valid_until)
        return process_result(result), min(context.validity.expires_at, valid_until, latest)

    # Strawberry's hooks

    async def get_context(
        self,
        request: StarletteRequest | WebSocket,
        response: StarletteResponse | WebSocket,  # noqa: ARG002
    ) -> Context:
        """Make the first context of a WebSocket; over HTTP, `run` is given one."""
        assert isinstance(request, OperationSocket)  # noqa: S101  # __call__ passes one
        return request.new_operation(self._upstream)[0]

    async def process_result(self, request: StarletteRequest, result: ExecutionResult) -> GraphQLHTTPResponse:
        assert isinstance(request, StrawberryRequest)  # noqa: S101  # _fall_back passes one
        data, request.expires_at = self._body_and_expiry(request.context, result)
        request.code = _refusal_code(result)
        return data

    def decode_json(self, data: str | bytes) -> object:
        if data == "null":  # the variables of a GET; a body is bytes
            return None
        payload = parse_json(data)
        if payload is MALFORMED:
            raise HTTPException(400, "The body is not valid JSON.")
        if not isinstance(payload, dict | list):  # Strawberry refuses a list, which would be a batch
            raise HTTPException(400, "The body is an object with `query`, and perhaps `variables` and `operationName`.")
        if isinstance(data, bytes) and isinstance(payload, dict) and _has_objects(payload):
            payload["extensions"] = with_document_id(payload)  # of a body whose result is streamed
        return payload

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        """Whether the page of another origin may connect; without a preflight, so that only this check stops it."""
        is_allowed = self._sockets.origins.allows(origin)
        if not is_allowed:
            assert isinstance(request, OperationSocket)  # noqa: S101  # __call__ passes one
            request.refuse("CROSS_SITE_REQUEST", 403, origin=origin[:_MAX_SHOWN], remedy=_ORIGIN_REMEDY)
        return is_allowed

    def encode_json(self, data: object) -> bytes:
        return self.max_response.encode(data)

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Whether the request is a browser's for the page, and not for an operation by its hash."""
        return _BY_ID.isdisjoint(request.query_params) and super().should_render_graphql_ide(request)

    def parse_query_params(self, params: QueryParams) -> dict[str, Any]:
        parameters = super().parse_query_params(params)
        return parameters | {"extensions": with_document_id(parameters)} if _has_objects(parameters) else parameters

    async def render_graphql_ide(self, request: StarletteRequest) -> StarletteResponse:  # noqa: ARG002
        page = self.graphql_ide_html
        if self._upstream.client.sandbox:
            page = page.replace("<body>", f"<body>{_BANNER}", 1)
        return HTMLResponse(page, headers=explorer_headers(page))


_BY_ID: Final = frozenset(("extensions", *DOCUMENT_IDS))  # parameters that can name a document instead of its text

# Parameters of Strawberry's hooks: ours read the method at most.
_UNUSED: Final = StarletteResponse()
_POST: Final = StarletteRequest({"type": "http", "method": "POST", "headers": []})
_POST_ADAPTER: Final = GraphQLView.request_adapter_class(_POST)
_GET_ADAPTER: Final = GraphQLView.request_adapter_class(
    StarletteRequest({"type": "http", "method": "GET", "headers": []})
)


def _simple_operation(request: Request) -> GraphQLRequestData | None:
    """Read one operation that accepts one response in JSON; None if the request is anything else."""
    headers = request.headers
    accept = headers.get(b"accept", b"")
    if b"multipart/mixed" in accept or b"event-stream" in accept:
        return None
    if request.method == "GET":
        payload: object = None if b"text/html" in accept else get_parameters(request.query_string)
    else:
        content_type = headers.get(b"content-type", b"")
        is_json = content_type == JSON or content_type.partition(b";")[0].strip() == JSON
        payload = request.payload if request.method == "POST" and is_json else None
    if not isinstance(payload, dict) or not _has_objects(payload):
        return None
    query = payload.get("query")
    if not isinstance(query, str | None):
        return None
    extensions = payload.get("extensions") if _BY_ID.isdisjoint(payload) else with_document_id(payload)
    return GraphQLRequestData(query, payload.get("variables"), payload.get("operationName"), extensions)


def _refusal_code(result: ExecutionResult) -> str | None:
    """Return the code of an operation that was not executed."""
    if not isinstance(result, PreExecutionError) or not result.errors:
        return None
    code: str = (result.errors[0].extensions or {}).get("code", "INTERNAL_SERVER_ERROR")
    return code


def _has_objects(payload: Mapping[str, object]) -> bool:
    return isinstance(payload.get("variables"), dict | None) and isinstance(payload.get("extensions"), dict | None)
