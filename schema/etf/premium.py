"""Prices of funds against what their shares are worth."""

from collections.abc import Sequence
from typing import Annotated, Self

import strawberry

from cg_client.call import Call
from cg_client.endpoint import Endpoint
from cg_client.endpoints import etf as api
from cg_client.errors import PayloadMismatch
from cg_client.params.funds_and_chain import FundOrAll
from graph_types.fields import sparse, value
from payloads.columns import Columns
from payloads.series import DailySeries, DayRow, Days, timed_rows
from resolvers.context import Context
from resolvers.daily import Window, daily_payload
from resolvers.endpoint_choice import ByAttribute
from resolvers.field import Decoders
from resolvers.fund_premium import Premium, PremiumDay, decode_premiums
from schema.etf.flows import ETFAsset

PREMIUMS_BY_ASSET = ByAttribute("asset", {ETFAsset.BITCOIN: api.BITCOIN_PREMIUMS})
PREMIUM_DECODERS: Decoders = dict.fromkeys(PREMIUMS_BY_ASSET.endpoints, decode_premiums)


@strawberry.type(description="Price of a fund's share against its net asset value.")
class TickerPremium:
    ticker: Annotated[str, value("Ticker of the fund.")]
    price_usd: Annotated[float | None, sparse("Price of a share, in US dollars.")]
    net_asset_value_usd: Annotated[float | None, sparse("Net asset value of a share, in US dollars.")]
    premium_discount_percent: Annotated[
        float | None, sparse("Price over (or under, when negative) net asset value, in percent.")
    ]

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
class ETFPremiums(DailySeries, Days[ETFPremiumDay], columns=None): ...


async def premiums(context: Context, endpoint: Endpoint, ticker: str | None, window: Window) -> ETFPremiums:
    """Return the days of the window; the ticker names the fund of an answer that names none."""
    answer = await context.loaders.endpoint.load(Call(endpoint, FundOrAll(ticker=ticker), decode_premiums))
    return daily_payload(context, ETFPremiums, answer, _rows(answer.value, ticker), window)


def _rows(days: Sequence[PremiumDay], ticker: str | None) -> Columns[ETFPremiumDay]:
    funds = [[TickerPremium.of(fund, ticker) for fund in day.funds] for day in days]
    return timed_rows(ETFPremiumDay, [day.timestamp for day in days], by_ticker=funds)
