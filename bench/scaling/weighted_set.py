"""A set from which a member is drawn in proportion to its weight (a Fenwick tree)."""

from collections.abc import Sequence


class WeightedSet:
    """Members are numbers below the count of the weights."""

    def __init__(self, weights: Sequence[float]) -> None:
        self._weights = weights
        self._sums = [0.0] * (len(weights) + 1)
        self._members: set[int] = set()
        self._top = 1 << len(weights).bit_length() - 1

    def __len__(self) -> int:
        return len(self._members)

    @property
    def total(self) -> float:
        total, index = 0.0, len(self._weights)
        while index:
            total += self._sums[index]
            index &= index - 1
        return max(0.0, total) if self._members else 0.0

    def add(self, member: int) -> None:
        self._members.add(member)
        self._change(member, self._weights[member])

    def remove(self, member: int) -> None:
        self._members.remove(member)
        self._change(member, -self._weights[member])

    def draw(self, chance: float) -> int:
        """Return the member at that part of the total, from 0 to 1."""
        index, step, left = 0, self._top, chance * self.total
        while step:
            ahead = index + step
            if ahead < len(self._sums) and self._sums[ahead] <= left:
                index, left = ahead, left - self._sums[ahead]
            step >>= 1
        return index if index in self._members else min(self._members)  # where rounding leads beside a member

    def _change(self, member: int, weight: float) -> None:
        index = member + 1
        while index < len(self._sums):
            self._sums[index] += weight
            index += index & -index
