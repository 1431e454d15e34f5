"""What clients request: series whose popularity is a zipf distribution, with the lifetimes of the catalogue."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cg_client.catalogue import CATALOGUE
from cg_client.entries import MAX_GRACE

SEED = 19


@dataclass(frozen=True)
class Demand:
    """`requests`: of all clients, a second. The rank of a series is its number plus one; each has `rows` rows."""

    requests: float
    series: int
    exponent: float = 1.0

    @cached_property
    def rates(self) -> Sequence[float]:
        """Requests a second for each series."""
        weights = [(rank + 1) ** -self.exponent for rank in range(self.series)]
        total = math.fsum(weights)
        return [self.requests * weight / total for weight in weights]

    @cached_property
    def lifetimes(self) -> Sequence[float]:
        """Seconds for which an answer is fresh, for each series: that of an endpoint, drawn from all of them."""
        chance = random.Random(SEED)  # noqa: S311  # keeps no secret
        endpoints = [endpoint.refresh.total_seconds() for endpoint in CATALOGUE.values()]
        return [chance.choice(endpoints) for _ in range(self.series)]

    def grace(self, series: int) -> float:
        """Return for how many seconds after its lifetime an answer is served while it is refreshed."""
        return min(self.lifetimes[series], MAX_GRACE)

    def seconds_in_memory(self, entries: int, replicas: int) -> float:
        """Return after how many seconds without a request a replica evicts a series; infinite if all have room.

        The characteristic time of an LRU cache (Che, Tung and Wang): in it, as many series are requested as there is
        room for.
        """
        if entries >= self.series:
            return math.inf
        low, high = 0.0, 1.0
        while self._requested_within(high) < entries:
            high *= 2
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if self._requested_within(middle) < entries else (low, middle)
        return high * replicas

    def _requested_within(self, seconds: float) -> float:
        return math.fsum(-math.expm1(-rate * seconds) for rate in self.rates)
