"""What bitcoin's holders paid, hold and gain, by day."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse
from payloads.series import DailySeries, Points
from schema.indicators.points import PricedPoint


@strawberry.type(description="Spent output profit ratio of a group of bitcoin's holders on one day.")
class SOPRPoint(PricedPoint):
    ratio: Annotated[
        float | None,
        sparse("Price at which coins were spent divided by the price at which they were got; above 1 is profit."),
    ]


@strawberry.type(description="Spent output profit ratio of a group of bitcoin's holders, by day.")
class SOPR(DailySeries, Points[SOPRPoint]): ...


@strawberry.type(description="What a group of bitcoin's holders paid on average on one day.")
class RealizedPricePoint(PricedPoint):
    realized_price_usd: Annotated[float | None, sparse("Average price paid, in US dollars.")]


@strawberry.type(description="What a group of bitcoin's holders paid on average, by day.")
class RealizedPrice(DailySeries, Points[RealizedPricePoint]): ...


@strawberry.type(description="Coins in the hands of a group of bitcoin's holders on one day.")
class HolderSupplyPoint(PricedPoint):
    quantity: Annotated[float | None, sparse("Coins held, in bitcoin.")]


@strawberry.type(description="Coins in the hands of a group of bitcoin's holders, by day.")
class HolderSupply(DailySeries, Points[HolderSupplyPoint]): ...


@strawberry.type(description="The RHODL ratio of bitcoin on one day.")
class RHODLRatioPoint(PricedPoint):
    ratio: Annotated[
        float | None, sparse("Wealth in recently moved coins divided by wealth in coins moved one to two years ago.")
    ]


@strawberry.type(description="The RHODL ratio of bitcoin, by day.")
class RHODLRatio(DailySeries, Points[RHODLRatioPoint]): ...


@strawberry.type(description="The reserve risk of bitcoin on one day.")
class ReserveRiskPoint(PricedPoint):
    value: Annotated[float | None, sparse("Index: the price relative to the confidence of long-term holders.")]
    hodl_bank: Annotated[float | None, sparse("HODL bank: what holders have given up by not selling, added up.")]
    value_of_coin_days_destroyed: Annotated[float | None, sparse("Value of coin days destroyed.")]
    median_value_of_coin_days_destroyed: Annotated[float | None, sparse("Median of the value of coin days destroyed.")]


@strawberry.type(description="The reserve risk of bitcoin, by day.")
class ReserveRisk(DailySeries, Points[ReserveRiskPoint]): ...


@strawberry.type(description="Net unrealised profit or loss of bitcoin's holders on one day.")
class NetUnrealizedProfitLossPoint(PricedPoint):
    ratio: Annotated[
        float | None,
        sparse("Unrealised profit less loss, as a fraction of the market capitalisation; negative is a loss."),
    ]


@strawberry.type(description="Net unrealised profit or loss of bitcoin's holders, by day.")
class NetUnrealizedProfitLoss(DailySeries, Points[NetUnrealizedProfitLossPoint]): ...
