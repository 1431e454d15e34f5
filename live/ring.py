"""The newest items of a numbered stream."""

import itertools
from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Ring(Generic[T]):
    """Items at the positions `first` to `last`, of which the first one ever has position 1.

    Beyond the limit, in units of `weight`, the oldest are dropped; the newest item is kept whatever it weighs.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._items: deque[tuple[T, int]] = deque()
        self.first, self.last = 1, 0
        self.weight = 0

    def append(self, item: T, weight: int = 1) -> int:
        """Return the position of the item."""
        self._items.append((item, weight))
        self.last += 1
        self.weight += weight
        while self.weight > self.limit and len(self._items) > 1:
            self._drop()
        return self.last

    def holds(self, position: int) -> bool:
        """Whether everything after the position is there."""
        return self.first - 1 <= position <= self.last

    def after(self, position: int) -> Sequence[T]:
        """Return the items after a position that the ring holds."""
        newest = itertools.islice(reversed(self._items), self.last - position)  # as a rule these are few
        return [item for item, _ in newest][::-1]

    def forget(self, position: int) -> None:
        """Drop the items up to a position, but for the newest item."""
        while self.first <= position and len(self._items) > 1:
            self._drop()

    def _drop(self) -> None:
        self.weight -= self._items.popleft()[1]
        self.first += 1
