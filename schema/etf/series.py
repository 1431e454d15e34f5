"""Exchange-traded funds by day: flows, net assets, premiums, and single funds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Self

import strawberry

from cg_client.call import Call, Decode
from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf as api
from cg_client.errors import BadArgument, PayloadMismatch
from cg_client.params.funds_and_chain import FundOrAll
from graph_types.fields import resolved, sparse, value
from payloads.columns import Columns
from payloads.series import Candles, DailySeries, DayRow, Points, TimedRow, from_rows, timed_rows
from payloads.source import DataSource, Sourced
from resolvers.context import Context
from resolvers.daily import Window, daily_payload
from resolvers.decode import columns_decoder
from resolvers.endpoint_choice import ByAttribute
from resolvers.field import Decoders
from resolvers.fund_premium import Premium, PremiumDay, decode_premiums

PremiumPercent = Annotated[float | None, sparse("Price over (or under, when negative) net asset value, in percent.")]


@strawberry.enum(description="What the funds hold, by its ticker, and where they are listed.")
class ETFAsset(Enum):
    BTC = strawberry.enum_value("BTC", description="Bitcoin, in funds listed in the US.")
    ETH = strawberry.enum_value("ETH", description="Ether of Ethereum, in funds listed in the US.")
    SOL = strawberry.enum_value("SOL", description="SOL of Solana, in funds listed in the US.")
    XRP = strawberry.enum_value("XRP", description="XRP, in funds listed in the US.")
    HYPE = strawberry.enum_value("HYPE", description="HYPE of Hyperliquid, in funds listed in the US.")
    HONG_KONG_BTC = strawberry.enum_value("HONG_KONG_BTC", description="Bitcoin, in funds listed in Hong Kong.")


FLOWS_BY_ASSET = ByAttribute(
    "asset",
    {
        ETFAsset.BTC: api.BITCOIN_FLOWS,
        ETFAsset.ETH: api.ETHEREUM_FLOWS,
        ETFAsset.SOL: api.SOLANA_FLOWS,
        ETFAsset.XRP: api.XRP_FLOWS,
        ETFAsset.HYPE: api.HYPE_FLOWS,
        ETFAsset.HONG_KONG_BTC: api.HONG_KONG_BITCOIN_FLOWS,
    },
)


@strawberry.type(description="Flow of one fund on one day.")
class TickerFlow:
    ticker: Annotated[str, value("Ticker of the fund.")]
    flow_usd: Annotated[float | None, sparse("Net flow, in US dollars; null where the fund reported none.")]


@strawberry.type(description="Net flows of all funds on one day, together and fund by fund.")
class ETFFlow(DayRow):
    flow_usd: Annotated[float | None, value("Net flow of all funds, in US dollars.")]
    price_usd: Annotated[float | None, sparse("Price of the asset that day, in US dollars.")]
    by_ticker: Annotated[list[TickerFlow] | None, value("Net flow of each fund.")]


@strawberry.type(description="Net flows into exchange-traded funds on one asset, by day.")
class ETFFlows(DailySeries, Points[ETFFlow], rows_only=("by_ticker",)):
    @resolved("The points under their former name.", deprecation_reason="Use `points`.")
    def days(self) -> Sequence[ETFFlow]:
        return self.points


@dataclass(frozen=True)
class _ByAsset(ByAttribute):
    """Refuses a ticker where CoinGlass takes none, since it would ignore it and answer with all funds together."""

    def pick(self, parent: object, arguments: dict[str, Any]) -> Endpoint:
        endpoint = super().pick(parent, arguments)
        if arguments.get("ticker") is not None and not issubclass(endpoint.params, FundOrAll):
            raise BadArgument("CoinGlass states net assets of single funds for BTC only: leave out `ticker`.")
        return endpoint


NET_ASSETS_BY_ASSET = _ByAsset("asset", {ETFAsset.BTC: api.BITCOIN_NET_ASSETS, ETFAsset.ETH: api.ETHEREUM_NET_ASSETS})


@strawberry.type(description="Net assets on one day: of all funds, or of the one that was requested.")
class ETFNetAssetsDay(DayRow):
    net_assets_usd: Annotated[float | None, value("Net assets, in US dollars.")]
    change_usd: Annotated[float | None, sparse("Change of the net assets, in US dollars.")]
    price_usd: Annotated[float | None, sparse("Price of the asset that day, in US dollars.")]


@strawberry.type(description="Net assets of exchange-traded funds, by day.")
class ETFNetAssets(DailySeries, Points[ETFNetAssetsDay], columns="ETFNetAssetsColumns"): ...


@strawberry.type(description="Assets under management on one day.")
class FundAssetsDay(DayRow):
    aum_usd: Annotated[float | None, value("Assets under management, in US dollars.")]


@strawberry.type(description="Assets under management of a fund or of all, by day.")
class FundAssets(DailySeries, Points[FundAssetsDay], columns="FundAssetsColumns"): ...


PREMIUMS_BY_ASSET = ByAttribute("asset", {ETFAsset.BTC: api.BITCOIN_PREMIUMS})
PREMIUM_DECODERS: Decoders = dict.fromkeys(PREMIUMS_BY_ASSET.endpoints, decode_premiums)


@strawberry.type(description="Price of a fund's share against its net asset value.")
class TickerPremium:
    ticker: Annotated[str, value("Ticker of the fund.")]
    price_usd: Annotated[float | None, sparse("Price of a share, in US dollars.")]
    net_asset_value_usd: Annotated[float | None, sparse("Net asset value of a share, in US dollars.")]
    premium_discount_percent: PremiumPercent

    @classmethod
    def of(cls, premium: Premium, requested: str | None) -> Self:
        ticker = premium.ticker or requested
        if ticker is None:
            raise PayloadMismatch("data.list.ticker", "it is missing")
        return cls(
            ticker=ticker,
            price_usd=premium.price_usd,
            net_asset_value_usd=premium.net_asset_value_usd,
            premium_discount_percent=premium.percent,
        )


@strawberry.type(description="Premiums and discounts on one day.")
class ETFPremiumDay(DayRow):
    by_ticker: Annotated[list[TickerPremium], value("Each fund, or the one that was requested.")]


@strawberry.type(description="Premiums and discounts of exchange-traded funds, by day.")
class ETFPremiums(DailySeries, Points[ETFPremiumDay], columns=None): ...


async def premiums(context: Context, endpoint: Endpoint, ticker: str | None, window: Window) -> ETFPremiums:
    """Return the days of the window; the ticker names the fund of an answer that names none."""
    answer = await context.loaders.endpoint.load(Call(endpoint, FundOrAll(ticker=ticker), decode_premiums))
    return daily_payload(context, ETFPremiums, answer, _premium_rows(answer.value, ticker), window)


def _premium_rows(days: Sequence[PremiumDay], ticker: str | None) -> Columns[ETFPremiumDay]:
    funds = [[TickerPremium.of(fund, ticker) for fund in day.funds] for day in days]
    return timed_rows(ETFPremiumDay, [day.timestamp for day in days], by_ticker=funds)


@strawberry.type(description="A fund on one day.")
class FundDay(DayRow):
    market_time: Annotated[datetime | None, sparse("Day that the price is of.")]
    ticker: Annotated[str, value("Ticker of the fund.")]
    name: Annotated[str | None, sparse("Name of the fund.")]
    price_usd: Annotated[float | None, sparse("Price of a share, in US dollars.")]
    net_asset_value_usd: Annotated[float | None, sparse("Net asset value of a share, in US dollars.")]
    premium_discount_percent: PremiumPercent
    net_assets_usd: Annotated[float | None, sparse("Net assets, in US dollars.")]
    quantity: Annotated[float | None, sparse("Coins held.")]
    shares_outstanding: Annotated[float | None, sparse("Number of shares outstanding.")]


@strawberry.type(description="Assets, holdings and price of a fund, by day.")
class FundHistory(DailySeries, Points[FundDay], rows_only=("market_time", "ticker", "name")): ...


@strawberry.type(description="Price of a fund's share over one interval, which CoinGlass chooses.")
class FundCandle(TimedRow):
    open: Annotated[float | None, value("First price, in US dollars.")]
    high: Annotated[float | None, value("Highest price, in US dollars.")]
    low: Annotated[float | None, value("Lowest price, in US dollars.")]
    close: Annotated[float | None, value("Last price, in US dollars.")]
    volume: Annotated[float | None, sparse("Shares traded.")]


@strawberry.type(description="Prices of a fund's share over a period.")
class FundPrices(Sourced, Candles[FundCandle], columns="FundCandleColumns"):
    count: int = strawberry.field(description="Number of candles.")

    @classmethod
    def decoder(cls) -> Decode[Columns[FundCandle]]:
        return columns_decoder(FundCandle, api.FUND_PRICE_HISTORY)

    @classmethod
    def of(cls, source: DataSource, rows: Columns[FundCandle]) -> Self:
        return from_rows(cls, rows, source=source)
