"""Until when an operation's answer would come out the same, as long as nothing but time changes."""

import math
from typing import Any

from cg_client.call import Answer


class Validity:
    """Collects what the parts of one operation say. `until`: monotonic seconds; 0 for an answer that holds no time."""

    __slots__ = ("until",)

    def __init__(self) -> None:
        self.until = math.inf

    def rests_on(self, answer: Answer[Any]) -> None:
        """An answer from upstream; one past its time is replaced at any moment."""
        self.until = min(self.until, 0.0 if answer.stale else answer.fresh_until)

    def ends(self, at: float) -> None:
        self.until = min(self.until, at)

    def never(self) -> None:
        """For what is true of this moment alone, such as a failure or what is left of the quota."""
        self.until = 0.0
