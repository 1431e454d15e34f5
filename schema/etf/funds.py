"""Exchange-traded funds."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf as api
from graph_types.fields import group, sparse, value
from graph_types.problems import Result
from payloads.source import Sourced
from resolvers.context import Info
from resolvers.daily import DAYS, TO, check_window, upstream_daily
from resolvers.endpoint_choice import ByAttribute
from resolvers.field import composed, upstream
from schema.etf.fund_detail import FundDetail
from schema.etf.series import (
    FLOWS_BY_ASSET,
    NET_ASSETS_BY_ASSET,
    PREMIUM_DECODERS,
    PREMIUMS_BY_ASSET,
    ETFAsset,
    ETFFlows,
    ETFNetAssets,
    ETFPremiums,
    FundAssets,
    FundHistory,
    FundPrices,
    PremiumPercent,
    premiums,
)


@strawberry.type(description="Coins that a fund holds, and its net asset value.")
class FundHoldings:
    quantity: Annotated[float | None, sparse("Coins held.")]
    net_asset_value_usd: Annotated[
        float | None,
        sparse(
            "Net asset value of the whole fund, in US dollars. Before the end of May 2025, and in CoinGlass' "
            "documented example, it was that of a share."
        ),
    ]
    premium_discount_percent: PremiumPercent
    change_24h: Annotated[float | None, sparse("Change of the coins held over 24 hours, in coins.")]
    change_percent_24h: Annotated[float | None, sparse("Change of the coins held over 24 hours, in percent.")]
    change_7d: Annotated[float | None, sparse("Change of the coins held over 7 days, in coins.")]
    change_percent_7d: Annotated[float | None, sparse("Change of the coins held over 7 days, in percent.")]
    update_date: Annotated[date | None, sparse("Day of the figures.")]


@strawberry.type(description="Traded volume of a fund's shares.")
class FundVolume:
    quantity: Annotated[float | None, sparse("Shares traded.", source_name="volume_quantity")]
    usd: Annotated[float | None, sparse("Value traded, in US dollars.", source_name="volume_usd")]


@strawberry.type(description="Change of the price of a fund's share.")
class FundPriceChange:
    usd: Annotated[float | None, sparse("Change of the price, in US dollars.", source_name="price_change_usd")]
    percent: Annotated[float | None, sparse("Change of the price, in percent.", source_name="price_change_percent")]


@strawberry.type(description="An exchange-traded fund.")
class Fund:
    ticker: Annotated[str, value("Ticker of the fund, e.g. `GBTC`.")]
    name: Annotated[str | None, sparse("Name of the fund.")]
    region: Annotated[str | None, sparse("Region, as CoinGlass codes it.")]
    market_status: Annotated[str | None, sparse("State of the trading session, as CoinGlass words it.")]
    primary_exchange: Annotated[str | None, sparse("Code of the exchange where it is listed.")]
    cik: Annotated[str | None, sparse("Central Index Key at the SEC.")]
    kind: Annotated[str | None, sparse("Kind of fund, e.g. `Spot`.")]
    listed: Annotated[datetime | None, sparse("Day of the listing.")]
    shares_outstanding: Annotated[float | None, sparse("Number of shares outstanding.")]
    aum_usd: Annotated[float | None, sparse("Assets under management, in US dollars.")]
    market_cap_usd: Annotated[float | None, sparse("Market value of its shares, in US dollars; not in older answers.")]
    management_fee_percent: Annotated[float | None, sparse("Management fee, in percent a year.")]
    last_trade_time: Annotated[datetime | None, sparse("When a share was last traded.")]
    last_quote_time: Annotated[datetime | None, sparse("When the last quote was given.")]
    volume: Annotated[FundVolume, group("Traded volume.")]
    price_usd: Annotated[float | None, sparse("Price of a share, in US dollars; not in older answers.")]
    price_change: Annotated[FundPriceChange, group("Change of the share's price.")]
    holdings: Annotated[FundHoldings | None, sparse("Coins that the fund holds, and its net asset value.")]
    updated: Annotated[datetime | None, sparse("When the figures were taken.")]


@strawberry.type(description="The exchange-traded funds on one asset.")
class FundList(Sourced):
    funds: list[Fund] = strawberry.field(description="The funds, as CoinGlass orders them.")


TickerArgument = Annotated[str | None, strawberry.argument(description="Ticker of a fund; left out: all funds.")]
LastArgument = Annotated[int | None, strawberry.argument(description="Number of newest days. Left out: all there are.")]
FromArgument = Annotated[
    datetime | None,
    strawberry.argument(description="Start of the window, inclusive. Not together with `last`.", name="from"),
]
ToArgument = Annotated[datetime | None, strawberry.argument(description=TO)]


def _of_bitcoin(endpoint: Endpoint) -> ByAttribute:
    return ByAttribute("asset", {ETFAsset.BTC: endpoint})


@strawberry.type(description="Exchange-traded funds on one asset: all together, and each fund.")
class ETF:
    asset: ETFAsset = strawberry.field(description="What the funds hold, and where they are listed.")

    flows: Result[ETFFlows] = upstream_daily(
        FLOWS_BY_ASSET, ETFFlows, description="Net flows into the funds, together and fund by fund, by day."
    )
    list: Result[FundList] = upstream(
        ByAttribute("asset", {ETFAsset.BTC: api.BITCOIN_LIST, ETFAsset.ETH: api.ETHEREUM_LIST}),
        FundList,
        description="The funds with price, assets and holdings; for BTC and ETH.",
    )
    net_assets: Result[ETFNetAssets] = upstream_daily(
        NET_ASSETS_BY_ASSET,
        ETFNetAssets,
        description="Net assets of all funds together, or of one, by day; for BTC and ETH, of one fund for BTC only.",
    )
    assets_under_management: Result[FundAssets] = upstream_daily(_of_bitcoin(api.FUND_ASSETS), FundAssets)
    history: Result[FundHistory] = upstream_daily(_of_bitcoin(api.FUND_HISTORY), FundHistory)
    price: Result[FundPrices] = upstream(_of_bitcoin(api.FUND_PRICE_HISTORY), FundPrices)
    detail: Result[FundDetail] = upstream(_of_bitcoin(api.FUND_DETAIL), FundDetail)

    @composed(
        *PREMIUMS_BY_ASSET.endpoints,
        description="Premium or discount to the net asset value, fund by fund, by day; for BTC only.",
        decoders=PREMIUM_DECODERS,
        cost=DAYS,
    )
    async def premium_discount(
        self,
        info: Info,
        ticker: TickerArgument = None,
        last: LastArgument = None,
        from_: FromArgument = None,
        to: ToArgument = None,
    ) -> Result[ETFPremiums]:
        check_window(last, from_, to)
        return await premiums(info.context, PREMIUMS_BY_ASSET.pick(self, {}), ticker, (last, from_, to))
