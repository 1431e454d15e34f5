"""Who an upstream call is made for, and how urgent it is. The quota is shared by this; no answer depends on it."""

from dataclasses import dataclass, replace
from enum import IntEnum


class Priority(IntEnum):
    """The lower the value, the sooner the call starts."""

    INTERACTIVE = 0  # somebody waits for it
    REFRESH = 1  # a stale answer was served meanwhile
    BACKFILL = 2  # as the caller said


@dataclass(frozen=True, slots=True)
class Requester:
    """`client` names who shares the quota with the others; it is not trusted for anything else."""

    client: str
    priority: Priority = Priority.INTERACTIVE

    def in_the_background(self) -> "Requester":
        """Return the same client at the priority of a background refresh, or lower."""
        return replace(self, priority=max(self.priority, Priority.REFRESH))


SYSTEM = Requester("")  # the server, for what all its clients need
