"""Places in JSON: which there are, what lies at them, and copies in which one of them is changed."""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

Place: TypeAlias = tuple[str | int, ...]
GONE: Final = object()  # given by a change: the member or item is removed


def at(data: Any, place: Place) -> Any:
    return functools.reduce(lambda found, step: found[step], place, data)


def changed(data: Any, place: Place, change: Callable[[Any], Any]) -> Any:
    """Return the data with the value at the place changed; shares all else with the original."""
    if not place:
        return change(data)
    step, found = place[0], data.copy()
    new = changed(data[step], place[1:], change)
    if new is GONE:
        del found[step]
    else:
        found[step] = new
    return found


def put(data: Any, place: Place, value: object) -> Any:
    return changed(data, place, lambda _: value)


def changed_at(data: Any, places: Sequence[Place], change: Callable[[Any], Any]) -> Any:
    """As `changed`, at several places; from the last on, so that removals do not move the others."""
    return functools.reduce(lambda found, place: changed(found, place, change), reversed(places), data)


def renamed(name: str, other: str) -> Callable[[Any], Any]:
    """Make a change of an object that renames a member."""
    return lambda data: {other if key == name else key: value for key, value in data.items()}


def leaves(data: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the places of all single values."""
    for step, value in members(data):
        if isinstance(value, dict | list):
            yield from leaves(value, (*place, step))
        else:
            yield (*place, step)


def containers(data: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the places of all objects and lists, except the whole."""
    for step, value in members(data):
        if isinstance(value, dict | list):
            yield (*place, step)
            yield from containers(value, (*place, step))


def members(data: Any) -> list[tuple[str | int, Any]]:
    return list(data.items() if isinstance(data, dict) else enumerate(data))


def flat(data: Any) -> dict[Place, Any]:
    """Return the single values by place; an empty object or list is one."""
    if not isinstance(data, dict | list) or not data:
        return {(): data}
    return {(step, *place): value for step, found in members(data) for place, value in flat(found).items()}
