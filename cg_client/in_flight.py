"""Fetches in progress, and the callers that wait for them."""

import asyncio

import msgspec

from cg_client.call import AnyAnswer, Call
from cg_client.quota.requester import Requester
from cg_client.second_tier import Lookup


class Claim(msgspec.Struct, eq=False):
    """The newest result of the second tier for a fetch, and the most urgent requester of it."""

    lookup: Lookup
    requester: Requester

    def __post_init__(self) -> None:
        self.update(self.lookup)

    def update(self, lookup: Lookup) -> None:
        """Replace the result, and tell the replica that fetches how urgent the requester is."""
        self.lookup = lookup
        if lookup.remote is not None:
            lookup.remote.hurry(self.requester.priority)

    def join(self, requester: Requester) -> None:
        """Note a later requester of the same fetch."""
        if requester.priority < self.requester.priority:
            self.requester = requester
            self.update(self.lookup)


class InFlight(msgspec.Struct, eq=False):
    """A running fetch, and the deadline of the caller that started it. Those who wait may be cancelled earlier.

    `is_background`: a refresh, which goes on if nobody waits.
    """

    call: Call
    task: asyncio.Task[AnyAnswer]
    deadline: float
    claim: Claim
    is_background: bool = False
    waiters: list[asyncio.Future[AnyAnswer]] = []

    @property
    def is_abandoned(self) -> bool:
        return not self.is_background and all(waiter.done() for waiter in self.waiters)
