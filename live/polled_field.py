"""Subscription fields that follow a query: its arguments, its answer, then what changes of it."""

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from inspect import isawaitable
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import strawberry
from strawberry.types.field import StrawberryField

from cg_client.call import count_upstream_calls
from cg_client.endpoint import Endpoint
from cg_client.quota.requester import SYSTEM
from live.cursor import AFTER, cursor_of
from live.ended_feed import refused
from live.events import Changes, NewRows
from live.feed import Feed
from live.feeds import feeds_of
from live.polled_feed import Polled, PolledFeed
from live.source import Presented, Source
from payloads.updates import Update
from resolvers.arguments import sign
from resolvers.context import Context, Info
from resolvers.results import FAILURES, problem


class Parent(NamedTuple):
    """Where the query field stands. `arguments` of the subscription name the object, and `find` looks it up.

    `find` raises UnknownName. `identity`: attributes of the object that tell it from others.
    """

    kind: type
    arguments: Sequence[inspect.Parameter]
    find: Callable[..., Awaitable[object]]
    identity: Sequence[str]


def polled(parent: Parent, name: str, description: str) -> Any:  # noqa: ANN401  # strawberry's own stub
    """Make a subscription that follows the field `name` of the parent's class."""
    followed = _field_of(parent.kind, name)
    endpoint: Endpoint = min(followed.metadata["endpoints"], key=lambda item: item.refresh)
    answer = cast("Callable[..., Any]", followed.base_resolver.wrapped_func)  # type: ignore[union-attr]  # it has one
    rest = [item for key, item in inspect.signature(answer).parameters.items() if key not in ("self", "info")]
    names = [item.name for item in parent.arguments]
    path = f"{parent.kind.__name__}.{name}"

    async def resolve(_: object, info: Info, after: str | None = None, **arguments: Any) -> Source:  # noqa: ANN401  # as the signature states
        identifiers = {key: arguments.pop(key) for key in names}

        async def ask(info: Info) -> object:
            value = answer(await parent.find(info, **identifiers), info, **arguments)
            return await value if isawaitable(value) else value

        try:
            cursor = cursor_of(after)
            parent_object = await parent.find(info, **identifiers)
        except FAILURES as error:
            return refused(info.context, error, endpoint)
        key = path, tuple(getattr(parent_object, item) for item in parent.identity), repr(sorted(arguments.items()))
        return Source(follow(info.context, key, ask, endpoint), key, whole, cursor)

    sign(resolve, [*parent.arguments, *rest, AFTER])
    cost = followed.metadata["cost"]
    return strawberry.subscription(resolver=resolve, description=description, metadata={"cost": cost})


def follow(context: Context, key: Hashable, ask: Callable[[Info], Awaitable[object]], endpoint: Endpoint) -> Feed:
    """Return the feed of what `ask` answers, in contexts of its own, at the refresh of the endpoint.

    The first answer is waited for by a client; the later ones are refreshes, which leave the reserve to queries.
    """
    new_context = partial(Context, context.client, context.symbols, "", planner=context.planner, grace=False)

    async def answer(*, is_first: bool) -> Polled:
        poll_context = new_context(requester=SYSTEM if is_first else SYSTEM.in_the_background())
        try:  # calls of the first answer count for the client that started the feed, later ones for nobody
            with contextlib.nullcontext() if is_first else count_upstream_calls():
                value = await ask(cast("Info", SimpleNamespace(context=poll_context)))  # all that they read of it
        except asyncio.CancelledError:  # nobody watches any more
            poll_context.abandon()
            raise
        except FAILURES as error:
            error.endpoint = error.endpoint or endpoint.path
            value = problem(error, poll_context.client.gate)
        return Polled(value, poll_context.validity.expires_at)

    period = endpoint.refresh.total_seconds()
    return feeds_of(context).feed(key, lambda: PolledFeed(answer, period, context.client.clock))


def whole(event: NewRows | Changes, cursor: str) -> Presented:
    """Return the update of all that changed."""
    assert isinstance(event, Changes)  # noqa: S101  # of a polled feed
    return Presented(Update(cursor=cursor, is_snapshot=event.is_snapshot, data=event.payload), 1)


def _field_of(kind: type, name: str) -> StrawberryField:
    fields: list[StrawberryField] = kind.__strawberry_definition__.fields  # type: ignore[attr-defined]  # set by strawberry
    return next(field for field in fields if field.python_name == name)
