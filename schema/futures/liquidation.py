"""Liquidations: history, totals, single orders, and the prices of max pain."""

import dataclasses
from datetime import datetime, timedelta
from typing import Annotated, Any, Self

import strawberry

from cg_client.call import Call
from cg_client.endpoints import futures as api
from cg_client.errors import BeyondRetention
from cg_client.params.positions import LiquidationOrdersParams as OrdersParams
from cg_client.symbols.aliases import fold
from graph_types.enums import OrderSide
from graph_types.fields import group, sparse, value
from payloads.series import Bars, Series, TimedRow
from payloads.source import CappedList, DataSource, Sourced
from resolvers.arguments import arguments_of, sign
from resolvers.context import Info
from resolvers.decode import rows_decoder
from resolvers.field import composed
from resolvers.lists import is_capped
from schema.futures.open_interest import split_total
from schema.listing import BY_PAIR, ListedPair


@strawberry.type(description="Liquidations of one interval.")
class LiquidationBar(TimedRow):
    long_usd: Annotated[float | None, value("Longs liquidated, in US dollars.")]
    short_usd: Annotated[float | None, value("Shorts liquidated, in US dollars.")]


@strawberry.type(description="Liquidations over time, in US dollars.")
class Liquidations(Series, Bars[LiquidationBar]): ...


@strawberry.type(description="Liquidations of one period, in US dollars.")
class LiquidationTotals:
    usd: Annotated[float | None, sparse("Longs and shorts liquidated, in US dollars.", source_name="liquidation_usd")]
    long_usd: Annotated[float | None, sparse("Longs liquidated, in US dollars.", source_name="long_liquidation_usd")]
    short_usd: Annotated[float | None, sparse("Shorts liquidated, in US dollars.", source_name="short_liquidation_usd")]


@strawberry.type(description="Liquidations by period, in US dollars.")
class LiquidationsByPeriod:
    h1: Annotated[LiquidationTotals, group("Over 1 hour.", "{}_1h")]
    h4: Annotated[LiquidationTotals, group("Over 4 hours.", "{}_4h")]
    h12: Annotated[LiquidationTotals, group("Over 12 hours.", "{}_12h")]
    h24: Annotated[LiquidationTotals, group("Over 24 hours.", "{}_24h")]


@strawberry.type(description="Liquidations on one exchange over the period.")
class ExchangeLiquidations:
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it; `All` for the total.")]
    usd: Annotated[float | None, sparse("Longs and shorts liquidated, in US dollars.")]
    long_usd: Annotated[float | None, sparse("Longs liquidated, in US dollars.")]
    short_usd: Annotated[float | None, sparse("Shorts liquidated, in US dollars.")]


@strawberry.type(description="Liquidations over the period: in all, and on each exchange.")
class LiquidationsByExchange(Sourced):
    total: ExchangeLiquidations | None = strawberry.field(description="All exchanges together.")
    exchanges: list[ExchangeLiquidations] = strawberry.field(description="Each exchange, as CoinGlass orders them.")

    @classmethod
    def of(cls, source: DataSource, rows: list[ExchangeLiquidations]) -> Self:
        return cls(source=source, **split_total(rows))


@strawberry.type(description="Liquidations of one coin on an exchange.")
class CoinLiquidations:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    by_period: Annotated[LiquidationsByPeriod, group("Liquidations of the last 1, 4, 12 and 24 hours.")]


@strawberry.type(description="Liquidations of each coin on an exchange.")
class LiquidationsByCoin(Sourced):
    coins: list[CoinLiquidations] = strawberry.field(description="The coins, as CoinGlass orders them.")


@strawberry.type(description="A liquidation: the forced order that closed a position.")
class LiquidationOrder:
    time: Annotated[datetime | None, value("When the position was liquidated.")]
    exchange: Annotated[str, value("Exchange, as CoinGlass labels it here: in capitals.")]
    symbol: Annotated[str, value("The exchange's own code of the pair.")]
    base: Annotated[str | None, sparse("Base asset.")]
    side: Annotated[
        OrderSide | None,
        value(
            "Side of the liquidating order, by CoinGlass' REST page: SELL closes a long, BUY a short.",
            codes={1: OrderSide.BUY, 2: OrderSide.SELL},
        ),
    ]
    price: Annotated[float | None, value("Price, in US dollars.")]
    usd: Annotated[float | None, value("Value of the liquidation, in US dollars.")]


