"""In any order of events, a response is what the application answered to that request, and is not expired."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server.http import Request, Response
from server.response_cache import ResponseCache
from tests.clock import FakeClock
from tests.server.raw_asgi import Reply, Served, Server, http_scope, ignore, receiving, run_pending, sending

T = TypeVar("T")

LIMIT = 40_000
CODINGS: dict[str, set[str | None]] = {
    "": {None},
    "gzip": {None, "gzip"},
    "gzip, zstd": {None, "gzip", "zstd"},
    "zstd;q=0, *": {None, "gzip"},
    "zstd, identity;q=0": {"zstd"},
}


GRAPHQL_JSON = "application/graphql-response+json"


@dataclass(frozen=True)
class ModelQuery:
    """A request, by all that its answer may depend on."""

    method: str
    document: str
    variables: str  # as JSON
    operation: str | None
    accept: str
    caller: str

    @property
    def payload(self) -> dict[str, Any]:
        name = {} if self.operation is None else {"operationName": self.operation}
        return {"query": self.document, "variables": orjson.loads(self.variables)} | name

    @property
    def negotiated(self) -> "ModelQuery":
        """The request with the media type that its header stands for."""
        return replace(self, accept=GRAPHQL_JSON if self.accept == GRAPHQL_JSON else "application/json")


QUERIES = st.builds(
    ModelQuery,
    method=st.sampled_from(["POST", "POST", "GET"]),
    document=st.sampled_from(["{ small }", "{ large }"]),
    variables=st.sampled_from(['{"x":1}', '{"x":1.0}', '{"x":true}', '{"x":"1"}']),
    operation=st.sampled_from([None, "A"]),
    accept=st.sampled_from(["application/json", "*/*", GRAPHQL_JSON]),
    caller=st.sampled_from(["", "", "ann"]),
)


@dataclass
class ModelRun:
    """One run of the application; `value` is unique, `until` and `version` are of the end, `at` counts events."""

    query: ModelQuery
    begun_under: int
    outcome: asyncio.Future[tuple[str, float]]
    value: int = 0
    until: float | None = None
    ended_under: int = 0
    ended_at: int = 0


@dataclass
class Pending:
    query: ModelQuery
    codings: set[str | None]
    begun_at: int
    version: int
    task: "asyncio.Task[None]"
    reply: Reply = field(default_factory=Reply)


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = FakeClock()
        self.server = Server(self.clock)
        self.events = 0
        self.query: list[ModelQuery] = []
        self.running: list[ModelRun] = []
        self.answers: dict[int, ModelRun] = {}
        self.pending: list[Pending] = []
        self.bodies_by_tag: dict[str, tuple[bytes, bytes]] = {}  # by tag: the bytes and what they mean
        self.cache = Served(
            ResponseCache(
                self._application,
                limit=LIMIT,
                clock=self.clock,
                revision=self.server.revision,
            ),
            self.server,
            ignore,
        )

    def teardown(self) -> None:
        for pending in self.pending:
            pending.task.cancel()
        for run in self.running:
            run.outcome.cancel()
        self._do(run_pending())
        self.loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    async def _application(self, request: Request) -> Response:
        run = ModelRun(_understood(request), self.server.revision.count, self.loop.create_future())
        self.running.append(run)
        how, lasts = await run.outcome
        self.events += 1
        run.value, run.ended_under, run.ended_at = self.events, self.server.revision.count, self.events
        run.until = self.clock.monotonic() + lasts if how == "holds" else None
        self.answers[run.value] = run
        if how == "raises":
            raise RuntimeError("broken")
        padding = "x" * (3000 if "large" in run.query.document else 0)
        body = orjson.dumps({"value": run.value, "padding": padding})
        if how == "streams":
            return Response(200, b"", [(b"content-type", b"application/json")], run.until, stream=_streamed(body))
        response = Response.of(body, status=500 if how == "fails" else 200)
        response.expires_at = run.until
        return response

    @rule(
        query=QUERIES,
        coding=st.sampled_from(["", "", *CODINGS]),
        lasts=st.sampled_from([None, None, 5.0, 50.0]),
        again=st.sampled_from([True, True, False]),
        conditional=st.booleans(),
        data=st.data(),
    )
    def ask(
        self,
        query: ModelQuery,
        coding: str,
        lasts: float | None,
        again: bool,
        conditional: bool,
        data: st.DataObject,
    ) -> None:
        """`lasts`: the application answers at once where it is requested; without it, when the test decides.

        `again`: one of the last questions, perhaps by another caller.
        """
        if again and self.query:
            query = replace(data.draw(st.sampled_from(self.query[-3:])), caller=query.caller)
        self.query.append(query)
        headers = {"accept": query.accept, "accept-encoding": coding, "x-caller": query.caller}
        if conditional and self.bodies_by_tag:
            headers["if-none-match"] = data.draw(st.sampled_from(sorted(self.bodies_by_tag)))
        before = len(self.running)
        self._do(self._send(query, headers, CODINGS[coding]))
        if lasts is not None and len(self.running) > before:
            self._end(self.running[-1], "holds", lasts)
        self._check()

    async def _send(self, query: ModelQuery, headers: dict[str, str], codings: set[str | None]) -> None:
        self.events += 1
        reply = Reply()
        body, query_string = orjson.dumps(query.payload), b""
        if query.method == "GET":
            body, query_string = b"", _url(query)
        scope = http_scope(
            query.method, "/graphql", query_string, [("content-type", "application/json"), *headers.items()]
        )
        task = asyncio.ensure_future(self.cache(scope, receiving(body), sending(reply)))
        self.pending.append(Pending(query, codings, self.events, self.server.revision.count, task, reply))
        await run_pending()

    @precondition(lambda self: self.running)
    @rule(
        data=st.data(),
        how=st.sampled_from(["holds", "holds", "holds", "unkept", "raises", "fails", "streams"]),
        lasts=st.sampled_from([0.0, 5.0, 50.0]),
    )
    def end(self, data: st.DataObject, how: str, lasts: float) -> None:
        self._end(data.draw(st.sampled_from(self.running)), how, lasts)
        self._check()

    def _end(self, run: ModelRun, how: str, lasts: float) -> None:
        self.running.remove(run)
        run.outcome.set_result((how, lasts))
        self._do(run_pending())

    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        pending = data.draw(st.sampled_from(self.pending))
        self.pending.remove(pending)
        pending.task.cancel()
        self._do(run_pending())
        self.running = [run for run in self.running if not run.outcome.cancelled()]
        assert pending.reply.status == 503

    @rule(seconds=st.sampled_from([0.5, 4.5, 5.0, 30.0]))
    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def change(self) -> None:
        self.server.revision.bump()

    @invariant()
    def bounded(self) -> None:
        assert 0 <= self.cache.store.bytes <= LIMIT

    @invariant()
    def a_run_goes_on_as_long_as_a_request_waits(self) -> None:
        assert bool(self.running) == bool(self.pending)

    def _check(self) -> None:
        """Look at what was answered since; the clock stood still meanwhile."""
        for pending in [pending for pending in self.pending if pending.task.done()]:
            self.pending.remove(pending)
            if isinstance(failure := pending.task.exception(), RuntimeError):
                assert str(failure) == "broken"
            else:
                pending.task.result()
                self._judge(pending)

    def _judge(self, pending: Pending) -> None:
        headers, run = pending.reply.headers, self.answers[self._value(pending)]
        assert run.query.negotiated == pending.query.negotiated
        if run.ended_at < pending.begun_at:  # it was cached
            assert run.until is not None
            assert self.clock.monotonic() < run.until
            assert run.begun_under == run.ended_under == self.server.revision.count
            self._judge_freshness(headers, run.until)
        else:
            assert run.begun_under >= pending.version
            assert "age" not in headers
        if run.until is None:
            assert "etag" not in headers

    def _judge_freshness(self, headers: dict[str, str], until: float) -> None:
        fresh = int(headers["cache-control"].partition("max-age=")[2]) - int(headers["age"])
        assert fresh <= until - self.clock.monotonic()
        assert headers["cache-control"].startswith(("public", "private"))

    def _value(self, pending: Pending) -> int:
        """Of the body, or of the one that the client has by the tag."""
        reply = pending.reply
        tag = reply.headers.get("etag")
        if reply.status == 304:
            assert pending.query.method == "GET"
            assert tag is not None
            assert reply.raw == b""
            return _value_of(self.bodies_by_tag[tag][1])
        if "content-length" not in reply.headers:  # streamed
            return _value_of(reply.raw)
        assert reply.headers.get("content-encoding") in pending.codings or len(reply.raw) == 0
        if tag is not None:
            assert self.bodies_by_tag.setdefault(tag, (reply.raw, reply.body)) == (reply.raw, reply.body)
        return _value_of(reply.body)


def _value_of(body: bytes) -> int:
    value: int = orjson.loads(body)["value"]
    return value


def _url(query: ModelQuery) -> bytes:
    payload = query.payload | {"variables": query.variables}
    return "&".join(f"{name}={value}" for name, value in payload.items()).encode()


async def _streamed(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


def _understood(request: Request) -> ModelQuery:
    """Return the request as the application sees it."""
    headers = {name.decode(): value.decode() for name, value in request.headers.items()}
    if request.method == "GET":
        payload = dict(pair.split("=") for pair in request.query_string.decode().split("&"))
        variables = payload["variables"]
    else:
        payload = orjson.loads(request.body)
        variables = orjson.dumps(payload["variables"]).decode()
    name = payload.get("operationName")
    return ModelQuery(request.method, payload["query"], variables, name, headers["accept"], headers["x-caller"])


Machine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestNoAnswerIsEverWrong = Machine.TestCase
