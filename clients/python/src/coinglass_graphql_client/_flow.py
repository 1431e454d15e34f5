"""Flows: what a client does, as generators that yield what to send and how long to wait.

The synchronous and the asynchronous client run the same flows; only these two functions differ.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import msgspec

from coinglass_graphql_client.errors import ClientError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """Send this operation; answered with a `Reply` or a `Failure`."""

    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """No response. `was_sent` is false if the request surely did not reach the server."""

    error: ClientError
    was_sent: bool


Effect: TypeAlias = Send | Wait
Outcome: TypeAlias = Reply | Failure | None
Flow: TypeAlias = Generator[Effect, Outcome, T]


def send(effect: Send) -> Flow[Reply | Failure]:
    """Send an operation."""
    outcome = yield effect
    if outcome is None:
        raise TypeError("a sent operation has an outcome")
    return outcome


def run(flow: Flow[T], post: Callable[[Send], Reply | Failure], sleep: Callable[[float], None]) -> T:
    """Run a flow to its end."""
    outcome: Outcome = None
    try:
        while True:
            effect = flow.send(outcome)
            if isinstance(effect, Wait):
                sleep(effect.seconds)
                outcome = None
            else:
                outcome = post(effect)
    except StopIteration as stop:
        result: T = stop.value
        return result


async def run_async(
    flow: Flow[T], post: Callable[[Send], Awaitable[Reply | Failure]], sleep: Callable[[float], Awaitable[None]]
) -> T:
    """Run a flow to its end."""
    outcome: Outcome = None
    try:
        while True:
            effect = flow.send(outcome)
            if isinstance(effect, Wait):
                await sleep(effect.seconds)
                outcome = None
            else:
                outcome = await post(effect)
    except StopIteration as stop:
        result: T = stop.value
        return result


def body_of(effect: Send) -> bytes:
    """Return the body of an operation."""
    return msgspec.json.encode(effect.body)
