"""What the fetches of one operation share, and until when its answer would come out the same."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cg_client.call import Answer, CacheStatus, Call
from cg_client.fetcher import Fetcher
from cg_client.quota.requester import Requester


class Validity:
    """Collects from the parts of one operation until when its answer holds, while nothing but time changes.

    `expires_at`: monotonic seconds; 0 for an answer that holds no time.
    """

    __slots__ = ("expires_at",)

    def __init__(self) -> None:
        self.expires_at = math.inf

    def depend_on(self, answer: Answer[Any]) -> None:
        """Depend on an answer from upstream; a stale one may be replaced at any moment."""
        self.expires_at = min(self.expires_at, 0.0 if answer.stale else answer.fresh_until)

    def expire_at(self, at: float) -> None:
        self.expires_at = min(self.expires_at, at)

    def mark_uncacheable(self) -> None:
        """For what is true of this moment alone, such as a failure or what is left of the quota."""
        self.expires_at = 0.0


@dataclass(frozen=True, slots=True)
class Operation:
    """What it waits for ends by `deadline`, in monotonic seconds. The plan has to be settled."""

    client: Fetcher
    deadline: float
    validity: Validity
    requester: Requester

    def get(self, call: Call) -> asyncio.Future[Answer[Any]]:
        return self.client.get(call, self.deadline, self.requester)

    def get_fresh(self, call: Call) -> Answer[Any] | None:
        """Return the answer, if it is kept and fresh, of a call that the gate let through."""
        status, entry = self.client.peek(call)
        return None if entry is None or status is not CacheStatus.HIT else entry.answer

    async def answers(self, started: Sequence[asyncio.Future[Answer[Any]]]) -> list[Answer[Any]]:
        """Return the answers, on which the operation then depends; raises the first failure when all have ended."""
        answers, failure = [], None
        for future in started:
            try:
                answers.append(await future)
            except Exception as error:  # noqa: BLE001  # whatever it is, no failure is left that nobody looked at
                failure = failure or error
        if failure is not None:
            raise failure
        for answer in answers:
            self.validity.depend_on(answer)
        return answers
