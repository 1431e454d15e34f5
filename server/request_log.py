"""Gives each request an id and logs it, as raw ASGI around the application."""

import time
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.request_id import REQUEST_ID, SOURCE, request_id

log = structlog.get_logger(__name__)


class RequestLog:
    """The id is the caller's `X-Request-ID` where that is usable, otherwise a new one; the answer carries it.

    `is_sandbox` says whether answers are to be marked as the sandbox's.
    """

    def __init__(self, app: ASGIApp, is_sandbox: Callable[[], bool]) -> None:
        self._app, self._is_sandbox = app, is_sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = request_id(Headers(scope=scope).get(REQUEST_ID))
        scope.setdefault("state", {})["request_id"] = name
        started, status = time.perf_counter(), 500

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = name
                if self._is_sandbox():
                    headers[SOURCE] = "sandbox"
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=name):
            try:
                await self._app(scope, receive, marked)
            finally:
                spent = round((time.perf_counter() - started) * 1000, 1)
                log.info("request", method=scope["method"], path=scope["path"], status=status, milliseconds=spent)
