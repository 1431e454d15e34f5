"""Fair queue of several clients: weighted round robin."""

from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Generic, TypeVar

T = TypeVar("T")

Weights = Mapping[str, int]
EQUAL: Weights = MappingProxyType({})


class RoundRobin(Generic[T]):
    """In its turn a client takes as many items as its weight says (default 1), in the order of their arrival.

    A client without items has no place in the order. A new one goes last, so that it waits for at most one turn of each
    other.
    """

    def __init__(self, weights: Weights = EQUAL) -> None:
        self._weights = weights
        self._items: OrderedDict[str, deque[T]] = OrderedDict()  # the client whose turn it is comes first
        self._left = 0  # items of the current turn
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[T]:
        """Iterate in the order in which `pop` would return the items."""
        turns, left = deque((client, iter(items)) for client, items in self._items.items()), self._left
        while turns:
            client, items = turns.popleft()
            popped = list(islice(items, left))
            yield from popped
            if len(popped) == left:
                turns.append((client, items))
            left = self._weight(turns[0][0]) if turns else 0

    def count(self, client: str) -> int:
        return len(self._items.get(client, ()))

    def push(self, client: str, item: T) -> None:
        if not self._items:
            self._left = self._weight(client)
        self._items.setdefault(client, deque()).append(item)
        self._size += 1

    def pop(self) -> T:
        client, items = next(iter(self._items.items()))
        item = items.popleft()
        self._size -= 1
        self._left -= 1
        if not items:
            self._drop(client)
        elif self._left == 0:
            self._items.move_to_end(client)
            self._begin_turn()
        return item

    def discard(self, client: str, item: T) -> None:
        """Remove the item if it is in the queue."""
        items = self._items.get(client)
        if items is None or item not in items:
            return
        items.remove(item)
        self._size -= 1
        if not items:
            self._drop(client)

    def ahead_of(self, client: str) -> int:
        """Return how many items would be popped before one more item of the client."""
        count, order = self.count(client), list(self._items)
        position = order.index(client) if count else len(order)
        turns = self._turns_before(client, count, is_first=position == 0 and count > 0)
        before = (self._count_popped(other, turns + 1) for other in order[:position])
        after = (self._count_popped(other, turns) for other in order[position + 1 :])
        return count + sum(before) + sum(after)

    def _turns_before(self, client: str, count: int, *, is_first: bool) -> int:
        """Return how many turns of the client end before one more of its items is popped."""
        weight = self._weight(client)
        return (count - self._left + weight) // weight if is_first else count // weight

    def _count_popped(self, client: str, turns: int) -> int:
        """Return how many items another client takes in its next turns."""
        first = next(iter(self._items))
        used = self._weight(client) - self._left if client == first else 0
        return min(self.count(client), max(0, turns * self._weight(client) - used))

    def _drop(self, client: str) -> None:
        had_turn = next(iter(self._items)) == client
        del self._items[client]
        if had_turn:
            self._begin_turn()

    def _begin_turn(self) -> None:
        self._left = self._weight(next(iter(self._items))) if self._items else 0

    def _weight(self, client: str) -> int:
        return self._weights.get(client, 1)
