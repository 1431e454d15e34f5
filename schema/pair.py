"""A futures instrument of one exchange."""

from operator import attrgetter

import strawberry

from cg_client.endpoints import futures as api
from graph_types.fields import resolved
from graph_types.problems import Result
from resolvers.field import upstream, upstream_row
from schema.futures.funding_rate import FundingSeries
from schema.futures.indices import BasisSeries, WhaleIndexSeries
from schema.futures.liquidation import PAIR_ORDERS, LiquidationOrders, Liquidations
from schema.futures.liquidation_heatmap import PAIR_BY_MODEL, LiquidationHeatmap, LiquidationMap
from schema.futures.liquidation_profile import PAIR_PROFILE, LiquidationProfile
from schema.futures.long_short import BY_KIND, BY_VERSION, LongShortSeries, NetPositionSeries
from schema.futures.market import PairMarket, PriceSeries
from schema.futures.open_interest import OISeries
from schema.futures.order_book import LargeOrderHistory, LargeOrders, Orderbook, OrderbookHeatmap
from schema.futures.taker_volume import CumulativeVolumeDeltaSeries, FootprintSeries, TakerVolumeSeries
from schema.futures.technical import (
    AverageTrueRangeSeries,
    BollingerBandsSeries,
    MACDSeries,
    MovingAverageSeries,
    RSISeries,
    TDSequentialSeries,
)
from schema.listing import BY_PAIR
from schema.market_rows import pair_market
from schema.trading_pair import TradingPair

_LIQUIDATION_ALTERNATIVES = {
    "Pair.liquidations": api.liquidation.HISTORY,
    "Pair.liquidationProfile": api.liquidation.HISTORY,
}
_ORDERBOOK_ALTERNATIVES = {"Pair.orderbook": api.order_book.HISTORY}
_INDICATOR_ALTERNATIVES = {"Pair.price": api.market.PRICE_HISTORY}


