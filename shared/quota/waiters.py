"""Calls that wait for the common quota, by client and priority."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from cg_client.call import Call
from cg_client.quota.admission import Admission
from cg_client.quota.requester import Priority, Requester
from cg_client.quota.round_robin import Weights
from shared.quota.ledger import DigestOf
from shared.quota.messages import Digest, Waiting

Group: TypeAlias = tuple[Digest, int]


class ContactChanged(Exception):
    """The call waits elsewhere from now on: in the common queue, or in that of this replica."""


@dataclass(eq=False, slots=True)
class SharedWaiter:
    """A call that waits `since` a time, in monotonic seconds."""

    call: Call
    deadline: float
    requester: Requester
    since: float
    admitted: asyncio.Future[Admission] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class SharedWaiters:
    """In each group the call that has waited longest comes first."""

    def __init__(self, weights: Weights, digest: DigestOf) -> None:
        self._weights, self._digest = weights, digest
        self._groups: dict[Group, deque[SharedWaiter]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def __iter__(self) -> Iterator[SharedWaiter]:
        return (waiter for group in self._groups.values() for waiter in group)

    def count(self, priority: Priority) -> int:
        return sum(len(waiters) for (_, other), waiters in self._groups.items() if other == priority)

    def count_of(self, client: str) -> int:
        name = self._digest(client)
        return sum(len(waiters) for (other, _), waiters in self._groups.items() if other == name)

    def group_of(self, requester: Requester) -> Group:
        return self._digest(requester.client), requester.priority

    def group(self, client: Digest, priority: int) -> list[SharedWaiter]:
        return list(self._groups.get((client, priority), ()))

    def push(self, waiter: SharedWaiter) -> None:
        waiters = self._groups.setdefault(self.group_of(waiter.requester), deque())
        at = len(waiters)
        while at and waiters[at - 1].since > waiter.since:  # one that has waited before elsewhere
            at -= 1
        waiters.insert(at, waiter)

    def discard(self, waiter: SharedWaiter) -> bool:
        """Remove the waiter; return whether it waited."""
        group = self.group_of(waiter.requester)
        waiters = self._groups.get(group)
        if waiters is None or waiter not in waiters:
            return False
        waiters.remove(waiter)
        if not waiters:
            del self._groups[group]
        return True

    def find(self, call: Call, priority: Priority) -> SharedWaiter | None:
        """Return the waiter for a call whose requester is less urgent than that, if there is one."""
        return next((item for item in self if item.call == call and item.requester.priority > priority), None)

    def evict(self, reason: Exception) -> None:
        """Let all of them raise the reason."""
        waiters = sorted(self, key=lambda item: item.since)
        self._groups.clear()
        for waiter in waiters:
            if not waiter.admitted.done():
                waiter.admitted.set_exception(reason)

    def report(self, now: float) -> list[Waiting]:
        return [
            Waiting(
                client,
                priority,
                self._weights.get(waiters[0].requester.client, 1),
                len(waiters),
                now - waiters[0].since,
                now - waiters[-1].since,
            )
            for (client, priority), waiters in self._groups.items()
        ]
