"""Signs from spot markets and lending: Coinbase's premium, margin on Bitfinex, the price of borrowing."""

from typing import Annotated, Any

import strawberry

from cg_client.errors import NoData
from graph_types.fields import sparse
from payloads.series import Points, Series, TimedRow
from resolvers.context import Context

_ON_BITFINEX = ("BTC", "ETH")


async def bitfinex_coin(_: Context, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments unchanged; raises NoData for a coin without figures, before anything is sent."""
    if arguments["symbol"] not in _ON_BITFINEX:
        raise NoData(f"CoinGlass has margin positions on Bitfinex for {' and '.join(_ON_BITFINEX)} only.")
    return arguments


@strawberry.type(description="Premium of bitcoin on Coinbase at one time.")
class CoinbasePremiumPoint(TimedRow):
    premium_usd: Annotated[float | None, sparse("Price on Coinbase less the price elsewhere, in US dollars.")]
    premium_percent: Annotated[float | None, sparse("The same in percent (0.01 is 0.01 %).")]
    coinbase_price_usd: Annotated[float | None, sparse("Price on Coinbase, in US dollars; not always stated.")]


@strawberry.type(description="Premium of bitcoin on Coinbase over time; negative is a discount.")
class CoinbasePremiumSeries(Series, Points[CoinbasePremiumPoint]): ...


@strawberry.type(description="Margin positions on Bitfinex at one time.")
class BitfinexMarginPoint(TimedRow):
    long_quantity: Annotated[float | None, sparse("Margin longs, in coins.")]
    short_quantity: Annotated[float | None, sparse("Margin shorts, in coins.")]


@strawberry.type(description="Margin positions on Bitfinex over time, in coins.")
class BitfinexMarginSeries(Series, Points[BitfinexMarginPoint]): ...


@strawberry.type(description="Interest on a borrowed coin at one time.")
class BorrowRatePoint(TimedRow):
    interest_rate: Annotated[
        float | None,
        sparse("Interest a day, as CoinGlass gives it: whether in percent or as a fraction is not stated."),
    ]


@strawberry.type(description="Interest on a borrowed coin over time, for a day of borrowing.")
class BorrowRateSeries(Series, Points[BorrowRatePoint]): ...
