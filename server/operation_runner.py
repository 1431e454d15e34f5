"""Executes one operation: its context, deadline and charge, and what its result means for the response."""

import asyncio
import contextlib
from collections.abc import Awaitable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from callers.budgets import Budgets
from callers.caller import Caller
from cg_client.call import count_upstream_calls
from resolvers.context import Context, Tabulation
from resolvers.operation_record import OperationRecord
from served_schema.live_operation import LiveOperation
from served_schema.schema import ServedSchema
from server import dry_run
from server.batch import BatchCharge, BatchCost
from server.budgets import Charge
from server.client_pool import KeyUpstream
from server.http import ALLOW, NO_STORE, DryRun, Request
from server.live.broadcasts import Broadcasts
from server.live.result_stream import ResultStream
from server.live.subscribers import Subscribers
from server.operations import OperationRefused, OperationRequest
from server.results import body_of
from server.traffic import Traffic

_MAX_CACHE_SECONDS: Final = 300.0  # shared caches cannot be invalidated
_QUERIES: Final = (OperationType.QUERY,)
_NOT_ACCEPTABLE: Final = 406
_SUBSCRIPTION: Final = (
    "A subscription has many results, which are sent over WebSocket (graphql-transport-ws), with `Accept: "
    'text/event-stream`, or with `Accept: multipart/mixed;boundary="graphql";subscriptionSpec="1.0", application/json`.'
)
_STATUSES: Final = {  # HTTP status by error code for clients that accept GRAPHQL_JSON; 400 for other codes
    "INTERNAL_SERVER_ERROR": 500,
    "INTROSPECTION_DISABLED": 403,
    "NOT_ONE_TABLE": 406,
    "PERSISTED_QUERY_ID_REQUIRED": 403,
    "PERSISTED_QUERY_NOT_IN_LIST": 403,
    "TOO_MANY_EXPORTS": 503,
}


class OperationOutcome(NamedTuple):
    """The result of an operation. `code`: that of the error for which it was not executed.

    `expires_at`: monotonic seconds until which the same operation has the same result; None if it must not be reused.
    `is_gated`: whether the plan lacks a part of it.
    """

    body: Any
    expires_at: float | None
    charge: Charge
    code: str | None
    is_gated: bool
    record: OperationRecord

    @property
    def status(self) -> int:
        """The status under which clients read the result by its own media type."""
        return 200 if self.code is None else _STATUSES.get(self.code, 400)


