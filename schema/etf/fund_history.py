"""One fund over time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

import strawberry

from cg_client.call import Decode
from cg_client.endpoints import etf as api
from graph_types.fields import sparse, value
from payloads.columns import Columns
from payloads.from_rows import of_rows
from payloads.series import DailySeries, Time, TimestampOfTime, Timestamps
from payloads.source import Source, Sourced
from resolvers.decode import columns_decoder
from schema.etf.days import Day, TimestampOfDay


@strawberry.type(description="A fund on one day.")
class FundDay:
    time: Day
    timestamp: TimestampOfDay
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


@strawberry.type(description="The days of a fund as columns, index by index.")
class FundDayColumns:
    timestamp: Timestamps
    price_usd: Annotated[Sequence[float | None], value("Prices of a share, in US dollars.")]
    net_asset_value_usd: Annotated[Sequence[float | None], value("Net asset values of a share, in US dollars.")]
    premium_discount_percent: Annotated[
        Sequence[float | None], value("Prices over (or under, when negative) net asset value, in percent.")
    ]
    net_assets_usd: Annotated[Sequence[float | None], value("Net assets, in US dollars.")]
    quantity: Annotated[Sequence[float | None], value("Coins held.")]
    shares_outstanding: Annotated[Sequence[float | None], value("Shares outstanding.")]


@strawberry.type(description="Assets, holdings and price of a fund, by day.")
class FundHistory(DailySeries):
    days: Sequence[FundDay] = strawberry.field(description="The days, oldest first.")
    columns: FundDayColumns = strawberry.field(description="The same days as columns.")
    latest: FundDay | None = strawberry.field(description="The newest day.")


@strawberry.type(description="Price of a fund's share over one interval, which CoinGlass chooses.")
class FundCandle:
    time: Time
    timestamp: TimestampOfTime
    open: Annotated[float | None, value("First price, in US dollars.")]
    high: Annotated[float | None, value("Highest price, in US dollars.")]
    low: Annotated[float | None, value("Lowest price, in US dollars.")]
    close: Annotated[float | None, value("Last price, in US dollars.")]
    volume: Annotated[float | None, sparse("Shares traded.")]


@strawberry.type(description="Prices of a fund's share as columns, index by index.")
class FundCandleColumns:
    timestamp: Timestamps
    open: Annotated[Sequence[float | None], value("First prices, in US dollars.")]
    high: Annotated[Sequence[float | None], value("Highest prices, in US dollars.")]
    low: Annotated[Sequence[float | None], value("Lowest prices, in US dollars.")]
    close: Annotated[Sequence[float | None], value("Last prices, in US dollars.")]
    volume: Annotated[Sequence[float | None], value("Shares traded.")]


@strawberry.type(description="Prices of a fund's share over a period.")
class FundPrices(Sourced):
    count: int = strawberry.field(description="Number of candles.")
    candles: Sequence[FundCandle] = strawberry.field(description="The candles, oldest first.")
    columns: FundCandleColumns = strawberry.field(description="The same candles as columns.")
    latest: FundCandle | None = strawberry.field(description="The newest candle.")

    @classmethod
    def decoder(cls) -> Decode[Columns[FundCandle]]:
        return columns_decoder(FundCandle, api.fund.PRICE_HISTORY)

    @classmethod
    def of(cls, source: Source, rows: Columns[FundCandle]) -> Self:
        return of_rows(cls, rows, source=source)