@strawberry.type(
    description="Single liquidations of the past seven days. `capped` is about CoinGlass' answer, which has those of "
    "the whole coin on the exchange, and `orders` those of the pair: narrow the window or raise `minUsd`."
)
class LiquidationOrders(CappedList):
    orders: list[LiquidationOrder] = strawberry.field(description="The liquidations, as CoinGlass orders them.")


_ORDERS = rows_decoder(LiquidationOrder, api.liquidation.ORDERS)
_INSTANT = timedelta(milliseconds=1)
_RETENTION = timedelta(days=7)


async def _pair_orders(self: ListedPair, info: Info, **arguments: Any) -> LiquidationOrders:  # noqa: ANN401  # as the signature states
    """Fetch the orders of the coin on the exchange and select those of the pair and of the window.

    CoinGlass ends a window before `end_time`. The request therefore ends at the next millisecond.
    """
    params = OrdersParams(exchange=self.exchange, symbol=self.instrument.base, **arguments)
    _check_retention(params, info.context.client.clock.now())
    sent = params if params.to is None else dataclasses.replace(params, to=params.to + _INSTANT)
    answer = await info.context.loaders.endpoint.load(Call(api.liquidation.ORDERS, sent, _ORDERS))
    return LiquidationOrders(
        source=DataSource.of([answer]),
        orders=[order for order in answer.value if fold(order.symbol) == fold(self.symbol) and _is_in(order, params)],
        capped=is_capped(answer),
    )


def _check_retention(window: OrdersParams, now: datetime) -> None:
    """Raise BeyondRetention for a window that starts or ends before the oldest orders of CoinGlass."""
    earliest, oldest = window.from_ or window.to, now - _RETENTION
    if earliest is not None and earliest < oldest:
        raise BeyondRetention(
            f"CoinGlass keeps seven days of single liquidations; ask from {oldest:%Y-%m-%dT%H:%MZ} on.",
            available_from=oldest,
        )


def _is_in(order: LiquidationOrder, window: OrdersParams) -> bool:
    """Whether the order may lie in the window: if its time could not be read, CoinGlass' selection counts."""
    if order.time is None:
        return True
    return (window.from_ is None or window.from_ <= order.time) and (window.to is None or order.time <= window.to)


sign(_pair_orders, arguments_of(OrdersParams, BY_PAIR, {}))
PAIR_ORDERS: Any = composed(
    api.liquidation.ORDERS,
    description="Single liquidations of the pair, of the past seven days: those among the 200 that CoinGlass gives at "
    "most for its coin and the window.",
    alternatives={"Pair.liquidations": api.liquidation.HISTORY},
    decoders={api.liquidation.ORDERS: _ORDERS},
)(_pair_orders)


@strawberry.type(description="Where most positions of one side would be liquidated.")
class MaxPainSide:
    price_usd: Annotated[float | None, sparse("Price at which most would be liquidated, in US dollars.")]
    size_usd: Annotated[float | None, sparse("What would be liquidated there, in US dollars.")]


@strawberry.type(description="Where most longs and most shorts of a coin would be liquidated.")
class CoinMaxPain:
    symbol: Annotated[str, value("Ticker of the coin, e.g. `BTC`.")]
    price_usd: Annotated[float | None, sparse("Price of the coin, in US dollars.")]
    long: Annotated[MaxPainSide, group("Where most longs would be liquidated, by CoinGlass' label.", "long_{}")]
    short: Annotated[MaxPainSide, group("Where most shorts would be liquidated, by CoinGlass' label.", "short_{}")]


@strawberry.type(description="Where most longs and most shorts of one coin would be liquidated.")
class LiquidationMaxPain(CoinMaxPain, Sourced): ...


@strawberry.type(description="Where most longs and most shorts of each coin would be liquidated.")
class LiquidationMaxPains(Sourced):
    coins: list[CoinMaxPain] = strawberry.field(description="The coins, as CoinGlass orders them.")
