"""Bitcoin's holders and network, and money beside it, by day."""

from typing import Annotated

import strawberry

from graph_types.fields import sparse
from payloads.series import DailySeries, Points
from schema.indicators.cycle import PricedPoint


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
    value_of_coin_days_destroyed: Annotated[float | None, sparse("Value of the coin days destroyed that day.")]
    median_value_of_coin_days_destroyed: Annotated[
        float | None, sparse("Median of the value of coin days destroyed, as CoinGlass computes it.")
    ]


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


@strawberry.type(description="Number of bitcoin's active or new addresses on one day.")
class AddressCountPoint(PricedPoint):
    address_count: Annotated[float | None, sparse("Number of addresses.")]


@strawberry.type(description="Number of bitcoin's active or new addresses, by day.")
class AddressCount(DailySeries, Points[AddressCountPoint]): ...


@strawberry.type(description="The bubble index of bitcoin and what it is made of on one day.")
class BubbleIndexPoint(PricedPoint):
    value: Annotated[
        float | None, sparse("Level of the index, without a unit: the higher, the more overheated the price.")
    ]
    google_trend_percent: Annotated[float | None, sparse("Search interest at Google, in percent.")]
    mining_difficulty: Annotated[float | None, sparse("Difficulty of mining a block.")]
    transaction_count: Annotated[float | None, sparse("Number of transactions.")]
    sending_address_count: Annotated[float | None, sparse("Number of addresses that sent coins.")]
    tweet_count: Annotated[float | None, sparse("Number of tweets about bitcoin.")]


@strawberry.type(description="The bubble index of bitcoin and what it is made of, by day.")
class BubbleIndex(DailySeries, Points[BubbleIndexPoint]): ...


@strawberry.type(description="Correlation of bitcoin with funds on gold, stocks and bonds on one day.")
class CorrelationPoint(PricedPoint):
    gld: Annotated[float | None, sparse("Correlation with GLD (gold), from -1 to 1.")]
    iwm: Annotated[float | None, sparse("Correlation with IWM (small US companies), from -1 to 1.")]
    qqq: Annotated[float | None, sparse("Correlation with QQQ (the Nasdaq 100), from -1 to 1.")]
    spy: Annotated[float | None, sparse("Correlation with SPY (the S&P 500), from -1 to 1.")]
    tlt: Annotated[float | None, sparse("Correlation with TLT (long US treasury bonds), from -1 to 1.")]


@strawberry.type(description="Correlation of bitcoin with funds on gold, stocks and bonds, by day.")
class Correlation(DailySeries, Points[CorrelationPoint]): ...


@strawberry.type(description="The bitcoin macro oscillator on one day.")
class MacroOscillatorPoint(PricedPoint):
    value: Annotated[float | None, sparse("Level of the oscillator, without a unit.")]


@strawberry.type(description="The bitcoin macro oscillator, by day.")
class MacroOscillator(DailySeries, Points[MacroOscillatorPoint]): ...


@strawberry.type(description="Global money supply M2, beside bitcoin's price on one day.")
class GlobalM2Point(PricedPoint):
    growth_percent: Annotated[float | None, sparse("Growth of the money supply within a year, in percent.")]
    supply_usd: Annotated[float | None, sparse("Money supply M2, in US dollars.")]


@strawberry.type(description="Global money supply M2, beside bitcoin's price; as documented, by week.")
class GlobalM2(DailySeries, Points[GlobalM2Point]): ...


@strawberry.type(description="US money supply M2, beside bitcoin's price on one day.")
class USM2Point(PricedPoint):
    growth_fraction: Annotated[
        float | None, sparse("Growth of the money supply within a year, as a fraction (0.1 is 10 %).")
    ]
    supply_usd: Annotated[float | None, sparse("Money supply M2, in US dollars.")]


@strawberry.type(description="US money supply M2, beside bitcoin's price, by day.")
class USM2(DailySeries, Points[USM2Point]): ...
