"""One fund over time."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from cg_client.call import Decode
from cg_client.endpoints import etf as api
from graph_types.fields import sparse, value
from payloads.columns import Columns
from payloads.series import Candles, DailySeries, DayRow, Days, TimedRow, from_rows
from payloads.source import Source, Sourced
from resolvers.decode import columns_decoder


@strawberry.type(description="A fund on one day.")
class FundDay(DayRow):
    market_time: Annotated[datetime | None, sparse("Day of the price.")]
    ticker: Annotated[str, value("Ticker.")]
    name: Annotated[str | None, sparse("Name.")]
    price_usd: Annotated[float | None, sparse("Price of a share, in US dollars.")]
    net_asset_value_usd: Annotated[float | None, sparse("Net asset value of a share, in US dollars.")]
    premium_discount_percent: Annotated[
        float | None, sparse("Price over (or under, when negative) net asset value, in percent.")
    ]
    net_assets_usd: Annotated[float | None, sparse("Net assets, in US dollars.")]
    quantity: Annotated[float | None, sparse("Coins held.")]
    shares_outstanding: Annotated[float | None, sparse("Shares outstanding.")]


@strawberry.type(description="Assets, holdings and price of a fund, by day.")
class FundHistory(
    DailySeries, Days[FundDay], columns="FundDayColumns", rows_only=("market_time", "ticker", "name")
): ...


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
    def of(cls, source: Source, rows: Columns[FundCandle]) -> Self:
        return from_rows(cls, rows, source=source)
