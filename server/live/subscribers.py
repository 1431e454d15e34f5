"""All subscriptions of a process: counted by caller, ended with the server, and with their callers' credentials."""

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from graphql import GraphQLError

from callers.authentication import Unauthenticated, VerificationUnavailable
from cg_client.clock import Clock

if TYPE_CHECKING:
    from server.callers import Access
    from server.http import Request

log = structlog.get_logger(__name__)

REVIEW_SECONDS: Final = 30.0  # between two looks at the credentials of subscribers
_BLOCK: Final = 100  # subscribers that are reviewed before others get their turn


class Subscriber(Protocol):
    """A subscription on its way to a client. `caller`: the name of the one that it counts for."""

    @property
    def caller(self) -> str: ...

    @property
    def opening(self) -> "Request":
        """The request that began it, with the credentials."""

    def interrupt(self) -> None:
        """End since the server ends, in a way in which clients subscribe again."""

    def expire(self, reason: str) -> None:
        """End since the credentials are no longer valid."""


class Subscribers:
    """`limit`: most subscriptions of a caller."""

    def __init__(self, limit: int = 100) -> None:
        self._limit = limit
        self._open: set[Subscriber] = set()
        self._by_caller: Counter[str] = Counter()
        self._is_ending = False

    def __len__(self) -> int:
        return len(self._open)

    def why_refused(self, caller: str) -> GraphQLError | None:
        """Return why the caller may not subscribe, if so."""
        if self._is_ending:
            text = "The server is shutting down: connect again, to another instance, and subscribe there."
            return GraphQLError(text, extensions={"code": "SERVICE_UNAVAILABLE"})
        if self._by_caller[caller] >= self._limit:
            text = (
                f"The caller has {self._limit} subscriptions, its limit. End some, select several fields of one stream "
                "in one subscription, or let the operator raise COINGLASS_MAX_SUBSCRIPTIONS."
            )
            return GraphQLError(text, extensions={"code": "TOO_MANY_SUBSCRIPTIONS"})
        return None

    def reserve(self, caller: str) -> None:
        """Count a subscription that is being begun, to be added or released."""
        self._by_caller[caller] += 1

    def release(self, caller: str) -> None:
        self._by_caller[caller] -= 1
        if not self._by_caller[caller]:
            del self._by_caller[caller]

    def add(self, subscriber: Subscriber) -> None:
        """Add a subscription that is counted already."""
        self._open.add(subscriber)
        if self._is_ending:  # since it was begun
            subscriber.interrupt()

    def remove(self, subscriber: Subscriber) -> None:
        self._open.remove(subscriber)
        self.release(subscriber.caller)

    def interrupt_all(self) -> None:
        """End all, and refuse new ones: the server ends."""
        self._is_ending = True
        if self._open:
            log.info("subscriptions are ended", count=len(self._open))
        for subscriber in tuple(self._open):
            subscriber.interrupt()

    async def watch(self, access: "Access", clock: Clock) -> None:
        """Review the credentials for as long as the server runs."""
        while not access.is_open:
            await clock.sleep(REVIEW_SECONDS)
            await self._review(access)

    async def _review(self, access: "Access") -> None:
        """End the subscriptions whose credentials are no longer valid; those that cannot be verified now go on."""
        for index, subscriber in enumerate(tuple(self._open)):
            if index % _BLOCK == _BLOCK - 1:
                await asyncio.sleep(0)
            try:
                await access.identify(subscriber.opening)
            except Unauthenticated as error:
                if subscriber in self._open:
                    subscriber.expire(str(error))
            except VerificationUnavailable:
                continue
            except Exception:
                log.exception("the credentials of a subscriber could not be reviewed")
