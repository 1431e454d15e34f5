"""What the settings need of the variables of OpenTelemetry, whose SDK reads the rest."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

from cg_client.secret import Secret

INSTALL: Final = "pip install 'coinglass-graphql[otel]'"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_HEADERS = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
_MIN_SECRET = 4  # characters: a shorter one is a word of other lines


@dataclass(frozen=True)
class Collector:
    """`is_set`: an endpoint is, and nothing turns traces off. `secrets`: what the log must not show."""

    is_set: bool = False
    is_installed: bool = False
    secrets: tuple[Secret, ...] = field(default=(), repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Collector":
        is_off = env.get("OTEL_SDK_DISABLED", "").lower() == "true" or env.get("OTEL_TRACES_EXPORTER") == "none"
        is_set = not is_off and any(env.get(name) for name in _ENDPOINTS)
        return cls(is_set, _is_installed(), tuple(map(Secret, _secrets(env))))

    @property
    def is_usable(self) -> bool:
        return self.is_set and self.is_installed


NO_COLLECTOR: Final = Collector()


def _is_installed() -> bool:
    try:
        return importlib.util.find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def _secrets(env: Mapping[str, str]) -> set[str]:
    """Return the passwords of the endpoints and the values of the headers, as written and as sent."""
    texts = [urlsplit(env.get(name, "")).password or "" for name in _ENDPOINTS]
    for name in _HEADERS:
        texts += [header.partition("=")[2].strip() for header in env.get(name, "").split(",")]
    words = {word for text in texts for word in (text, unquote(text), unquote(text).rpartition(" ")[2])}
    return {word for word in words if len(word) >= _MIN_SECRET}
