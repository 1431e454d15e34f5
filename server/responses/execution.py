"""One run of the application, whose answer is caught to be kept, shared and encoded."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.body import replayed
from server.responses.answer import Answer, Header


class Said(NamedTuple):
    """A whole response, and until when it holds, in monotonic seconds; None where it must not be kept."""

    status: int
    headers: list[Header]
    body: bytes
    holds_until: float | None


class Execution:
    """`answer` is there as soon as the application has said it, or None: it raised, said nothing, or streams.

    The run is a task of its own, so that it goes on for others when its first caller leaves; it does not see him leave
    either. A stream is for the first caller alone: it goes to him as it comes, and ends with him.
    """

    def __init__(
        self, app: ASGIApp, scope: Scope, body: bytes, receive: Receive, send: Send, finish: Callable[[Said], Answer]
    ) -> None:
        self._state: dict[str, Any] = {**scope.get("state", {})}
        self._app, self._scope = app, {**scope, "state": self._state}
        self._client_send, self._finish = send, finish
        self._receive: Receive | None = replayed(body, self._after_the_body(receive))
        self._start: Message | None = None
        self._holds_until: float | None = None
        self._streams = asyncio.Event()
        self._is_left = False
        self.answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self._run())

    async def lead(self, reply: Callable[[Answer], Awaitable[None]]) -> None:
        """Serves the first caller: with the answer, or with the stream. Raises what the application raises."""
        try:
            answer = await asyncio.shield(self.answer)
            if answer is not None:
                await reply(answer)
            await asyncio.shield(self.task)
        except asyncio.CancelledError:
            self._is_left = True
            if self._streams.is_set():
                self.task.cancel()
            raise

    async def _run(self) -> None:
        receive, self._receive = self._receive, None  # which refers to this: the answer must not wait for the collector
        assert receive is not None  # noqa: S101  # it runs once
        try:
            await self._app(self._scope, receive, self._send)
        finally:
            self._settle(None)

    def _settle(self, answer: Answer | None) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def _after_the_body(self, receive: Receive) -> Receive:
        async def only_when_streaming() -> Message:
            await self._streams.wait()
            return await receive()

        return only_when_streaming

    async def _send(self, message: Message) -> None:
        if self._streams.is_set():
            await self._client_send(message)
        elif self.answer.done():
            raise RuntimeError(f"{message['type']} after the end of the response")
        elif message["type"] == "http.response.start":
            self._start, self._holds_until = message, self._state.get("holds_until")
        elif self._start is not None and message["type"] == "http.response.body" and not message.get("more_body"):
            headers = list(self._start.get("headers", ()))
            self._settle(
                self._finish(Said(self._start["status"], headers, message.get("body", b""), self._holds_until))
            )
        else:
            await self._stream(message)

    async def _stream(self, message: Message) -> None:
        if self._is_left:
            raise asyncio.CancelledError
        self._streams.set()
        self._settle(None)
        if self._start is not None:
            await self._client_send(self._start)
        await self._client_send(message)
