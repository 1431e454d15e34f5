"""Long/short ratios, and how net longs and net shorts change."""

from enum import Enum
from typing import Annotated, Self

import strawberry

from cg_client.endpoints import futures as api
from graph_types.fields import sparse, value
from payloads.series import Bars, Points, Series, ServedWindow, TimedRow
from resolvers.endpoint_choice import ByArgument
from resolvers.running_sum import count_from_first


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


@strawberry.type(description="Shares of longs and shorts at one time.")
class LongShortPoint(TimedRow):
    long_percent: Annotated[float | None, value("Share that is long, in percent.")]
    short_percent: Annotated[float | None, value("Share that is short, in percent.")]
    ratio: Annotated[float | None, value("Long/short ratio: the long share divided by the short share.")]


@strawberry.type(description="Shares of longs and shorts over time.")
class LongShortSeries(Series, Points[LongShortPoint]): ...


@strawberry.enum(description="CoinGlass' ways to calculate net positions. How they differ, it does not document.")
class NetPositionVersion(Enum):
    V1 = strawberry.enum_value(
        "V1",
        description="CoinGlass' first calculation, for Binance, OKX, Bybit and Hyperliquid, at intervals up to D1.",
    )
    V2 = strawberry.enum_value("V2", description="CoinGlass' second calculation, for Binance.")


BY_VERSION = ByArgument(
    "version",
    "Which of CoinGlass' calculations.",
    {
        NetPositionVersion.V1: api.long_short.NET_POSITION_HISTORY,
        NetPositionVersion.V2: api.long_short.V2_NET_POSITION_HISTORY,
    },
    NetPositionVersion.V2,
)


@strawberry.type(description="Changes of net positions in one interval, in coins.")
class NetPositionBar(TimedRow):
    long_change_quantity: Annotated[float | None, value("Change of net longs in the interval, in coins.")]
    short_change_quantity: Annotated[float | None, value("Change of net shorts in the interval, in coins.")]
    cumulative_long_quantity: Annotated[
        float | None, sparse("Changes of net longs since the first point of the series, this one included, in coins.")
    ]
    cumulative_short_quantity: Annotated[
        float | None, sparse("Changes of net shorts since the first point of the series, this one included, in coins.")
    ]
    cumulative_net_quantity: Annotated[
        float | None, sparse("Cumulative change of net longs less that of net shorts, in coins.")
    ]


@strawberry.type(
    description="Changes of net positions over time, in coins. The sums count from the first point of the window. "
    "CoinGlass counts from the start of each request; here they are formed from the changes, so that they depend on "
    "the window alone. If a change is missing, the sums are null from there on."
)
class NetPositionSeries(Series, Bars[NetPositionBar]):
    @classmethod
    def of(cls, window: ServedWindow) -> Self:
        long, short = "long_change_quantity", "short_change_quantity"
        return super().of(
            count_from_first(
                window,
                cumulative_long_quantity=(long,),
                cumulative_short_quantity=(short,),
                cumulative_net_quantity=(long, short),
            )
        )