@strawberry.federation.type(keys=["exchange symbol"], description="A futures instrument of one exchange.")
class Pair(TradingPair):
    listing = attrgetter("futures")

    market: Result[PairMarket] = upstream_row(
        api.market.PAIRS_MARKETS, PairMarket, lambda pair: pair_market(pair.instrument)
    )
    price: Result[PriceSeries] = upstream(api.market.PRICE_HISTORY, PriceSeries, bind=BY_PAIR)
    funding_rate: Result[FundingSeries] = upstream(api.funding_rate.HISTORY, FundingSeries, bind=BY_PAIR)
    open_interest: Result[OISeries] = upstream(api.open_interest.HISTORY, OISeries, bind=BY_PAIR)
    long_short_ratio: Result[LongShortSeries] = upstream(
        BY_KIND,
        LongShortSeries,
        bind=BY_PAIR,
        description="Long/short ratio of a futures pair, by accounts or by positions.",
    )
    taker_volume: Result[TakerVolumeSeries] = upstream(api.taker_volume.HISTORY, TakerVolumeSeries, bind=BY_PAIR)
    liquidations: Result[Liquidations] = upstream(api.liquidation.HISTORY, Liquidations, bind=BY_PAIR)
    liquidation_heatmap: Result[LiquidationHeatmap] = upstream(
        PAIR_BY_MODEL,
        LiquidationHeatmap,
        bind=BY_PAIR,
        alternatives=_LIQUIDATION_ALTERNATIVES,
        description="Where leveraged positions would be liquidated, over time and price.",
    )
    liquidation_map: Result[LiquidationMap] = upstream(
        api.liquidation.MAP, LiquidationMap, bind=BY_PAIR, alternatives=_LIQUIDATION_ALTERNATIVES
    )
    liquidation_orders: Result[LiquidationOrders] = PAIR_ORDERS
    liquidation_profile: Result[LiquidationProfile] = PAIR_PROFILE
    orderbook: Result[Orderbook] = upstream(api.order_book.HISTORY, Orderbook, bind=BY_PAIR)
    orderbook_heatmap: Result[OrderbookHeatmap] = upstream(
        api.order_book.SNAPSHOTS, OrderbookHeatmap, bind=BY_PAIR, alternatives=_ORDERBOOK_ALTERNATIVES
    )
    large_orders: Result[LargeOrders] = upstream(
        api.order_book.LARGE_ORDERS, LargeOrders, bind=BY_PAIR, alternatives=_ORDERBOOK_ALTERNATIVES
    )
    rsi: Result[RSISeries] = upstream(api.technical.RSI, RSISeries, bind=BY_PAIR, alternatives=_INDICATOR_ALTERNATIVES)
    moving_average: Result[MovingAverageSeries] = upstream(
        api.technical.MOVING_AVERAGE, MovingAverageSeries, bind=BY_PAIR, alternatives=_INDICATOR_ALTERNATIVES
    )
    exponential_moving_average: Result[MovingAverageSeries] = upstream(
        api.technical.EXPONENTIAL_MOVING_AVERAGE,
        MovingAverageSeries,
        bind=BY_PAIR,
        alternatives=_INDICATOR_ALTERNATIVES,
    )
    bollinger_bands: Result[BollingerBandsSeries] = upstream(
        api.technical.BOLLINGER_BANDS, BollingerBandsSeries, bind=BY_PAIR, alternatives=_INDICATOR_ALTERNATIVES
    )
    macd: Result[MACDSeries] = upstream(
        api.technical.MACD, MACDSeries, bind=BY_PAIR, alternatives=_INDICATOR_ALTERNATIVES
    )
    average_true_range: Result[AverageTrueRangeSeries] = upstream(
        api.technical.AVERAGE_TRUE_RANGE, AverageTrueRangeSeries, bind=BY_PAIR, alternatives=_INDICATOR_ALTERNATIVES
    )
    td_sequential: Result[TDSequentialSeries] = upstream(
        api.technical.TD_SEQUENTIAL, TDSequentialSeries, bind=BY_PAIR, alternatives=_INDICATOR_ALTERNATIVES
    )
    basis: Result[BasisSeries] = upstream(api.indices.BASIS_HISTORY, BasisSeries, bind=BY_PAIR)
    whale_index: Result[WhaleIndexSeries] = upstream(api.indices.WHALE_INDEX_HISTORY, WhaleIndexSeries, bind=BY_PAIR)
    net_position: Result[NetPositionSeries] = upstream(
        BY_VERSION,
        NetPositionSeries,
        bind=BY_PAIR,
        alternatives={"Pair.longShortRatio": api.long_short.TOP_POSITIONS},
        description="Changes of net longs and net shorts of a futures pair, in coins.",
    )
    cumulative_volume_delta: Result[CumulativeVolumeDeltaSeries] = upstream(
        api.taker_volume.CVD_HISTORY,
        CumulativeVolumeDeltaSeries,
        bind=BY_PAIR,
        alternatives={"Pair.takerVolume": api.taker_volume.HISTORY},
    )
    footprint: Result[FootprintSeries] = upstream(
        api.taker_volume.FOOTPRINT_HISTORY,
        FootprintSeries,
        bind=BY_PAIR,
        alternatives={
            "Pair.cumulativeVolumeDelta": api.taker_volume.CVD_HISTORY,
            "Pair.takerVolume": api.taker_volume.HISTORY,
        },
    )
    large_order_history: Result[LargeOrderHistory] = upstream(
        api.order_book.LARGE_ORDER_HISTORY, LargeOrderHistory, bind=BY_PAIR, alternatives=_ORDERBOOK_ALTERNATIVES
    )

    @resolved("Asset in which the contract settles; not always stated.")
    def settlement(self) -> str | None:
        return self.instrument.settlement

    @resolved("Highest leverage, as a multiple; not always stated.")
    def max_leverage(self) -> float | None:
        return self.instrument.max_leverage

    @resolved("Hours between two fundings; not always stated.")
    def funding_interval_hours(self) -> float | None:
        return self.instrument.funding_interval_hours

    @resolved("Smallest step of the price, in the quote asset; not always stated.")
    def price_tick_size(self) -> float | None:
        return self.instrument.price_tick_size
