"""Structured logs on standard error: one JSON object a line, plain text at a terminal. No secret passes."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TypeAlias

import structlog

from cg_client.secret import Secret

Event: TypeAlias = MutableMapping[str, Any]


class Redaction:
    """Replaces the key wherever it stands in an event, in whichever form it got there."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        if not self._secret:
            return event
        return {name: self._clean(value) for name, value in event.items()}

    def _clean(self, value: Any) -> Any:  # noqa: ANN401  # whatever was logged
        text = self._secret.reveal()
        if isinstance(value, str):
            return value.replace(text, "***")
        if isinstance(value, int | float | bool | None):
            return value
        return repr(value).replace(text, "***") if text in repr(value) else value


def configure(level: str, secret: Secret) -> None:
    """Set up the log of the process; exceptions are rendered before the key is looked for in them."""
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            Redaction(secret),
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(default=repr),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
