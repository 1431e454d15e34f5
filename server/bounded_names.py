"""Bounds the labels of metrics and traces whose values clients choose."""


class BoundedNames:
    """The first names that occur, up to a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._names: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> bool:
        """Add the name while there is room; returns whether it is one of the names."""
        if name not in self._names and len(self._names) < self._limit:
            self._names.add(name)
        return name in self._names
