"""What replicas share of the cache: answers, and the right to fetch one. The first tier is the memory of each."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import msgspec

from cg_client.call import Call
from cg_client.entries import Entry
from cg_client.errors import CoinglassError
from cg_client.quota.requester import Priority


class Lease(Protocol):
    """The right to fetch a call for all replicas, which is renewed until one of these; later ones do nothing."""

    def finish(self, entry: Entry) -> None:
        """Share the answer, in the background."""

    def fail(self, failure: CoinglassError) -> None:
        """Give the failure to those who wait for the fetch."""

    def release(self) -> None:
        """Give the lease to another caller that waits for the answer."""


class RemoteFetch(Protocol):
    """A fetch by another replica, or one that this replica gave up a moment ago."""

    async def wait(self, deadline: float) -> "Lookup":
        """Return its outcome, or the lease if it is given up; raises TimeoutError at the deadline."""

    def hurry(self, priority: Priority) -> None:
        """Let the other replica know if somebody waits who is more urgent than those before."""

    def leave(self) -> None:
        """Wait no more, or do not begin to wait."""


class Lookup(msgspec.Struct, frozen=True):
    """The newest answer that is shared, and what to do if it is not fresh.

    `lease`: this replica fetches, for all. `remote`: another one does. `failure`: the fetch that was waited for has
    failed. `is_unclaimed`: nobody fetches, and the lease was not requested. Without any of these this replica fetches
    for itself.
    """

    entry: Entry | None = None
    lease: Lease | None = None
    remote: RemoteFetch | None = None
    failure: CoinglassError | None = None
    is_unclaimed: bool = False

    @property
    def was_fresh(self) -> bool:
        """Whether nothing had to be fetched when the store answered."""
        is_open = self.lease is not None or self.remote is not None or self.failure is not None or self.is_unclaimed
        return self.entry is not None and not is_open

    def drop(self) -> None:
        """Give up what came with it, unless that has ended."""
        if self.lease is not None:
            self.lease.release()
        if self.remote is not None:
            self.remote.leave()


class SecondTier(Protocol):
    """Answers, fetches and failures that replicas share."""

    def on_urgent(self, hurry: Callable[[Call, Priority], None]) -> None:
        """Call `hurry` when a more urgent caller of another replica waits for a fetch of this one.

        Its arguments are the call, and the priority of that caller.
        """

    async def look_up(
        self, call: Call, deadline: float, priority: Priority, entry: Entry | None, *, claims: bool
    ) -> Lookup:
        """Return what is shared of the call; a lease that comes with it is the caller's to end. Raises nothing.

        `entry`: what memory has, which is returned if it is the newest that is shared. `claims`: whether the caller
        needs the lease if nobody fetches.
        """

    async def survey(self, calls: Sequence[Call]) -> Collection[Call]:
        """Return those with a fresh answer, and those that another replica fetches. Raises nothing."""
