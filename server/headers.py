"""The headers of a request by their names, which ASGI gives in lower case."""

from starlette.types import Scope


def by_name(scope: Scope) -> dict[bytes, bytes]:
    """Of one that is repeated the first."""
    return dict(reversed([*scope["headers"]]))


def text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
