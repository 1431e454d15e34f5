"""The server's key: its plan, and what is left of its quota."""

from datetime import datetime, timedelta
from typing import Annotated, Self

import strawberry

from cg_client.fetcher import Fetcher
from cg_client.plans.plan_table import Plan
from graph_types.fields import sparse, value
from payloads.source import Sourced


@strawberry.type(description="The subscription of the server's CoinGlass key.")
class CoinglassAccount(Sourced):
    plan: Annotated[Plan | None, value("Plan of the subscription.")]
    expires: Annotated[datetime | None, sparse("End of the subscription.")]
    expired: Annotated[bool | None, sparse("Whether the subscription has ended.")]


@strawberry.type(
    description="Requests to CoinGlass in the current minute, and by CoinGlass' headers those of others with the same "
    "key. Servers and workers that share a store state the figures of all of them, a second old at most; one that "
    "cannot use the store states those of its own part of the quota, and so does each of several workers without a "
    "store."
)
class UpstreamQuota:
    limit: int = strawberry.field(
        description="Requests that may be sent in a minute, by CoinGlass' headers or by the plan; while neither is "
        "known, those of the smallest plan. 0 if this server has no part of the quota yet, and can send none."
    )
    used: int = strawberry.field(description="Requests that count against `limit` now.")
    remaining: int = strawberry.field(description="Requests that could still start now.")
    resets_at: datetime | None = strawberry.field(
        description="When the whole `limit` is free again if nothing more is sent; null if it is free now."
    )

    @classmethod
    def of(cls, client: Fetcher) -> Self:
        usage = client.quota
        resets = None if usage.resets_in is None else client.clock.now() + timedelta(seconds=usage.resets_in)
        return cls(limit=usage.limit, used=usage.used, remaining=usage.remaining, resets_at=resets)
