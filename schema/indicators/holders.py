"""What bitcoin's holders paid, hold and gain, by day."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from graph_types.fields import sparse
from graph_types.fields import value as described  # a field of a point is called `value`
from payloads.series import DailySeries
from schema.indicators.points import PricedColumns, PricedPoint


@strawberry.type(description="Spent output profit ratio of a group of bitcoin's holders on one day.")
class SOPRPoint(PricedPoint):
    ratio: Annotated[
        float | None,
        sparse("Price at which coins were spent divided by the price at which they were got; above 1 is profit."),
    ]


@strawberry.type(description="Spent output profit ratio of a group of bitcoin's holders as columns, index by index.")
class SOPRColumns(PricedColumns):
    ratio: Annotated[Sequence[float | None], described("Ratios; above 1 is profit.")]


@strawberry.type(description="Spent output profit ratio of a group of bitcoin's holders, by day.")
class SOPR(DailySeries):
    points: Sequence[SOPRPoint] = strawberry.field(description="The days, oldest first.")
    columns: SOPRColumns = strawberry.field(description="The same days as columns.")
    latest: SOPRPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="What a group of bitcoin's holders paid on average on one day.")
class RealizedPricePoint(PricedPoint):
    realized_price_usd: Annotated[float | None, sparse("Average price paid, in US dollars.")]


@strawberry.type(description="What a group of bitcoin's holders paid on average as columns, index by index.")
class RealizedPriceColumns(PricedColumns):
    realized_price_usd: Annotated[Sequence[float | None], described("Average prices paid, in US dollars.")]


@strawberry.type(description="What a group of bitcoin's holders paid on average, by day.")
class RealizedPrice(DailySeries):
    points: Sequence[RealizedPricePoint] = strawberry.field(description="The days, oldest first.")
    columns: RealizedPriceColumns = strawberry.field(description="The same days as columns.")
    latest: RealizedPricePoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="Coins in the hands of a group of bitcoin's holders on one day.")
class HolderSupplyPoint(PricedPoint):
    quantity: Annotated[float | None, sparse("Coins held, in bitcoin.")]


@strawberry.type(description="Coins in the hands of a group of bitcoin's holders as columns, index by index.")
class HolderSupplyColumns(PricedColumns):
    quantity: Annotated[Sequence[float | None], described("Coins held, in bitcoin.")]


@strawberry.type(description="Coins in the hands of a group of bitcoin's holders, by day.")
class HolderSupply(DailySeries):
    points: Sequence[HolderSupplyPoint] = strawberry.field(description="The days, oldest first.")
    columns: HolderSupplyColumns = strawberry.field(description="The same days as columns.")
    latest: HolderSupplyPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="The RHODL ratio of bitcoin on one day.")
class RHODLRatioPoint(PricedPoint):
    ratio: Annotated[
        float | None, sparse("Wealth in recently moved coins divided by wealth in coins moved one to two years ago.")
    ]


@strawberry.type(description="The RHODL ratio of bitcoin as columns, index by index.")
class RHODLRatioColumns(PricedColumns):
    ratio: Annotated[Sequence[float | None], described("Ratios.")]


@strawberry.type(description="The RHODL ratio of bitcoin, by day.")
class RHODLRatio(DailySeries):
    points: Sequence[RHODLRatioPoint] = strawberry.field(description="The days, oldest first.")
    columns: RHODLRatioColumns = strawberry.field(description="The same days as columns.")
    latest: RHODLRatioPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="The reserve risk of bitcoin on one day.")
class ReserveRiskPoint(PricedPoint):
    value: Annotated[float | None, sparse("Index: the price relative to the confidence of long-term holders.")]
    hodl_bank: Annotated[float | None, sparse("HODL bank: what holders have given up by not selling, added up.")]
    value_of_coin_days_destroyed: Annotated[float | None, sparse("Value of coin days destroyed.")]
    median_value_of_coin_days_destroyed: Annotated[float | None, sparse("Median of the value of coin days destroyed.")]


@strawberry.type(description="The reserve risk of bitcoin as columns, index by index.")
class ReserveRiskColumns(PricedColumns):
    value: Annotated[Sequence[float | None], described("Index values.")]
    hodl_bank: Annotated[Sequence[float | None], described("HODL bank.")]
    value_of_coin_days_destroyed: Annotated[Sequence[float | None], described("Values of coin days destroyed.")]
    median_value_of_coin_days_destroyed: Annotated[
        Sequence[float | None], described("Medians of the value of coin days destroyed.")
    ]


@strawberry.type(description="The reserve risk of bitcoin, by day.")
class ReserveRisk(DailySeries):
    points: Sequence[ReserveRiskPoint] = strawberry.field(description="The days, oldest first.")
    columns: ReserveRiskColumns = strawberry.field(description="The same days as columns.")
    latest: ReserveRiskPoint | None = strawberry.field(description="The newest day.")


@strawberry.type(description="Net unrealised profit or loss of bitcoin's holders on one day.")
class NetUnrealizedProfitLossPoint(PricedPoint):
    ratio: Annotated[
        float | None,
        sparse("Unrealised profit less loss, as a fraction of the market capitalisation; negative is a loss."),
    ]


@strawberry.type(description="Net unrealised profit or loss of bitcoin's holders as columns, index by index.")
class NetUnrealizedProfitLossColumns(PricedColumns):
    ratio: Annotated[Sequence[float | None], described("Fractions of the market capitalisation; negative is a loss.")]


@strawberry.type(description="Net unrealised profit or loss of bitcoin's holders, by day.")
class NetUnrealizedProfitLoss(DailySeries):
    points: Sequence[NetUnrealizedProfitLossPoint] = strawberry.field(description="The days, oldest first.")
    columns: NetUnrealizedProfitLossColumns = strawberry.field(description="The same days as columns.")
    latest: NetUnrealizedProfitLossPoint | None = strawberry.field(description="The newest day.")
