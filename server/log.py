"""Structured logs on standard error, without secrets: one JSON object a line, or readable text on a terminal."""

import atexit
import logging
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import orjson
import structlog
from structlog.typing import Processor

from cg_client.secret import Secret
from server.log_redaction import redaction
from server.log_stream import LogStream

log = structlog.get_logger(__name__)


class RequestLines:
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


request_lines = RequestLines()


def configure(level: str, permanent: Sequence[Secret]) -> None:
    """Set up the log of the process. Exceptions become text before the redaction, so that it covers them."""
    redaction.configure(permanent)
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
        logger_factory=structlog.WriteLoggerFactory(stream),  # type: ignore[arg-type]  # it writes a line at once, and flushes
        cache_logger_on_first_use=False,
    )
    request_lines.stream, request_lines.is_enabled = None if terminal else stream, threshold <= logging.INFO
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
