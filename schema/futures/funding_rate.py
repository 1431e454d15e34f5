"""Funding rates: over time, at present, added up over a period, and what their differences could yield."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Self

import strawberry

from graph_types.enums import CandleUnit
from graph_types.fields import sparse, value
from payloads.series import CandleSeries, ServedWindow
from payloads.source import Sourced


@strawberry.type(description="Funding rate over time, in percent per funding interval (0.01 is 0.01 %).")
class FundingSeries(CandleSeries):
    @classmethod
    def of(cls, served: ServedWindow) -> Self:
        series = super().of(served)
        series.unit = CandleUnit.PERCENT
        return series


@strawberry.type(description="The current funding rate of one exchange.")
class ExchangeFundingRate:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    funding_rate: Annotated[float | None, sparse("Funding rate, in percent per funding interval.")]
    interval_hours: Annotated[float | None, sparse("Hours between two fundings.")]
    next_funding_time: Annotated[datetime | None, sparse("When the next funding takes place.")]


@strawberry.type(
    description="Current funding rates of a coin on each exchange, by the asset that margins the contract."
)
class CurrentFundingRates(Sourced):
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    stablecoin_margined: Annotated[list[ExchangeFundingRate] | None, sparse("Contracts margined in stablecoins.")]
    coin_margined: Annotated[list[ExchangeFundingRate] | None, sparse("Contracts margined in the coin.")]


@strawberry.enum(description="How funding rates of several exchanges are averaged.")
class FundingWeighting(Enum):
    OPEN_INTEREST = strawberry.enum_value("OPEN_INTEREST", description="Weighted by open interest.")
    VOLUME = strawberry.enum_value("VOLUME", description="Weighted by traded volume.")


@strawberry.type(description="Funding rates of one exchange, added up over the period.")
class ExchangeAccumulatedFunding:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it here: in capitals.")]
    funding_rate: Annotated[float | None, sparse("All funding rates of the period together, in percent.")]


@strawberry.type(
    description="Funding rates of a coin on each exchange, added up over the period, by the asset that margins."
)
class CoinAccumulatedFunding:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    stablecoin_margined: Annotated[
        list[ExchangeAccumulatedFunding] | None, sparse("Contracts margined in stablecoins.")
    ]
    coin_margined: Annotated[list[ExchangeAccumulatedFunding] | None, sparse("Contracts margined in the coin.")]


@strawberry.type(
    description="Funding rates of one coin on each exchange, added up over the period, by the asset that margins."
)
class AccumulatedFundingRates(CoinAccumulatedFunding, Sourced): ...


@strawberry.type(description="Funding rates of each coin on each exchange, added up over the period.")
class AccumulatedFundingRatesByCoin(Sourced):
    coins: list[CoinAccumulatedFunding] = strawberry.field(description="The coins, as CoinGlass orders them.")


@strawberry.type(description="One of the two positions of an arbitrage.")
class ArbitrageLeg:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    open_interest_usd: Annotated[float | None, sparse("Open interest there, in US dollars.")]
    funding_rate: Annotated[float | None, sparse("Funding rate, in percent per funding interval.")]
    interval_hours: Annotated[float | None, sparse("Hours between two fundings.")]


@strawberry.type(description="Two exchanges with different funding rates for the same coin.")
class FundingArbitrageOpportunity:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    buy: Annotated[ArbitrageLeg, value("The position to buy, with the lower funding rate.")]
    sell: Annotated[ArbitrageLeg, value("The position to sell, with the higher funding rate.")]
    apr_percent: Annotated[float | None, sparse("Return at this rate over a year, in percent.")]
    funding_percent: Annotated[float | None, sparse("Difference of the two funding rates, in percent.")]
    fee_percent: Annotated[float | None, sparse("Trading fees of both positions, in percent.")]
    spread_percent: Annotated[float | None, sparse("Difference of the two prices, in percent.")]
    next_funding_time: Annotated[datetime | None, sparse("When the next funding takes place.")]


@strawberry.type(description="Differences of funding rates between exchanges, for the requested capital.")
class FundingArbitrage(Sourced):
    opportunities: list[FundingArbitrageOpportunity] = strawberry.field(
        description="The opportunities, as CoinGlass orders them."
    )
