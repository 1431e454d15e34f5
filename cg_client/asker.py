"""For whom a call is made, and how urgent it is: what the quota is shared out by, and no part of any answer."""

from dataclasses import dataclass, replace
from enum import IntEnum


class Priority(IntEnum):
    """The lower the figure the sooner it goes."""

    INTERACTIVE = 0  # somebody waits for it
    REFRESH = 1  # a stale answer was served meanwhile
    BACKFILL = 2  # as the caller said


@dataclass(frozen=True, slots=True)
class Asker:
    """`client` names who shares the quota with the others; it is not trusted for anything else."""

    client: str
    priority: Priority = Priority.INTERACTIVE

    def in_the_background(self) -> "Asker":
        """The same, when nobody waits for the answer any more."""
        return replace(self, priority=max(self.priority, Priority.REFRESH))


OURSELVES = Asker("")  # the server, for what all its clients need
