"""Long/short ratios."""

from enum import Enum
from typing import Annotated

import strawberry

from cg_client.endpoints import futures as api
from graph_types.fields import value
from payloads.series import Points, Series, TimedRow
from resolvers.endpoint_choice import ByArgument


@strawberry.enum(description="Whose longs and shorts are compared.")
class LongShortKind(Enum):
    GLOBAL_ACCOUNTS = strawberry.enum_value("GLOBAL_ACCOUNTS", description="All accounts, each counted once.")
    TOP_ACCOUNTS = strawberry.enum_value("TOP_ACCOUNTS", description="The top traders' accounts, each counted once.")
    TOP_POSITIONS = strawberry.enum_value("TOP_POSITIONS", description="The top traders' positions, by size.")


BY_KIND = ByArgument(
    "kind",
    "Whose longs and shorts are compared.",
    {
        LongShortKind.GLOBAL_ACCOUNTS: api.long_short.GLOBAL_ACCOUNTS,
        LongShortKind.TOP_ACCOUNTS: api.long_short.TOP_ACCOUNTS,
        LongShortKind.TOP_POSITIONS: api.long_short.TOP_POSITIONS,
    },
    LongShortKind.GLOBAL_ACCOUNTS,
)


@strawberry.type(description="Long and short share at one time.")
class LongShortPoint(TimedRow):
    long_percent: Annotated[float | None, value("Share that is long, in percent.")]
    short_percent: Annotated[float | None, value("Share that is short, in percent.")]
    ratio: Annotated[float | None, value("Long divided by short.")]


@strawberry.type(description="Long and short shares over time.")
class LongShortSeries(Series, Points[LongShortPoint]): ...
