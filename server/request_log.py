"""Gives each request an id and logs it, as raw ASGI around the application."""

import time
from collections.abc import Callable, Iterator

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.headers import by_name, text
from server.request_id import REQUEST_ID, SOURCE, request_id

_REQUEST_ID, _SOURCE = REQUEST_ID.encode(), SOURCE.encode()


class RequestLog:
    """The id is the caller's `X-Request-ID` where that is usable, otherwise a new one; the answer carries it.

    `is_sandbox` says whether answers are to be marked as the sandbox's.
    """

    def __init__(self, app: ASGIApp, is_sandbox: Callable[[], bool]) -> None:
        self._app, self._is_sandbox = app, is_sandbox
        self._log = structlog.get_logger(__name__).bind()  # once: it is configured by now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = request_id(text(by_name(scope).get(_REQUEST_ID)))
        scope.setdefault("state", {})["request_id"] = name
        started, status = time.perf_counter(), 500

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._own(name)]
            await send(message)

        try:
            await self._app(scope, receive, marked)
        finally:
            spent = round((time.perf_counter() - started) * 1000, 1)
            self._log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                milliseconds=spent,
                request_id=name,
            )

    def _own(self, name: str) -> Iterator[tuple[bytes, bytes]]:
        yield _REQUEST_ID, name.encode()
        if self._is_sandbox():
            yield _SOURCE, b"sandbox"
