"""The innermost layer: answers operations over HTTP, one or a batch, in JSON, as events or as a file."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from execution.scalar_serializers import Unsupported
from server.batch import BatchCost, Batching
from server.explorer import Explorer
from server.export.formats import FileFormat
from server.export.refusals import refuse_incomplete
from server.export.response import Export, Tables
from server.export.slots import ExportSlot, LargeExports
from server.http import ALLOW, JSON, NO_STORE, DryRun, Header, Request, Response
from server.live.http_streams import HTTPSubscriptions, one_result
from server.live.stream_formats import FORMATS, StreamFormat
from server.negotiation import (
    GRAPHQL_JSON,
    accepts_page,
    response_type,
    why_unacceptable,
)
from server.operation_runner import OperationOutcome, OperationRunner
from server.operation_spans import OperationSpans
from server.operations import OperationRefused, OperationRequest, read_operation, read_payload
from server.response_keys import has_operation
from server.response_limit import ResponseLimit, ResponseTooLarge
from server.traffic import Traffic

_OK, _NO_CONTENT, _BAD_REQUEST, _NOT_FOUND, _NOT_ALLOWED, _NOT_ACCEPTABLE = 200, 204, 400, 404, 405, 406
_VARY: Final[Header] = (b"vary", b"accept")


class GraphQLView:
    """`explorer`: the page for browsers, None without one. `spans`: of traces, None without."""

    def __init__(
        self,
        runner: OperationRunner,
        explorer: Explorer | None,
        limit: ResponseLimit,
        batching: Batching,
        exports: LargeExports,
        traffic: Traffic,
        spans: OperationSpans | None,
    ) -> None:
        self._runner, self._explorer, self._limit = runner, explorer, limit
        self._batching, self._exports, self._traffic, self._spans = batching, exports, traffic, spans
        self._subscriptions = HTTPSubscriptions(runner, traffic)

    async def handle(self, request: Request) -> Response:
        try:
            response = await self._respond(request)
        except OperationRefused as refused:
            response = refused.response
        response.headers.append(_VARY)
        if request.operations:
            response.answered_by, response.operations = "execution", tuple(request.operations)
        if request.dry_run is DryRun.ON and response.stream is None:
            response.headers.append(NO_STORE)
        return response

    async def _respond(self, request: Request) -> Response:
        """Raise OperationRefused for what is not a request of GraphQL over HTTP."""
        if request.method == "OPTIONS":
            return Response(_NO_CONTENT, b"", [ALLOW])
        if not request.is_get and request.method != "POST":
            raise OperationRefused(_NOT_ALLOWED, "GraphQL is served by POST, and queries by GET as well.", ALLOW)
        accept = request.headers.get(b"accept")
        if request.is_get and not has_operation(request.query_string) and accepts_page(accept):
            return self._page(request)
        content_type = response_type(accept, request.query_string)
        if content_type is None:
            raise OperationRefused(_NOT_ACCEPTABLE, why_unacceptable(accept or b"", request.query_string))
        if request.dry_run is DryRun.UNREADABLE:
            raise OperationRefused(
                _BAD_REQUEST, "X-Dry-Run is 1 or true for a dry run, and 0, false or left out for a real one."
            )
        return await self._answer(request, read_payload(request), content_type)

    async def _answer(
        self, request: Request, payload: dict[str, Any] | list[Any], content_type: bytes | FileFormat
    ) -> Response:
        if isinstance(content_type, FileFormat):
            if isinstance(payload, list):
                raise OperationRefused(_NOT_ACCEPTABLE, "A batch is answered in JSON, not as a file.")
            return await self._export(request, read_operation(payload), content_type)
        if isinstance(payload, list):
            return await self._answer_batch(request, payload, content_type)
        operation = read_operation(payload)
        subscribed = await self._subscriptions.respond(request, operation)
        if subscribed is not None:
            return subscribed
        if content_type in FORMATS:
            return self._stream(request, operation, FORMATS[content_type])
        return self._encoded(await self._runner.run(request, operation), content_type)

    def _page(self, request: Request) -> Response:
        if self._explorer is None:
            raise OperationRefused(_NOT_FOUND, "This server has no explorer (COINGLASS_EXPLORER).")
        return self._explorer.page(request)

    def _encoded(self, outcome: OperationOutcome, content_type: bytes) -> Response:
        """Encode one result. In `application/json` even one that was not executed has status 200."""
        return self._in_json(outcome, content_type, is_typed=content_type == GRAPHQL_JSON)

    def _in_json(self, outcome: OperationOutcome, content_type: bytes, *, is_typed: bool) -> Response:
        try:
            body, status, code = self._limit.encode(outcome.body), outcome.status, outcome.code
        except ResponseTooLarge as error:
            body, status, code = orjson.dumps(error.body), _BAD_REQUEST, error.code
            _note_too_large(outcome)
        response = Response.of(body, content_type, status if is_typed else _OK)
        response.upstream_calls = outcome.record.upstream_calls
        response.expires_at, response.code, response.is_gated = outcome.expires_at, code, outcome.is_gated
        outcome.charge.mark(response)
        return response

    async def _export(self, request: Request, operation: OperationRequest, file_format: FileFormat) -> Response:
        """Answer with a file, which gives its slot back when it is sent."""
        slot, response = ExportSlot(self._exports), None
        tables = Tables(None if request.dry_run is DryRun.ON else slot)
        try:
            response = await self._file_or_json(request, operation, file_format, tables)
            slot.mark(response)
        finally:
            if response is None or response.stream is None:
                slot.give_back()
        if response.stream is not None:
            response.stream = slot.while_sending(response.stream)
        return response

    async def _file_or_json(
        self, request: Request, operation: OperationRequest, file_format: FileFormat, tables: Tables
    ) -> Response:
        """Answer with a file. What is no file, such as the report of a dry run, is JSON."""
        outcome = await self._runner.run(request, operation, tabulation=tables)
        if tables.layout is None or outcome.code is not None or request.dry_run is DryRun.ON:
            return self._in_json(outcome, JSON, is_typed=True)
        try:
            return await self._file(request, outcome, outcome.body, Export(file_format, tables.layout))
        except Unsupported:  # as in JSON, the default executor answers
            request.operations.clear()
        calls, outcome = outcome.record.upstream_calls, await self._runner.run(request, operation)
        outcome.record.upstream_calls += calls
        encoded = self._in_json(outcome, JSON, is_typed=True)
        if encoded.code is not None:
            return encoded
        return await self._file(request, outcome, orjson.loads(encoded.body), Export(file_format, tables.layout))

    async def _file(
        self, request: Request, outcome: OperationOutcome, body: Mapping[str, Any], export: Export
    ) -> Response:
        response = refuse_incomplete(body, outcome.record.problems)
        if response is None:
            client = (request.upstream or self._runner.upstream).client
            at = None if outcome.is_gated else outcome.expires_at
            seconds = None if at is None else at - client.clock.monotonic()
            response = await export.respond(request, body["data"], seconds)
            response.expires_at, response.is_gated = outcome.expires_at, outcome.is_gated
        response.upstream_calls = outcome.record.upstream_calls
        return response

    def _stream(self, request: Request, operation: OperationRequest, form: StreamFormat) -> Response:
        """Execute the operation while the response is sent. Its cost is not known when the headers are."""
        upstream = request.upstream or self._runner.upstream

        async def result() -> bytes:
            try:
                outcome = await self._run_part(request, operation)
            except OperationRefused as refused:
                return refused.response.body
            self._count(outcome.code)
            try:
                return self._limit.encode(outcome.body)
            except ResponseTooLarge as error:
                self._refuse_too_large(outcome)
                return orjson.dumps(error.body)

        stream = one_result(result, form)
        return Response(_OK, b"", [*form.headers], stream=upstream.while_streaming(stream))

    async def _answer_batch(self, request: Request, payloads: list[Any], content_type: bytes) -> Response:
        """Execute the operations at the same time, in contexts of their own and within common limits."""
        self._check_batch(payloads, content_type)
        cost = BatchCost(self._batching.limits)
        async with asyncio.TaskGroup() as group:  # if one raises, nobody awaits the others
            tasks = [group.create_task(self._result(request, payload, cost)) for payload in payloads]
        results = [task.result() for task in tasks]
        outcomes = [outcome for _, outcome in results if outcome is not None]
        try:
            body = self._limit.encode([result for result, _ in results])
        except ResponseTooLarge as error:
            body = orjson.dumps([error.body] * len(results))
            for outcome in outcomes:
                self._refuse_too_large(outcome)
        response = Response.of(body, content_type)
        response.upstream_calls = sum(outcome.record.upstream_calls for outcome in outcomes)
        return response

    def _check_batch(self, payloads: Sequence[object], content_type: bytes) -> None:
        most = self._batching.max_operations
        if not most:
            text = "This server accepts no batches (COINGLASS_MAX_BATCH is 0). Send each operation in its own request."
            raise OperationRefused(_BAD_REQUEST, text)
        if not 0 < len(payloads) <= most:
            text = f"The batch has {len(payloads)} operations, and 1 to {most} are allowed (COINGLASS_MAX_BATCH)."
            raise OperationRefused(_BAD_REQUEST, text)
        if content_type in FORMATS:
            raise OperationRefused(_NOT_ACCEPTABLE, "A batch is answered in JSON, not as a stream.")
        if not all(isinstance(payload, dict) for payload in payloads):
            raise OperationRefused(_BAD_REQUEST, "Each operation of a batch is an object with `query`.")

    async def _result(
        self, request: Request, payload: dict[str, Any], cost: BatchCost
    ) -> tuple[object, OperationOutcome | None]:
        """Return the result of an operation of a batch, and its outcome if it came so far."""
        try:
            outcome = await self._run_part(request, read_operation(payload), cost)
        except OperationRefused as refused:
            return orjson.Fragment(refused.response.body), None
        self._count(outcome.code)
        return outcome.body, outcome

    async def _run_part(
        self, request: Request, operation: OperationRequest, cost: BatchCost | None = None
    ) -> OperationOutcome:
        """Run one operation of a batch or a stream in a child span of its request."""
        if self._spans is None:
            return await self._runner.run(request, operation, cost)
        with self._spans.part(request) as span:
            outcome = await self._runner.run(request, operation, cost)
            span.record, span.code = outcome.record, outcome.code
            return outcome

    def _refuse_too_large(self, outcome: OperationOutcome) -> None:
        """Count the refusal of a result that is too large, unless its operation is counted as refused already."""
        if outcome.code is None:
            _note_too_large(outcome)
            self._count(ResponseTooLarge.code)

    def _count(self, code: str | None) -> None:
        """Count a refused operation inside a response with status 200."""
        if code is not None:
            self._traffic.refused[code, str(_OK)] += 1


def _note_too_large(outcome: OperationOutcome) -> None:
    outcome.record.exceeded["response_mb"] += 1
