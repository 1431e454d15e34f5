"""Grayscale's trusts."""

from datetime import datetime
from typing import Annotated

import strawberry

from cg_client.endpoints import grayscale as api
from graph_types.fields import sparse, value
from graph_types.problems import Result
from payloads.series import DailySeries, Points, TimedRow
from payloads.source import Sourced
from resolvers.daily import upstream_daily
from resolvers.field import upstream
from schema.etf.series import PremiumPercent


@strawberry.type(description="What a trust holds.")
class GrayscaleHolding:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    price_usd: Annotated[float | None, sparse("Price of a share on the market, in US dollars.")]
    net_asset_value_usd: Annotated[float | None, sparse("Net asset value of a share, in US dollars.")]
    premium_discount_percent: PremiumPercent
    quantity: Annotated[float | None, sparse("Coins held.")]
    holdings_usd: Annotated[float | None, sparse("Value of the coins held, in US dollars.")]
    change_1d: Annotated[float | None, sparse("Change of the coins held over 1 day, in coins.")]
    change_7d: Annotated[float | None, sparse("Change of the coins held over 7 days, in coins.")]
    change_30d: Annotated[float | None, sparse("Change of the coins held over 30 days, in coins.")]
    close_time: Annotated[datetime | None, sparse("Close of the market that the prices are of.")]
    updated: Annotated[datetime | None, sparse("When the figures were taken.")]


@strawberry.type(description="What Grayscale's trusts hold.")
class GrayscaleHoldings(Sourced):
    holdings: list[GrayscaleHolding] = strawberry.field(description="The trusts, as CoinGlass orders them.")


@strawberry.type(description="Premium of a trust on one day.")
class GrayscalePremiumDay(TimedRow):
    price_usd: Annotated[float | None, sparse("Price of a share on the market, in US dollars.")]
    net_asset_value_usd: Annotated[float | None, sparse("Net asset value of a share, in US dollars.")]
    premium_discount_percent: PremiumPercent


@strawberry.type(description="Premium of a trust, by day.")
class GrayscalePremium(DailySeries, Points[GrayscalePremiumDay], columns="GrayscalePremiumColumns"): ...


@strawberry.type(description="Grayscale: its trusts on single coins.")
class Grayscale:
    holdings: Result[GrayscaleHoldings] = upstream(api.HOLDINGS, GrayscaleHoldings)
    premium: Result[GrayscalePremium] = upstream_daily(api.PREMIUM_HISTORY, GrayscalePremium)
