"""What exchanges hold, and how their futures and spot markets compare."""

from typing import Annotated

import strawberry

from graph_types.fields import group, sparse, value
from payloads.series import Points, Series, TimedRow
from payloads.source import Sourced


@strawberry.type(description="Assets that an exchange holds.")
class DisclosedBalance:
    usd: Annotated[float | None, sparse("Value, in US dollars.", source_name="balance_usd")]
    change_usd_24h: Annotated[
        float | None, sparse("Change over 24 hours, in US dollars.", source_name="balance_change_usd_24h")
    ]
    change_usd_7d: Annotated[
        float | None,
        sparse(
            "Change over 7 days, in US dollars, by CoinGlass' documents; the documented figures look like a balance.",
            source_name="balance_change_usd_7d",
        ),
    ]


@strawberry.type(description="Net inflow of assets to an exchange; negative is outflow.")
class DisclosedInflow:
    usd_24h: Annotated[float | None, sparse("Over 24 hours, in US dollars.", source_name="inflow_usd_24h")]
    usd_7d: Annotated[float | None, sparse("Over 7 days, in US dollars.", source_name="inflow_usd_7d")]


@strawberry.type(description="Assets, flows and markets of an exchange.")
class ExchangeDisclosure:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it.")]
    logo_url: Annotated[str | None, sparse("Address of its logo.")]
    balance: Annotated[DisclosedBalance, group("Assets that it holds.")]
    inflow: Annotated[DisclosedInflow, group("Net inflow of assets.")]
    open_interest_usd: Annotated[float | None, sparse("Open interest, in US dollars.")]
    average_leverage: Annotated[float | None, sparse("Average leverage, as a ratio.")]
    volume_usd: Annotated[float | None, sparse("Traded volume, in US dollars; the period is not stated.")]


@strawberry.type(description="Assets, flows and markets of exchanges.")
class ExchangeTransparency(Sourced):
    exchanges: list[ExchangeDisclosure] = strawberry.field(description="The exchanges, as CoinGlass orders them.")


@strawberry.type(description="Futures volume relative to spot volume in one interval.")
class FuturesSpotVolumeRatioPoint(TimedRow):
    ratio: Annotated[float | None, sparse("Futures volume divided by spot volume.")]
    futures_volume_usd: Annotated[float | None, sparse("Futures volume, in US dollars.")]
    spot_volume_usd: Annotated[float | None, sparse("Spot volume, in US dollars.")]


@strawberry.type(description="Futures volume relative to spot volume over time.")
class FuturesSpotVolumeRatioSeries(Series, Points[FuturesSpotVolumeRatioPoint]): ...
