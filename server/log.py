"""Structured logs on standard error, without secrets: one JSON object a line, or readable text on a terminal."""

import logging
import sys
import time
from collections.abc import MutableMapping, Sequence
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
        started, status, facts = time.perf_counter(), 500, _label(request)
        request.is_logged = True
        try:
            response = await self._handle(request)
            status = response.status
            if response.code is not None:
                facts["code"] = response.code
            return response
        finally:
            if request.client_address != request.caller.name:
                facts["address"] = request.client_address
            self._log.info(
                "request",
                method=request.method,
                path=request.path,
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
                request_id=request.request_id,
                caller=request.caller.name,
                **facts,
            )


def _label(request: Request) -> dict[str, str]:
    label = request.headers.get(CLIENT_ID, b"").decode("latin-1")
    return {"client_id": label} if is_name(label) else {}


class LogRedaction:
    """Replaces secrets in every value of an event, whatever its type, and in texts.

    Those of the settings stay; a caller's key is added while a client uses it.
    """

    def __init__(self) -> None:
        self.lasting: Sequence[Secret] = ()
        self._callers: set[Secret] = set()
        self._texts: list[str] = []

    def configure(self, lasting: Sequence[Secret]) -> None:
        self.lasting = lasting
        self._update()

    def add(self, key: Secret) -> None:
        self._callers.add(key)
        self._update()

    def discard(self, key: Secret) -> None:
        self._callers.discard(key)
        self._update()

    def _update(self) -> None:
        texts = {secret.reveal() for secret in (*self.lasting, *self._callers) if secret}
        self._texts = sorted(texts, key=len, reverse=True)  # one secret may be part of another

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        return {name: self._clean_value(value) for name, value in event.items()} if self._texts else event

    def _clean_value(self, value: Any) -> Any:  # noqa: ANN401  # any value can be logged
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, int | float | bool | None):
            return value
        text = repr(value)
        cleaned = self.clean(text)
        return value if cleaned == text else cleaned

    def clean(self, text: str) -> str:
        for secret in self._texts:
            text = text.replace(secret, "***")
        return text


redaction = LogRedaction()  # the process has one log


class RedactedFormatter(logging.Formatter):
    """Formats what libraries log, with its traceback, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return redaction.clean(super().format(record))


def log_hit(request: Request, response: Response) -> None:
    """Log a request that the response cache answered."""
    structlog.get_logger(__name__).debug(
        "request",
        method=request.method,
        path=request.path,
        status=response.status,
        cache="hit",
        request_id=request.request_id,
        caller=request.caller.name,
        **_label(request),
    )


def configure(level: str, lasting: Sequence[Secret]) -> None:
    """Set up the log of the process. Exceptions become text before the redaction, so that it covers them."""
    redaction.configure(lasting)
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redaction,
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(default=repr),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactedFormatter("%(levelname)s:%(name)s:%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