class OperationRunner:
    """`upstream` is with the server's key; a request may bring one with the caller's."""

    def __init__(
        self,
        schema: ServedSchema,
        upstream: KeyUpstream,
        budgets: Budgets,
        traffic: Traffic,
        subscribers: Subscribers,
        broadcasts: Broadcasts,
    ) -> None:
        self.schema, self.upstream, self._budgets, self._traffic = schema, upstream, budgets, traffic
        self.subscribers, self._broadcasts = subscribers, broadcasts

    async def run(
        self,
        request: Request,
        operation: OperationRequest,
        batch: BatchCost | None = None,
        tabulation: Tabulation | None = None,
    ) -> OperationOutcome:
        """Raise OperationRefused if there is no operation, one that a GET must not execute, or a subscription.

        With `tabulation` the data may have the tables of execution/tables.py in it.
        """
        if await self.is_subscription(operation):
            raise OperationRefused(_NOT_ACCEPTABLE, _SUBSCRIPTION, NO_STORE)  # not for those with another Accept
        upstream = request.upstream or self.upstream
        with self.operation(request, upstream, batch) as (context, charge):
            context.tabulation = tabulation
            request.operations.append(context.record)
            result = await self._execute(request, operation, context)
        body, expires_at = _body_and_expiry(context, result)
        is_gated, code = context.validity.is_gated, _refusal_code(result)
        return OperationOutcome(body, expires_at, charge, code, is_gated, context.record)

    def is_subscription(self, operation: OperationRequest) -> Awaitable[bool]:
        return self.schema.is_subscription(operation.text, operation.name, operation.extensions)

    async def subscribe(
        self, caller: Caller, operation: OperationRequest, context: Context, upstream: KeyUpstream
    ) -> ResultStream | ExecutionResult:
        """Begin a subscription, which counts for the caller from now on, or return the result if it is refused."""
        refused = self.subscribers.why_refused(caller.name)
        if refused is not None:
            return PreExecutionError(None, [refused])
        self.subscribers.reserve(caller.name)
        try:
            subscription = await self._subscribe(operation, context, upstream)
        except BaseException:
            self.subscribers.release(caller.name)
            raise
        if isinstance(subscription, ExecutionResult):
            self.subscribers.release(caller.name)
        return subscription

    async def _subscribe(
        self, operation: OperationRequest, context: Context, upstream: KeyUpstream
    ) -> ResultStream | ExecutionResult:
        context.live = upstream.feeds
        live = await self.schema.accept_subscription(
            operation.text, operation.variables, context, operation.name, operation.extensions
        )
        return await self._broadcasts.join(live, upstream) if isinstance(live, LiveOperation) else live

    @contextlib.contextmanager
    def operation(
        self, request: Request, upstream: KeyUpstream, batch: BatchCost | None = None
    ) -> Iterator[tuple[Context, Charge]]:
        """Yield what an operation runs with; at its end, settle its charge and record its calls."""
        with upstream.in_use(), count_upstream_calls(partial(self._traffic.count_call, request.caller)) as calls:
            context, charge = self.new_context(request, upstream, batch)
            try:
                yield context, charge
            except asyncio.CancelledError:  # its client left, or completed it
                context.abandon()
                raise
            finally:
                charge.settle(calls)
                context.record.upstream_calls = calls.sent

    def new_context(
        self, request: Request, upstream: KeyUpstream, batch: BatchCost | None = None
    ) -> tuple[Context, Charge]:
        """Make the context of one operation, and what it is charged to; a dry run spends nothing."""
        is_real = request.dry_run is DryRun.OFF
        allowance = self._budgets.allowance(request.caller) if is_real else None
        charge = Charge(allowance, brings_key=upstream is not self.upstream)
        make, requester, planner = Context if is_real else Context.of_dry_run, request.requester, upstream.planner
        context = make(upstream.client, upstream.symbols, request.request_id, requester=requester, planner=planner)
        context.charge = charge if batch is None else BatchCharge(batch, charge)
        return context, charge

    async def _execute(self, request: Request, operation: OperationRequest, context: Context) -> ExecutionResult:
        try:
            return await self.schema.execute(
                operation.text,
                operation.variables,
                context,
                None,
                operation.name,
                _QUERIES if request.is_get else None,
                operation.extensions,
            )
        except MissingQueryError:
            raise OperationRefused(400, "The request has no operation: its `extensions` name no document.") from None
        except InvalidOperationTypeError as error:
            kind = error.operation_type.value
            raise OperationRefused(405, f"By GET only queries are executed, and this is a {kind}.", ALLOW) from None


def _body_and_expiry(context: Context, result: ExecutionResult) -> tuple[dict[str, Any], float | None]:
    """Return the result as it is sent, and until when it stays the same."""
    if context.plan is not None:
        return body_of(dry_run.report(result, context, context.plan, context.client.quota)), None
    if result.errors:
        return body_of(result), None
    latest = context.client.clock.monotonic() + _MAX_CACHE_SECONDS
    valid_until = min(context.client.gate.valid_until, context.symbols.valid_until)
    return body_of(result), min(context.validity.expires_at, valid_until, latest)


def _refusal_code(result: ExecutionResult) -> str | None:
    if not isinstance(result, PreExecutionError) or not result.errors:
        return None
    code: str = (result.errors[0].extensions or {}).get("code", "INTERNAL_SERVER_ERROR")
    return code
