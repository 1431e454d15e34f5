"""The requester of an upstream call and its priority, by which the quota is shared; no answer depends on it."""

import math
from dataclasses import dataclass, replace
from enum import IntEnum


class Priority(IntEnum):
    """A lower value starts sooner."""

    INTERACTIVE = 0  # a caller waits for it
    REFRESH = 1  # a stale answer was served already
    BACKFILL = 2  # low priority at the request of the caller
    EXCESS = 3  # beyond the client's share of the quota, while others are active


@dataclass(frozen=True, slots=True)
class Requester:
    """`client` names one of those that share the quota; it is not trusted for anything else.

    `patience`: for how many seconds its calls may wait for the quota.
    """

    client: str
    priority: Priority = Priority.INTERACTIVE
    patience: float = math.inf

    def in_the_background(self) -> "Requester":
        """Return the same client at the priority of a background refresh, or lower."""
        return replace(self, priority=max(self.priority, Priority.REFRESH))


SYSTEM = Requester("")  # the server, on behalf of all clients
