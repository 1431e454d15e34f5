"""Subscription fields of CoinGlass' channels."""

import inspect
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, NamedTuple

import strawberry

from cg_client.live.channels import Channel, ChannelKind
from live.channel_events import RowOf
from live.channel_feed import ChannelFeed
from live.cursor import AFTER, cursor_of
from live.ended_feed import refused
from live.events import Changes, NewRows
from live.feeds import feeds_of
from live.source import Presented, Source
from payloads.updates import Update
from resolvers.arguments import sign
from resolvers.context import Info
from resolvers.costs import FixedCost
from resolvers.results import FAILURES


class Selected(NamedTuple):
    """A channel, and the rows of it that a subscription gets.

    `holds` is true of those rows; `key` is equal for selections of the same ones.
    """

    channel: Channel
    holds: Callable[[Any], bool]
    key: Hashable = None


def streamed(
    kind: ChannelKind,
    payload: type,
    rows: str,
    row_of: RowOf,
    arguments: Sequence[inspect.Parameter],
    select: Callable[..., Awaitable[Selected]],
) -> Any:  # noqa: ANN401  # strawberry's own stub
    """Make a subscription to a channel of this kind.

    `rows`: the list of the payload. `row_of` makes a row of an event of CoinGlass. `select` chooses the channel by the
    context and the arguments; raises InvalidRequest.
    """

    async def resolve(_: object, info: Info, after: str | None = None, **given: Any) -> Source:  # noqa: ANN401  # as the signature states
        context = info.context
        gate, clock, feeds = context.client.gate, context.client.clock, feeds_of(context)
        try:
            cursor = cursor_of(after)
            await context.client.know_plan()
            channel, holds, key = await select(context, **given)
        except FAILURES as error:
            return refused(context, error, kind.endpoint)

        def present(event: NewRows | Changes, cursor: str) -> Presented | None:
            assert isinstance(event, NewRows)  # noqa: S101  # of a channel
            passing = [row for row in event.rows if holds(row)]
            if not passing and not event.source.anomalies:
                return None
            data = payload(source=event.source, **{rows: passing})
            return Presented(Update(cursor=cursor, is_snapshot=False, data=data), len(passing))

        feed = feeds.feed(channel, lambda: ChannelFeed(feeds.socket, channel, row_of, gate, clock))
        return Source(feed, (channel, key), present, cursor)

    sign(resolve, [*arguments, AFTER])
    return strawberry.subscription(
        resolver=resolve,
        description=f"{kind.summary} Needs the plan {kind.plan.name} or above.",
        metadata={"cost": FixedCost(0)},
    )
