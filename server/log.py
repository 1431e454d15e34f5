"""Structured logs on standard error, without secrets: one JSON object a line, or readable text on a terminal."""

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any, TypeAlias

import structlog

from cg_client.secret import Secret
from server.http import CLIENT_ID, Handler, Request, Response, is_name

Event: TypeAlias = MutableMapping[str, Any]


class RequestLog:
    """Logs each request that the response cache did not answer."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._log = structlog.get_logger(__name__).bind()  # once: logging is configured by now

    async def __call__(self, request: Request) -> Response:
        started, status = time.perf_counter(), 500
        try:
            response = await self._handle(request)
            status = response.status
            return response
        finally:
            self._log.info(
                "request",
                method=request.method,
                path=request.path,
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
                request_id=request.request_id,
                caller=request.caller.name,
                **_label(request),
            )


def _label(request: Request) -> dict[str, str]:
    label = request.headers.get(CLIENT_ID, b"").decode("latin-1")
    return {"client_id": label} if is_name(label) else {}


class LogRedaction:
    """Replaces the key in every value of an event, whatever its type."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        if not self._secret:
            return event
        return {name: self._clean(value) for name, value in event.items()}

    def _clean(self, value: Any) -> Any:  # noqa: ANN401  # any value can be logged
        text = self._secret.reveal()
        if isinstance(value, str):
            return value.replace(text, "***")
        if isinstance(value, int | float | bool | None):
            return value
        return repr(value).replace(text, "***") if text in repr(value) else value


def configure(level: str, secret: Secret) -> None:
    """Set up the log of the process. Exceptions become text before the redaction, so that it covers them."""
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            LogRedaction(secret),
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(default=repr),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
