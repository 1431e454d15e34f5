"""Replaces secrets in what is logged, in values of every type."""

import json
from collections.abc import MutableMapping, Sequence
from typing import Any, TypeAlias

from cg_client.secret import Secret

Event: TypeAlias = MutableMapping[str, Any]


class LogRedaction:
    """Redacts secrets from events.

    Those of the settings are permanent; a caller's key is registered while its client exists.
    """

    def __init__(self) -> None:
        self.permanent: Sequence[Secret] = ()
        self._callers: set[Secret] = set()
        self._texts: list[str] = []

    def configure(self, permanent: Sequence[Secret]) -> None:
        self.permanent = permanent
        self._update()

    def add(self, key: Secret) -> None:
        self._callers.add(key)
        self._update()

    def discard(self, key: Secret) -> None:
        self._callers.discard(key)
        self._update()

    def _update(self) -> None:
        secrets = {secret.reveal() for secret in (*self.permanent, *self._callers) if secret}
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
