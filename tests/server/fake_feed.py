"""A feed in place of the schema's, whose events the test decides on."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import pytest
from graphql import GraphQLError
from strawberry.types.execution import PreExecutionError

from resolvers.context import Context
from served_schema.live_operation import LiveOperation
from served_schema.schema import ServedSchema
from server.live.broadcasts import Broadcasts
from tests.running import LIMIT

SUBSCRIPTION = "subscription { ticks }"
REFUSED = "subscription { refused }"


def body(number: int, padding: int = 0) -> bytes:
    return b'{"data":{"tick":%d,"padding":"%s"}}' % (number, b"x" * padding)


class FakeSubscription:
    """A position in the feed. Bodies that left the ring are counted in `lost`."""

    def __init__(self, feed: "FakeFeed") -> None:
        self._feed, self._position = feed, feed.start
        self._wake: Callable[[], None] = lambda: None
        self._is_awake = False
        self.is_closed = False
        self.takes = self.lost = 0
        feed.subscriptions.add(self)

    @property
    def is_ended(self) -> bool:
        return self._feed.is_ended and self._position == self._feed.published

    def take(self) -> Sequence[bytes]:
        assert not self.is_closed, "a closed subscription is asked"
        feed, self._is_awake = self._feed, False
        self.takes += 1
        oldest = feed.published - len(feed.ring)
        self.lost += max(0, oldest - self._position)
        first = max(self._position, oldest)
        bodies = feed.ring[first - oldest :][: feed.most]
        self._position = first + len(bodies)
        return bodies

    def attach(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def notify(self) -> None:
        if not self._is_awake:
            self._is_awake = True
            self._wake()

    def close(self) -> None:
        self.is_closed = True
        self._feed.subscriptions.discard(self)
        self._feed.change()


class FakeFeed:
    """Keeps the newest `size` bodies, of which a client takes at `most` so many at once.

    Its methods but those about threads are for the server's event loop.
    """

    def __init__(self) -> None:
        self.size, self.most = 1000, 100
        self.ring: list[bytes] = []
        self.published = self.start = 0
        self.is_ended = False
        self.subscriptions: set[FakeSubscription] = set()
        self.all: list[FakeSubscription] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self._changed = threading.Condition()

    def subscribe(self) -> FakeSubscription:
        self.loop = asyncio.get_running_loop()
        subscription = FakeSubscription(self)
        self.all.append(subscription)
        self.change()
        return subscription

    def publish(self, *bodies: bytes) -> None:
        self.ring = [*self.ring, *bodies][-self.size :]
        self.published += len(bodies)
        self._notify()

    def end(self) -> None:
        self.is_ended = True
        self._notify()

    def _notify(self) -> None:
        for subscription in tuple(self.subscriptions):
            subscription.notify()

    def change(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # From another thread

    async def has(self, subscriptions: int, ever: int | None = None) -> None:
        """Wait until there are so many subscriptions, and have been so many since the start."""

        def holds() -> bool:
            return len(self.subscriptions) == subscriptions and ever in (None, len(self.all))

        def wait() -> None:
            with self._changed:
                assert self._changed.wait_for(holds, LIMIT), f"there are {len(self.subscriptions)} subscriptions"

        await asyncio.to_thread(wait)

    async def call(self, method: Callable[..., object], *args: object) -> None:
        """Call in the server's event loop, and wait until it is done."""
        assert self.loop is not None, "nobody has subscribed"

        async def run() -> None:
            method(*args)

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(), self.loop))

    async def send(self, *bodies: bytes) -> None:
        await self.call(self.publish, *bodies)

    async def finish(self) -> None:
        await self.call(self.end)


@contextlib.contextmanager
def served(feed: FakeFeed) -> Iterator[None]:
    """Let each schema answer SUBSCRIPTION from the feed, and refuse REFUSED."""

    async def is_subscription(_: ServedSchema, query: str | None, *__: object) -> bool:
        return query in (SUBSCRIPTION, REFUSED)

    async def accept(
        _: ServedSchema, query: str | None, __: object, context: Context, *___: object
    ) -> LiveOperation | PreExecutionError:
        context.record.type, context.record.name = "subscription", "Ticks"
        if query == REFUSED:
            return PreExecutionError(None, [GraphQLError("No.", extensions={"code": "BAD_USER_INPUT"})])
        return LiveOperation(cast("Any", None), None, cast("Any", None))

    async def join(*_: object) -> FakeSubscription:
        await asyncio.sleep(0)  # as a query of the first state would
        return feed.subscribe()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ServedSchema, "is_subscription", is_subscription)
        patch.setattr(ServedSchema, "accept_subscription", accept)
        patch.setattr(Broadcasts, "join", join)
        yield
