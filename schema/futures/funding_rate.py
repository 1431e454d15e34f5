"""Funding rates."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from graph_types.fields import sparse, value
from payloads.series import CandleSeries
from payloads.source import Sourced


@strawberry.type(description="Funding rate over time, in percent per funding interval (0.01 is 0.01 %).")
class FundingSeries(CandleSeries): ...


@strawberry.type(description="The current funding rate of one exchange.")
class ExchangeFundingRate:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    funding_rate: Annotated[float | None, sparse("Funding rate, in percent per funding interval.")]
    interval_hours: Annotated[float | None, sparse("Hours between two fundings.")]
    next_funding_time: Annotated[datetime | None, sparse("Next funding.")]


@strawberry.type(
    description="Current funding rates of a coin on each exchange, by the asset that margins the contract."
)
class CurrentFundingRates(Sourced):
    symbol: Annotated[str, value("Coin.")]
    stablecoin_margined: Annotated[list[ExchangeFundingRate] | None, sparse("Contracts margined in stablecoins.")]
    coin_margined: Annotated[list[ExchangeFundingRate] | None, sparse("Contracts margined in the coin.")]


@strawberry.enum(description="How funding rates of several exchanges are averaged.")
class FundingWeighting(Enum):
    OPEN_INTEREST = strawberry.enum_value("OPEN_INTEREST", description="By open interest.")
    VOLUME = strawberry.enum_value("VOLUME", description="By traded volume.")
