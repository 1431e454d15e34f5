"""Liquidations by price, derived from the history."""

import asyncio
import dataclasses
from datetime import datetime
from typing import Any, Self

import strawberry

from cg_client.decoding.checks import finite
from cg_client.endpoints import futures as api
from cg_client.errors import BadArgument
from cg_client.intervals import Interval
from cg_client.params.core import PairSeries
from graph_types.enums import PlanLimitPolicy, Truncation
from payloads.columns import Columns
from payloads.series import ServedWindow
from payloads.source import DataSource, Sourced
from resolvers.arguments import argument, arguments_of, sign
from resolvers.context import Info
from resolvers.costs import WindowCost
from resolvers.decode import columns_decoder
from resolvers.field import POLICY, bound, composed
from resolvers.liquidation_profile import bars, profile
from resolvers.series import fetch_window
from schema.futures.liquidation import LiquidationBar
from schema.futures.market import PriceCandle
from schema.listing import BY_PAIR

MAX_BUCKETS = 500

METHOD = (
    "Each bar's liquidations are spread evenly over the prices from the bar's low to its high: the history does not "
    "say at which price inside a bar they happened."
)


@strawberry.type(description="Liquidations between two prices.")
class LiquidationProfileBucket:
    price_from: float = strawberry.field(description="Lower price, in US dollars.")
    price_to: float = strawberry.field(description="Upper price, in US dollars.")
    long_usd: float = strawberry.field(description="Longs liquidated, in US dollars.")
    short_usd: float = strawberry.field(description="Shorts liquidated, in US dollars.")


@strawberry.type(
    description=f"Liquidations by price, derived from the history of liquidations and of the price. {METHOD}"
)
class LiquidationProfile(Sourced):
    price_source: DataSource = strawberry.field(description="Where the prices came from.")
    derived: bool = strawberry.field(
        description="Always true: these are no figures of CoinGlass, but derived from such."
    )
    method: str = strawberry.field(description="How the figures are derived.")
    requested_interval: Interval = strawberry.field(description="The interval that was requested.")
    interval: Interval = strawberry.field(description="The interval of the bars used.")
    from_: datetime | None = strawberry.field(name="from", description="Time of the first bar of liquidations.")
    to: datetime | None = strawberry.field(description="Time of the last bar of liquidations.")
    count: int = strawberry.field(description="Bars used: those with liquidations and a price.")
    bars_without_price: int = strawberry.field(
        description="Bars of liquidations left out because no price belongs to them."
    )
    truncated: Truncation | None = strawberry.field(description="Why bars of the window are missing, if some are.")
    buckets: list[LiquidationProfileBucket] = strawberry.field(description="The buckets, in ascending order of price.")

    @classmethod
    def of(cls, liquidations: ServedWindow, prices: ServedWindow, count: int) -> Self:
        rows = liquidations.rows
        ranges = _pairs(prices.rows, "low", "high")
        used = bars(_pairs(rows, "long_usd", "short_usd"), ranges)
        buckets = profile(used, count)
        for bucket in buckets:
            finite((bucket.price_to, bucket.long_usd, bucket.short_usd), "data")
        return cls(
            source=liquidations.source,
            price_source=prices.source,
            derived=True,
            method=METHOD,
            requested_interval=liquidations.requested_interval,
            interval=liquidations.interval,
            from_=rows[0].time if rows else None,
            to=rows[-1].time if rows else None,
            count=len(used),
            bars_without_price=sum(time not in ranges for time in rows.columns["timestamp"]),
            truncated=liquidations.truncated,
            buckets=[LiquidationProfileBucket(**dataclasses.asdict(bucket)) for bucket in buckets],
        )


def _pairs(rows: Columns[Any], first: str, second: str) -> dict[int, tuple[float, float]]:
    """Return two figures of each row by its time, of the rows that have both."""
    columns = rows.columns
    figures = zip(columns["timestamp"], columns[first], columns[second], strict=True)
    return {time: (left, right) for time, left, right in figures if left is not None and right is not None}


_BARS = columns_decoder(LiquidationBar, api.liquidation.HISTORY)
_CANDLES = columns_decoder(PriceCandle, api.market.PRICE_HISTORY)


async def _profile(
    self: object,
    info: Info,
    *,
    buckets: int = 50,
    on_plan_limit: PlanLimitPolicy = PlanLimitPolicy.FAIL,
    **window: Any,  # noqa: ANN401  # as the signature states
) -> LiquidationProfile:
    if not 1 <= buckets <= MAX_BUCKETS:
        raise BadArgument(f"`buckets` is a number from 1 to {MAX_BUCKETS}, not {buckets}.", "buckets")
    args = PairSeries(**window, **bound(self, BY_PAIR))
    liquidations, prices = await asyncio.gather(
        fetch_window(info.context, api.liquidation.HISTORY, args, _BARS, on_plan_limit),
        fetch_window(info.context, api.market.PRICE_HISTORY, args, _CANDLES, on_plan_limit),
    )
    return LiquidationProfile.of(liquidations, prices, buckets)


sign(
    _profile,
    [
        *arguments_of(PairSeries, BY_PAIR, {}),
        argument("buckets", int, f"Most buckets, up to {MAX_BUCKETS}.", 50),
        POLICY,
    ],
)
PAIR_PROFILE: Any = composed(
    api.liquidation.HISTORY,
    api.market.PRICE_HISTORY,
    description=f"Liquidations by price, derived from the history of liquidations and of the price. {METHOD}",
    decoders={api.liquidation.HISTORY: _BARS, api.market.PRICE_HISTORY: _CANDLES},
    cost=WindowCost(min(api.liquidation.HISTORY.page_rows, api.market.PRICE_HISTORY.page_rows), series=2),
)(_profile)
