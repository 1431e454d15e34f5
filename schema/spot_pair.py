"""A spot pair of one exchange."""

from operator import attrgetter

import strawberry

from cg_client.endpoints import spot as api
from graph_types.problems import Result
from resolvers.field import upstream, upstream_row
from schema.futures.cumulative_volume_delta import CumulativeVolumeDeltaSeries
from schema.futures.footprint import FootprintSeries
from schema.futures.market import PriceSeries
from schema.futures.order_book import (
    LargeOrderHistory,
    LargeOrders,
    Orderbook,
    OrderbookHeatmap,
)
from schema.futures.taker_volume import TakerVolumeSeries
from schema.listing import BY_PAIR
from schema.market_rows import spot_pair_market
from schema.spot.market import SpotPairMarket
from schema.trading_pair import TradingPair

_ALTERNATIVES = {"SpotPair.orderbook": api.order_book.HISTORY}


@strawberry.federation.type(keys=["exchange symbol"], description="A spot pair of one exchange.")
class SpotPair(TradingPair):
    listing = attrgetter("spot")

    market: Result[SpotPairMarket] = upstream_row(
        api.market.PAIRS_MARKETS, SpotPairMarket, lambda pair: spot_pair_market(pair.instrument)
    )
    price: Result[PriceSeries] = upstream(api.market.PRICE_HISTORY, PriceSeries, bind=BY_PAIR)
    taker_volume: Result[TakerVolumeSeries] = upstream(api.taker_volume.HISTORY, TakerVolumeSeries, bind=BY_PAIR)
    orderbook: Result[Orderbook] = upstream(api.order_book.HISTORY, Orderbook, bind=BY_PAIR)
    orderbook_heatmap: Result[OrderbookHeatmap] = upstream(
        api.order_book.SNAPSHOTS, OrderbookHeatmap, bind=BY_PAIR, alternatives=_ALTERNATIVES
    )
    large_orders: Result[LargeOrders] = upstream(
        api.order_book.LARGE_ORDERS, LargeOrders, bind=BY_PAIR, alternatives=_ALTERNATIVES
    )
    cumulative_volume_delta: Result[CumulativeVolumeDeltaSeries] = upstream(
        api.cumulative_volume_delta.HISTORY,
        CumulativeVolumeDeltaSeries,
        bind=BY_PAIR,
        alternatives={"SpotPair.takerVolume": api.taker_volume.HISTORY},
    )
    footprint: Result[FootprintSeries] = upstream(
        api.footprint.HISTORY,
        FootprintSeries,
        bind=BY_PAIR,
        alternatives={
            "SpotPair.cumulativeVolumeDelta": api.cumulative_volume_delta.HISTORY,
            "SpotPair.takerVolume": api.taker_volume.HISTORY,
        },
    )
    large_order_history: Result[LargeOrderHistory] = upstream(
        api.order_book.LARGE_ORDER_HISTORY, LargeOrderHistory, bind=BY_PAIR, alternatives=_ALTERNATIVES
    )
