"""Places in JSON: which there are, what lies at them, and copies in which one of them is changed."""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

JsonPath: TypeAlias = tuple[str | int, ...]
GONE: Final = object()  # given by a change: the member or item is removed


def at(data: Any, json_path: JsonPath) -> Any:
    return functools.reduce(lambda value, step: value[step], json_path, data)


def changed(data: Any, json_path: JsonPath, change: Callable[[Any], Any]) -> Any:
    """Return the data with the value at the path changed; everything else is shared with the original."""
    if not json_path:
        return change(data)
    step, copy = json_path[0], data.copy()
    new = changed(data[step], json_path[1:], change)
    if new is GONE:
        del copy[step]
    else:
        copy[step] = new
    return copy


def put(data: Any, json_path: JsonPath, value: object) -> Any:
    return changed(data, json_path, lambda _: value)


def changed_at(data: Any, json_paths: Sequence[JsonPath], change: Callable[[Any], Any]) -> Any:
    """As `changed`, at several paths; from the last on, so that removals do not move the others."""
    return functools.reduce(lambda value, json_path: changed(value, json_path, change), reversed(json_paths), data)


def renamed(name: str, other: str) -> Callable[[Any], Any]:
    """Make a change of an object that renames a member."""
    return lambda data: {other if key == name else key: value for key, value in data.items()}


def scalar_paths(data: Any, json_path: JsonPath = ()) -> Iterator[JsonPath]:
    """Yield the paths of all single values."""
    for step, value in members(data):
        if isinstance(value, dict | list):
            yield from scalar_paths(value, (*json_path, step))
        else:
            yield (*json_path, step)


def containers(data: Any, json_path: JsonPath = ()) -> Iterator[JsonPath]:
    """Yield the paths of all objects and lists, except the root."""
    for step, value in members(data):
        if isinstance(value, dict | list):
            yield (*json_path, step)
            yield from containers(value, (*json_path, step))


def members(data: Any) -> list[tuple[str | int, Any]]:
    return list(data.items() if isinstance(data, dict) else enumerate(data))


def flat(data: Any) -> dict[JsonPath, Any]:
    """Return the single values by path; an empty object or list is one."""
    if not isinstance(data, dict | list) or not data:
        return {(): data}
    return {(step, *json_path): value for step, member in members(data) for json_path, value in flat(member).items()}
