"""Answers a repeated request with the bytes made for the first, as raw ASGI in front of the application.

The application says how long an answer holds: before it starts its response it sets `holds_until` in the state of its
scope, to monotonic seconds of the same clock. Without it nothing is kept. Equal requests at one time share one run.
"""

import asyncio
import functools
from collections.abc import Callable, Hashable

from starlette.types import ASGIApp, Receive, Scope, Send

from cg_client.clock import Clock
from server.body import AT_MOST, TooLarge, read, replayed
from server.cost import cost
from server.request_id import REQUEST_ID, SOURCE, new_id, request_id
from server.responses.answer import OF_THE_RUN, Answer, Header, Rendering
from server.responses.encodings import acceptable
from server.responses.execution import Execution, Said
from server.responses.question import Key, Named, Question, concerns, named, raw_key
from server.responses.store import Store
from server.view import refusal

PATH = "/graphql"
_OK, _NOT_MODIFIED, _NOT_ACCEPTABLE, _TOO_LARGE = 200, 304, 406, 413
_REQUEST_ID = REQUEST_ID.encode()


def everyone(_: Scope) -> str:
    """One scope for all callers: what the graph answers does not depend on who asks."""
    return ""


class ResponseCache:
    """`limit`: bytes that are kept at most. `scope_of`: callers with the same one may get each other's answers.

    `version`: what the server may answer apart from time, such as its plan; an answer made under another one is not
    served. A value must not come back after it was left, or an answer begun under it could outlive the change.
    `remaining`: requests that may start at a time, for each response to state.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: int,
        clock: Clock,
        version: Callable[[], Hashable],
        is_sandbox: Callable[[], bool],
        remaining: Callable[[float], int],
        scope_of: Callable[[Scope], str] = everyone,
    ) -> None:
        self._app, self._clock, self._version = app, clock, version
        self._is_sandbox, self._remaining, self._scope_of = is_sandbox, remaining, scope_of
        self._store = Store(limit)
        self._flights: dict[tuple[Key, Hashable], Execution] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.hits = self.misses = self.shared = self.not_modified = self.refused = 0

    @property
    def stored_bytes(self) -> int:
        return self._store.bytes

    @property
    def stored_answers(self) -> int:
        return len(self._store)

    @property
    def evicted(self) -> int:
        return self._store.evicted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or not concerns(scope, headers := named(scope)):
            await self._app(scope, receive, send)
            return
        body: bytes | None = b""
        if scope["method"] == "POST":
            try:
                body = await read(receive, headers.get(b"content-length"))
            except TooLarge:
                await self._refuse(_TOO_LARGE, f"The body is larger than {AT_MOST} bytes.", scope, receive, send)
                return
        if body is None:
            return
        caller = self._scope_of(scope)
        raw, now = raw_key(scope, headers, caller, body), self._clock.monotonic()
        found = self._store.at_once(raw, now, self._version())
        if found is None:
            question = Question(scope["method"], scope["query_string"], headers, caller, body, raw)
            await self._answer(question, scope, receive, send)
            return
        answer, rendering = found
        await self._reply(answer, rendering, self._repeated(answer, now, headers), scope["method"], headers, send)

    async def _answer(self, question: Question, scope: Scope, receive: Receive, send: Send) -> None:
        """The way of a request that did not come before to the byte."""
        key = question.key()
        if key is None:
            await self._app(scope, replayed(question.body, receive), send)
            return
        if not acceptable(question.headers.get(b"accept-encoding")):
            await self._refuse(
                _NOT_ACCEPTABLE, "Accept-Encoding allows none of zstd, gzip and identity.", scope, receive, send
            )
            return
        now, version = self._clock.monotonic(), self._version()
        kept = self._store.find(key, now, version)
        if kept is not None:
            own = self._repeated(kept, now, question.headers)
            await self._reply(kept, self._rendering(kept, question), own, question.method, question.headers, send)
        elif not await self._share(key, version, question, send):
            await self._run(key, version, question, scope, receive, send)

    async def _share(self, key: Key, version: Hashable, question: Question, send: Send) -> bool:
        """Answers from a run that is under way, if there is one and if it comes to an answer for all."""
        flight = self._flights.get((key, version))
        if flight is None or flight.answer.done():
            return False
        answer = await asyncio.shield(flight.answer)
        if answer is None or not answer.is_for_all:
            return False
        self.shared += 1
        own = [_own_id(question.headers), *cost(0, self._remaining(self._clock.monotonic()))]
        await self._reply(answer, self._rendering(answer, question), own, question.method, question.headers, send)
        return True

    async def _run(
        self, key: Key, version: Hashable, question: Question, scope: Scope, receive: Receive, send: Send
    ) -> None:
        async def reply(answer: Answer) -> None:
            said = [
                header for header in answer.headers if header[0] in OF_THE_RUN
            ]  # the id is the one that the log has
            own, rendering = said or [_own_id(question.headers)], self._rendering(answer, question)
            await self._reply(answer, rendering, own, question.method, question.headers, send)

        self.misses += 1
        finish = functools.partial(self._finish, key, version)
        execution = Execution(self._app, scope, question.body, receive, send, finish)
        self._fly((key, version), execution)
        await execution.lead(reply)

    def _fly(self, place: tuple[Key, Hashable], execution: Execution) -> None:
        """Lets equal requests join, until there is an answer."""

        def land(_: object) -> None:
            if self._flights.get(place) is execution:
                del self._flights[place]

        self._flights[place] = execution
        execution.answer.add_done_callback(land)
        self._tasks.add(execution.task)
        execution.task.add_done_callback(self._tasks.discard)

    def _finish(self, key: Key, version: Hashable, said: Said) -> Answer:
        """Keeps the answer where the application allows it and nothing speaks against it."""
        answer = Answer(key, version, said.status, said.headers, said.body)
        now, until = self._clock.monotonic(), said.holds_until
        may = said.status == _OK and self._version() == version and answer.is_for_all
        if may and until is not None and until > now and self._store.fits(answer):
            answer.keep(now, until)
            self._store.keep(answer)
        return answer

    def _rendering(self, answer: Answer, question: Question) -> Rendering:
        """The answer as this client takes it; if it is kept, the same request finds it at once the next time."""
        rendering = answer.rendering(acceptable(question.headers.get(b"accept-encoding")))
        self._store.add_alias(answer, question.raw, rendering)
        return rendering

    def _repeated(self, answer: Answer, now: float, headers: Named) -> list[Header]:
        """What a kept answer says of its own each time."""
        self.hits += 1
        return [_own_id(headers), (b"age", b"%d" % answer.age(now)), *cost(0, self._remaining(now))]

    async def _reply(
        self, answer: Answer, rendering: Rendering, own: list[Header], method: str, asked: Named, send: Send
    ) -> None:
        """`own`: the headers that this response does not share with others; `asked`: those of the request."""
        status, headers, body = answer.status, rendering.headers, rendering.body
        known = asked.get(b"if-none-match")
        if known is not None and method == "GET" and rendering.matches(known):
            self.not_modified += 1
            status, headers, body = _NOT_MODIFIED, rendering.unmodified_headers, b""
        await send({"type": "http.response.start", "status": status, "headers": headers + own})
        await send({"type": "http.response.body", "body": body})

    async def _refuse(self, status: int, message: str, scope: Scope, receive: Receive, send: Send) -> None:
        self.refused += 1
        response = refusal(status, message)
        response.raw_headers.extend([_own_id(named(scope)), *cost(0, self._remaining(self._clock.monotonic()))])
        if self._is_sandbox():
            response.headers[SOURCE] = "sandbox"
        await response(scope, receive, send)


def _own_id(headers: Named) -> Header:
    wished = headers.get(_REQUEST_ID)
    return _REQUEST_ID, (new_id() if wished is None else request_id(wished.decode("latin-1"))).encode()
