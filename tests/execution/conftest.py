"""An engine over the real schema, and the texts that were parsed for it."""

from typing import Any

import pytest
from graphql import parse

from execution.engine import Engine
from served_schema.limits import Limits
from tests.schemas import checked_once

ENGINE_BYTES = 100_000


@pytest.fixture
def engine() -> Engine:
    with checked_once():
        return Engine(ENGINE_BYTES, Limits(calls=10))


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts that were parsed."""
    texts: list[str] = []

    def counted(text: str, **options: Any) -> Any:
        texts.append(text)
        return parse(text, **options)

    monkeypatch.setattr("served_schema.checks.parse", counted)
    return texts
