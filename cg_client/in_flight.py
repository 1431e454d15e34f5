"""Fetches that the cache has begun, and who waits for them."""

import asyncio

import msgspec

from cg_client.call import AnyAnswer, Call
from cg_client.quota.requester import Requester
from cg_client.second_tier import Lookup


class Claim(msgspec.Struct, eq=False):
    """What the second tier last said of a fetch, and for whom this replica fetches if it has to."""

    lookup: Lookup
    requester: Requester

    def join(self, requester: Requester) -> None:
        remote = self.lookup.remote
        is_open = remote is not None or self.lookup.is_unclaimed
        if is_open and requester.priority < self.requester.priority:
            self.requester = requester
            if remote is not None:
                remote.hurry(requester.priority)


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
