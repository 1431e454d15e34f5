"""What a client has of a series or a list after changes, and of a channel after updates."""

from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

import msgspec

from coinglass_graphql_client._tables import parts_of

T = TypeVar("T", bound=msgspec.Struct)

_KEYS = (("timestamp",), ("exchange", "symbol"), ("symbol",), ("ticker",), ("exchange",))  # what tells rows apart


def with_changes(payload: T, changes: T) -> T:
    """Return the payload with the rows that are new or have changed; those with a time in the order of time.

    Changes state `count`, `from`, `to` and `latest` of their own rows; they become those of all rows.
    """
    merged: dict[str, Any] = {}
    for name in parts_of(changes):
        before, changed = getattr(payload, name), getattr(changes, name)
        merged[name] = _columns(before, changed) if name == "columns" else _rows(before or [], changed or [])
    fields = {info.name for info in msgspec.structs.fields(changes)}
    if "count" in fields and "columns" in merged:
        merged["count"] = len(merged["columns"].timestamp)
    for name, choose in (("from_", min), ("to", max)):
        if name in fields:
            times = [time for time in (getattr(payload, name), getattr(changes, name)) if time is not None]
            merged[name] = choose(times) if times else None
    if "latest" in fields:
        rows = [row for row in (payload.latest, changes.latest) if row is not None]  # type: ignore[attr-defined]  # it has
        merged["latest"] = max(rows, key=lambda row: row.timestamp) if rows else None
    return msgspec.structs.replace(changes, **merged)


def with_events(payload: T | None, events: T, keep: int) -> T:
    """Return the newest rows of both, the oldest first."""
    merged = {
        name: [*(getattr(payload, name) if payload else []), *getattr(events, name)][-keep:]
        for name in parts_of(events)
    }
    return msgspec.structs.replace(events, **merged)


def _columns(before: Any, changes: Any) -> Any:
    times = [*before.timestamp, *changes.timestamp]
    newest = {time: index for index, time in enumerate(times)}  # of equal times the last one
    order = [newest[time] for time in sorted(newest)]
    merged = {}
    for info in msgspec.structs.fields(changes):
        values = [*getattr(before, info.name), *getattr(changes, info.name)]
        merged[info.name] = [values[index] for index in order]
    return type(changes)(**merged)


def _rows(before: Sequence[Any], changes: Sequence[Any]) -> list[Any]:
    if not before or not changes:
        return [*before, *changes]
    names = changes[0].__struct_fields__
    key = next((key for key in _KEYS if set(key) <= set(names)), None)
    if key is None:
        raise TypeError(f"rows of {type(changes[0]).__name__} have nothing that tells them apart")
    rows: dict[Hashable, Any] = {}
    for row in (*before, *changes):
        rows[tuple(getattr(row, name) for name in key)] = row
    merged = list(rows.values())
    return sorted(merged, key=lambda row: row.timestamp) if key == ("timestamp",) else merged
