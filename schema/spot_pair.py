"""A spot pair of one exchange."""

from operator import attrgetter

import strawberry

from cg_client.endpoints import spot as api
from graph_types.problems import Result
from resolvers.field import upstream, upstream_row
from schema.futures.market import PriceSeries
from schema.futures.order_book import LargeOrderHistory, LargeOrders, Orderbook, OrderbookHeatmap
from schema.futures.taker_volume import CumulativeVolumeDeltaSeries, FootprintSeries, TakerVolumeSeries
from schema.listing import BY_PAIR
from schema.market_rows import spot_pair_market
from schema.spot_market import SpotPairMarket
from schema.trading_pair import TradingPair

_ALTERNATIVES = {"SpotPair.orderbook": api.ORDERBOOK_HISTORY}


@strawberry.federation.type(keys=["exchange symbol"], description="A spot pair of one exchange.")
class SpotPair(TradingPair):
    listing = attrgetter("spot")

    market: Result[SpotPairMarket] = upstream_row(
        api.PAIRS_MARKETS, SpotPairMarket, lambda pair: spot_pair_market(pair.instrument)
    )
    price: Result[PriceSeries] = upstream(api.PRICE_HISTORY, PriceSeries, bind=BY_PAIR)
    taker_volume: Result[TakerVolumeSeries] = upstream(api.TAKER_VOLUME_HISTORY, TakerVolumeSeries, bind=BY_PAIR)
    orderbook: Result[Orderbook] = upstream(api.ORDERBOOK_HISTORY, Orderbook, bind=BY_PAIR)
    orderbook_heatmap: Result[OrderbookHeatmap] = upstream(
        api.ORDERBOOK_SNAPSHOTS, OrderbookHeatmap, bind=BY_PAIR, alternatives=_ALTERNATIVES
    )
    large_orders: Result[LargeOrders] = upstream(
        api.LARGE_ORDERS, LargeOrders, bind=BY_PAIR, alternatives=_ALTERNATIVES
    )
    cumulative_volume_delta: Result[CumulativeVolumeDeltaSeries] = upstream(
        api.CVD_HISTORY,
        CumulativeVolumeDeltaSeries,
        bind=BY_PAIR,
        alternatives={"SpotPair.takerVolume": api.TAKER_VOLUME_HISTORY},
    )
    footprint: Result[FootprintSeries] = upstream(
        api.FOOTPRINT_HISTORY,
        FootprintSeries,
        bind=BY_PAIR,
        alternatives={
            "SpotPair.cumulativeVolumeDelta": api.CVD_HISTORY,
            "SpotPair.takerVolume": api.TAKER_VOLUME_HISTORY,
        },
    )
    large_order_history: Result[LargeOrderHistory] = upstream(
        api.LARGE_ORDER_HISTORY, LargeOrderHistory, bind=BY_PAIR, alternatives=_ALTERNATIVES
    )
