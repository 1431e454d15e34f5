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
    plan: Annotated[Plan | None, value("Plan.")]
    expires: Annotated[datetime | None, sparse("End of the subscription.")]
    expired: Annotated[bool | None, sparse("Whether it has lapsed.")]


@strawberry.type(
    description="Requests a minute, as this process knows them: its own, and by CoinGlass' headers those of others. "
    "Where several workers serve, each may send an equal share of what the key may, and the figures are those of the "
    "worker that answers."
)
class UpstreamQuota:
    limit: int = strawberry.field(
        description="Requests a minute that this process lets itself send: by CoinGlass' headers or by the plan, and "
        "while neither is known no more than the least plan has."
    )
    used: int = strawberry.field(description="Requests that count at present.")
    remaining: int = strawberry.field(description="Requests that could start now.")
    resets_at: datetime | None = strawberry.field(
        description="When nothing counts any more if nothing is sent until then; null when nothing counts now."
    )

    @classmethod
    def of(cls, client: Fetcher) -> Self:
        usage = client.quota
        resets = None if usage.resets_in is None else client.clock.now() + timedelta(seconds=usage.resets_in)
        return cls(limit=usage.limit, used=usage.used, remaining=usage.remaining, resets_at=resets)
