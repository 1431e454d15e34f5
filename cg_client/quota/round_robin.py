"""Waiting clients by turns: weighted round robin."""

from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Generic, TypeVar

T = TypeVar("T")

Weights = Mapping[str, int]
EQUAL: Weights = MappingProxyType({})


class RoundRobin(Generic[T]):
    """In its turn a client has as many items taken as its weight says, 1 unless given; its own go in their order.

    Only clients with items are known. One that comes goes behind all who are there, so that it waits for at most one
    turn of each.
    """

    def __init__(self, weights: Weights = EQUAL) -> None:
        self._weights = weights
        self._items: OrderedDict[str, deque[T]] = OrderedDict()  # the client whose turn it is stands first
        self._left = 0  # items of the present turn
        self.size = 0  # as len() says, for those who ask at each call

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[T]:
        """In the order in which they would be taken."""
        turns, left = deque((client, iter(items)) for client, items in self._items.items()), self._left
        while turns:
            client, items = turns.popleft()
            taken = list(islice(items, left))
            yield from taken
            if len(taken) == left:
                turns.append((client, items))
            left = self._weight(turns[0][0]) if turns else 0

    def count(self, client: str) -> int:
        return len(self._items.get(client, ()))

    def push(self, client: str, item: T) -> None:
        if not self._items:
            self._left = self._weight(client)
        self._items.setdefault(client, deque()).append(item)
        self.size += 1

    def pop(self) -> T:
        client, items = next(iter(self._items.items()))
        item = items.popleft()
        self.size -= 1
        self._left -= 1
        if not items:
            self._drop(client)
        elif self._left == 0:
            self._items.move_to_end(client)
            self._begin_turn()
        return item

    def discard(self, client: str, item: T) -> None:
        """Take the item out, if it is there, wherever it stands."""
        items = self._items.get(client)
        if items is None or item not in items:
            return
        items.remove(item)
        self.size -= 1
        if not items:
            self._drop(client)

    def ahead_of(self, client: str) -> int:
        """How many would be taken before one more item of the client."""
        own, order = self.count(client), list(self._items)
        place = order.index(client) if own else len(order)
        turns = self._turns_before(client, own, is_first=place == 0 and own > 0)
        before = (self._taken(other, turns + 1) for other in order[:place])
        after = (self._taken(other, turns) for other in order[place + 1 :])
        return own + sum(before) + sum(after)

    def _turns_before(self, client: str, own: int, *, is_first: bool) -> int:
        """Count the turns of the client that end before one more of its items is taken."""
        weight = self._weight(client)
        return (own - self._left + weight) // weight if is_first else own // weight

    def _taken(self, client: str, turns: int) -> int:
        """Items of another client in its next turns."""
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
