"""Structured logs on standard error, without secrets: one JSON object a line, or readable text on a terminal."""

import atexit
import json
import logging
import sys
import threading
from collections.abc import MutableMapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TypeAlias

import orjson
import structlog
from structlog.typing import Processor

from cg_client.secret import Secret
from server.log_stream import LogStream

Event: TypeAlias = MutableMapping[str, Any]

log = structlog.get_logger(__name__)


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
        secrets = {secret.reveal() for secret in (*self.lasting, *self._callers) if secret}
        texts = secrets | {json.dumps(text, ensure_ascii=False)[1:-1] for text in secrets}  # as a line quotes them
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


class FrequentEvents:
    """Logs what occurs for each request: past structlog, whose processors take ten times as long.

    `stream` is None until `configure` has set up JSON, and on a terminal: then structlog logs them too.
    """

    def __init__(self) -> None:
        self.stream: LogStream | None = None
        self.is_enabled = True

    def info(self, event: str, facts: dict[str, Any]) -> None:
        if self.stream is None:
            log.info(event, **facts)
        elif self.is_enabled:
            line = {"timestamp": datetime.now(UTC), "level": "info", "event": event, **facts}
            text = orjson.dumps(line, default=repr, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE).decode()
            self.stream.write_later(redaction.clean(text))


frequent = FrequentEvents()


def configure(level: str, lasting: Sequence[Secret]) -> None:
    """Set up the log of the process. Exceptions become text before the redaction, so that it covers them."""
    redaction.configure(lasting)
    terminal, stream, threshold = sys.stderr.isatty(), LogStream(), logging.getLevelNamesMapping()[level.upper()]
    render: Processor = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(default=repr)
    prepare: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*prepare, redaction, render],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(stream),  # type: ignore[arg-type]  # it writes and flushes, no more
        cache_logger_on_first_use=False,
    )
    frequent.stream, frequent.is_enabled = None if terminal else stream, threshold <= logging.INFO
    _redirect_libraries(stream, prepare, render)
    _redirect_exceptions()
    atexit.register(stream.flush)


def _redirect_libraries(stream: LogStream, prepare: list[Processor], render: Processor) -> None:
    """Write what libraries log, and warnings, in the same format."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *prepare],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redaction, render],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


def _redirect_exceptions() -> None:
    """Log exceptions that nothing handles, with their traceback in the line."""

    def uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, Exception):
            log.critical("uncaught exception", exc_info=(kind, error, traceback))
        else:
            sys.__excepthook__(kind, error, traceback)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log.critical("uncaught exception", exc_info=args.exc_value, thread=getattr(args.thread, "name", None))

    def unraisable(args: "sys.UnraisableHookArgs") -> None:
        log.error("unraisable exception", exc_info=args.exc_value, object=repr(args.object), message=args.err_msg)

    sys.excepthook, threading.excepthook, sys.unraisablehook = uncaught, in_thread, unraisable
