"""The shape of graphql-transport-ws messages, on which Strawberry relies, and of close frames."""

from typing import Final

from served_schema.persisted_queries import DOCUMENT_IDS

_MAX_REASON: Final = 123  # bytes that a close frame has room for
MAX_ID: Final = 256  # characters: the id is sent with each event
_TYPES = ("connection_init", "ping", "pong", "subscribe", "complete")


def is_message(message: object) -> bool:
    """Whether decoded JSON has the shape of a message that a client may send."""
    if not isinstance(message, dict) or message.get("type") not in _TYPES:
        return False
    id_, payload = message.get("id"), message.get("payload")
    match message["type"]:
        case "subscribe":
            return _is_id(id_) and _is_operation(payload)
        case "complete":
            return _is_id(id_)
        case _:
            return isinstance(payload, dict | None)


def _is_id(id_: object) -> bool:
    return isinstance(id_, str) and 0 < len(id_) <= MAX_ID


def _is_operation(payload: object) -> bool:
    if not isinstance(payload, dict):
        return False
    query, extensions = payload.get("query"), payload.get("extensions")
    if not isinstance(query, str | None) or not isinstance(extensions, dict | None):
        return False
    ids = [(extensions or {}).get("persistedQuery"), *(payload.get(name) for name in DOCUMENT_IDS)]
    variables, name = payload.get("variables"), payload.get("operationName")
    return bool(query or any(ids)) and isinstance(variables, dict | None) and isinstance(name, str | None)


def cut_reason(reason: str) -> str:
    """Return as much of the reason to close as fits."""
    return reason.encode()[:_MAX_REASON].decode(errors="ignore")
