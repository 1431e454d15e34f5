"""Exchange-traded funds."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from cg_client.endpoints import etf as api
from resolvers.daily import upstream_daily
from resolvers.field import ByAttribute, upstream
from schema.etf.flows import FLOWS_BY_ASSET, ETFAsset, ETFFlows, ETFFlowsResult
from vocabulary.fields import group, value
from vocabulary.payloads import Sourced
from vocabulary.problems import PlanGated, Unavailable, result


@strawberry.type(description="What a fund holds.")
class FundHoldings:
    quantity: Annotated[float | None, value("Coins held.")]
    net_asset_value_usd: Annotated[float | None, value("Net asset value of a share, in US dollars.")]
    premium_discount_percent: Annotated[
        float | None, value("Price over (or under, when negative) net asset value, in percent.")
    ]
    change_24h: Annotated[float | None, value("Change of the coins held over 24 hours, in coins.")]
    change_percent_24h: Annotated[float | None, value("Change of the coins held over 24 hours, in percent.")]
    change_7d: Annotated[float | None, value("Change of the coins held over 7 days, in coins.")]
    change_percent_7d: Annotated[float | None, value("Change of the coins held over 7 days, in percent.")]
    update_date: Annotated[date | None, value("Day of the figures.")]


@strawberry.type(description="Volume of a fund.")
class FundVolume:
    quantity: Annotated[float | None, value("Shares traded.", wire="volume_quantity")]
    usd: Annotated[float | None, value("Value traded, in US dollars.", wire="volume_usd")]


@strawberry.type(description="Change of a fund's price.")
class FundPriceChange:
    usd: Annotated[float | None, value("In US dollars.", wire="price_change_usd")]
    percent: Annotated[float | None, value("In percent.", wire="price_change_percent")]


@strawberry.type(description="An exchange-traded fund.")
class Fund:
    ticker: Annotated[str, value("Ticker.")]
    name: Annotated[str | None, value("Name.")]
    region: Annotated[str | None, value("Region, as CoinGlass codes it.")]
    market_status: Annotated[str | None, value("State of the trading session, as CoinGlass words it.")]
    primary_exchange: Annotated[str | None, value("Code of the exchange where it is listed.")]
    cik: Annotated[str | None, value("Central Index Key at the SEC.")]
    kind: Annotated[str | None, value("Kind of fund, e.g. `Spot`.")]
    listed: Annotated[datetime | None, value("Listing.")]
    shares_outstanding: Annotated[float | None, value("Shares outstanding.")]
    aum_usd: Annotated[float | None, value("Assets under management, in US dollars.")]
    management_fee_percent: Annotated[float | None, value("Management fee, in percent a year.")]
    last_trade_time: Annotated[datetime | None, value("Last trade.")]
    last_quote_time: Annotated[datetime | None, value("Last quote.")]
    volume: Annotated[FundVolume, group("Volume.")]
    price_change: Annotated[FundPriceChange, group("Change of the price.")]
    holdings: Annotated[FundHoldings | None, value("What it holds.")]
    updated: Annotated[datetime | None, value("When the figures were taken.")]


@strawberry.type(description="Exchange-traded funds.")
class FundList(Sourced):
    funds: list[Fund] = strawberry.field(description="The funds, as CoinGlass orders them.")


FundListResult = Annotated[FundList | PlanGated | Unavailable, result("FundList")]


@strawberry.type(description="Exchange-traded funds on one asset.")
class ETF:
    asset: ETFAsset = strawberry.field(description="What the funds hold, and where they are listed.")

    flows: ETFFlowsResult = upstream_daily(FLOWS_BY_ASSET, ETFFlows)
    list: FundListResult = upstream(ByAttribute("asset", {ETFAsset.BITCOIN: api.funds.BITCOIN_LIST}), FundList)
