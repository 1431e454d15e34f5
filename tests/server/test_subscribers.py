"""The registry of subscriptions by itself."""

from typing import cast

import pytest

from callers.authentication import Unauthenticated, VerificationUnavailable
from callers.caller import Caller
from server.callers import Access
from server.http import Request
from server.live import subscribers
from server.live.subscribers import Subscribers
from tests.clock import FakeClock
from tests.server.raw_asgi import http_scope


class Watching:
    """A subscriber that notes what it is told."""

    def __init__(self, registry: Subscribers, caller: str) -> None:
        self.caller, self.opening = caller, Request(http_scope())
        self.calls: list[str] = []
        self._registry = registry
        registry.reserve(caller)
        registry.add(self)

    def interrupt(self) -> None:
        self.calls.append("interrupt")
        self._registry.remove(self)

    def expire(self, reason: str) -> None:
        self.calls.append(reason)
        self._registry.remove(self)


class Verdicts:
    """Identifies by what the test has set for each opening request, until it has no more to say."""

    is_open = is_peer = False

    def __init__(self, looks: int) -> None:
        self.outcomes: dict[int, Exception] = {}
        self._looks = looks

    async def identify(self, request: Request) -> Caller:
        if not self._looks:
            raise KeyboardInterrupt  # the watch would never end
        self._looks -= 1
        if (outcome := self.outcomes.get(id(request))) is not None:
            raise outcome
        return Caller("somebody")


async def test_only_credentials_that_are_refused_end_subscriptions() -> None:
    registry = Subscribers()
    names = "valid", "refused", "unclear", "faulty"
    valid, refused, unclear, faulty = (Watching(registry, name) for name in names)
    access = Verdicts(looks=7)
    access.outcomes = {
        id(refused.opening): Unauthenticated("The token has expired."),
        id(unclear.opening): VerificationUnavailable("The issuer's keys are missing."),
        id(faulty.opening): ZeroDivisionError(),
    }
    clock = FakeClock()
    with pytest.raises(KeyboardInterrupt):
        await registry.watch(cast("Access", access), clock)
    assert refused.calls == ["The token has expired."]
    assert (valid.calls, unclear.calls, faulty.calls) == ([], [], [])
    assert len(registry) == 3
    assert set(clock.slept) == {subscribers.REVIEW_SECONDS}


async def test_an_open_server_looks_at_no_credentials() -> None:
    access = Verdicts(looks=0)
    access.is_open = True
    await Subscribers().watch(cast("Access", access), FakeClock())


def test_a_subscription_counts_from_the_reservation_to_its_end() -> None:
    registry = Subscribers(2)
    registry.reserve("a")
    watching = Watching(registry, "a")
    refused = registry.why_refused("a")
    assert refused is not None
    assert refused.extensions == {"code": "TOO_MANY_SUBSCRIPTIONS"}
    assert registry.why_refused("b") is None
    registry.release("a")
    assert registry.why_refused("a") is None
    registry.remove(watching)
    assert not registry._by_caller


def test_what_was_begun_before_the_end_and_is_added_after_it_ends_too() -> None:
    registry = Subscribers()
    before = Watching(registry, "a")
    registry.interrupt_all()
    refused = registry.why_refused("a")
    after = Watching(registry, "a")
    assert (before.calls, after.calls, len(registry)) == (["interrupt"], ["interrupt"], 0)
    assert refused is not None
    assert refused.extensions == {"code": "SERVICE_UNAVAILABLE"}
