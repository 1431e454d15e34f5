"""A coin."""

from operator import methodcaller
from typing import Self, cast

import strawberry

from cg_client.endpoints import futures, indicators, spot
from cg_client.errors import CoinglassError
from cg_client.params.core import ChosenExchanges
from cg_client.params.positions import AccumulatedFunding, MaxPain
from graph_types.fields import resolved
from graph_types.problems import Result
from pagination.connections import FIRST, After, Connection, First
from resolvers.arguments import blamed_on
from resolvers.context import Info
from resolvers.costs import CONNECTION
from resolvers.daily import upstream_daily
from resolvers.endpoint_choice import ByArgument
from resolvers.exchanges import futures_exchanges, named_exchanges, spot_exchanges
from resolvers.field import upstream, upstream_row
from schema.futures.funding_rate import (
    AccumulatedFundingRates,
    CoinAccumulatedFunding,
    CurrentFundingRates,
    FundingSeries,
    FundingWeighting,
)
from schema.futures.liquidation import CoinMaxPain, LiquidationMaxPain, Liquidations, LiquidationsByExchange
from schema.futures.liquidation_heatmap import COIN_BY_MODEL, LiquidationHeatmap, LiquidationMap
from schema.futures.market import CoinMarket
from schema.futures.open_interest import (
    BY_MARGIN,
    OISeries,
    OpenInterestByExchange,
    OpenInterestHistoryByExchange,
    margined_exchanges,
)
from schema.futures.order_book import Orderbook
from schema.futures.taker_volume import (
    CoinNetflow,
    CumulativeVolumeDeltaSeries,
    TakerVolumeByExchange,
    TakerVolumeSeries,
)
from schema.indicators.market import BitfinexMarginSeries, BorrowRateSeries, FuturesSpotVolumeRatioSeries, bitfinex_coin
from schema.listing import ExchangeFilter
from schema.market_rows import (
    accumulated_funding_rates,
    coin_market,
    funding_rates,
    liquidation_max_pain,
    spot_coin_market,
)
from schema.options import Options
from schema.pair import Pair
from schema.sentiment import Sentiment
from schema.spot_market import CoinMarketHistory, SpotCoinMarket
from schema.spot_pair import SpotPair

_COIN = {"symbol": "symbol"}
_LIQUIDATION_ALTERNATIVES = {
    "Coin.liquidations": futures.liquidation.AGGREGATED_HISTORY,
    "Coin.liquidationsByExchange": futures.liquidation.EXCHANGE_LIST,
}
_MARKET_ALTERNATIVES = {
    "Coin.openInterestByExchange": futures.open_interest.EXCHANGE_LIST,
    "Coin.currentFundingRates": futures.funding_rate.EXCHANGE_LIST,
    "Pair.market": futures.market.PAIRS_MARKETS,
}
_BY_WEIGHTING = ByArgument(
    "weighting",
    "How the rates of the exchanges are averaged.",
    {
        FundingWeighting.OPEN_INTEREST: futures.funding_rate.OI_WEIGHTED_HISTORY,
        FundingWeighting.VOLUME: futures.funding_rate.VOLUME_WEIGHTED_HISTORY,
    },
    FundingWeighting.OPEN_INTEREST,
)


@strawberry.federation.type(keys=["symbol"], description="A coin, with its futures, spot and options markets.")
class Coin:
    """A coin; `unresolved` is the error of its lookup, for which only its parts are missing."""

    symbol: str = strawberry.field(description="Ticker, e.g. `BTC`.")
    unresolved: strawberry.Private[CoinglassError | None] = None

    market: Result[CoinMarket] = upstream_row(
        futures.market.COINS_MARKETS,
        CoinMarket,
        lambda coin, **arguments: coin_market(coin.symbol, **arguments),
        params=ChosenExchanges,
        prepare=named_exchanges,
        alternatives=_MARKET_ALTERNATIVES,
    )
    spot_market: Result[SpotCoinMarket] = upstream_row(
        spot.COINS_MARKETS,
        SpotCoinMarket,
        lambda coin: spot_coin_market(coin.symbol),
        alternatives={"SpotPair.market": spot.PAIRS_MARKETS},
    )
    market_history: Result[CoinMarketHistory] = upstream_daily(spot.COIN_HISTORY, CoinMarketHistory, bind=_COIN)
    funding_rate: Result[FundingSeries] = upstream(
        _BY_WEIGHTING, FundingSeries, bind=_COIN, description="Funding rate over all exchanges, as candles."
    )
    current_funding_rates: Result[CurrentFundingRates] = upstream_row(
        futures.funding_rate.EXCHANGE_LIST, CurrentFundingRates, lambda coin: funding_rates(coin.symbol)
    )
    open_interest: Result[OISeries] = upstream(
        BY_MARGIN,
        OISeries,
        bind=_COIN,
        prepare=margined_exchanges,
        description="Open interest over all exchanges, or of one margin over chosen exchanges, as candles.",
    )
    open_interest_by_exchange: Result[OpenInterestByExchange] = upstream(
        futures.open_interest.EXCHANGE_LIST, OpenInterestByExchange, bind=_COIN
    )
    taker_volume: Result[TakerVolumeSeries] = upstream(
        futures.taker_volume.AGGREGATED_HISTORY, TakerVolumeSeries, bind=_COIN, prepare=futures_exchanges
    )
    taker_volume_by_exchange: Result[TakerVolumeByExchange] = upstream(
        futures.taker_volume.EXCHANGE_LIST, TakerVolumeByExchange, bind=_COIN
    )
    spot_taker_volume: Result[TakerVolumeSeries] = upstream(
        spot.AGGREGATED_TAKER_VOLUME_HISTORY, TakerVolumeSeries, bind=_COIN, prepare=spot_exchanges
    )
    liquidations: Result[Liquidations] = upstream(
        futures.liquidation.AGGREGATED_HISTORY, Liquidations, bind=_COIN, prepare=futures_exchanges
    )
    liquidations_by_exchange: Result[LiquidationsByExchange] = upstream(
        futures.liquidation.EXCHANGE_LIST,
        LiquidationsByExchange,
        bind=_COIN,
        description="Liquidations of the coin on each exchange.",
    )
    liquidation_heatmap: Result[LiquidationHeatmap] = upstream(
        COIN_BY_MODEL,
        LiquidationHeatmap,
        bind=_COIN,
        alternatives=_LIQUIDATION_ALTERNATIVES,
        description="Where leveraged positions would be liquidated, over time and price, on all exchanges together.",
    )
    liquidation_map: Result[LiquidationMap] = upstream(
        futures.liquidation.AGGREGATED_MAP, LiquidationMap, bind=_COIN, alternatives=_LIQUIDATION_ALTERNATIVES
    )
    orderbook: Result[Orderbook] = upstream(
        futures.order_book.AGGREGATED_HISTORY, Orderbook, bind=_COIN, prepare=futures_exchanges
    )
    spot_orderbook: Result[Orderbook] = upstream(
        spot.AGGREGATED_ORDERBOOK_HISTORY, Orderbook, bind=_COIN, prepare=spot_exchanges
    )
    accumulated_funding_rates: Result[AccumulatedFundingRates] = upstream_row(
        futures.funding_rate.ACCUMULATED_EXCHANGE_LIST,
        AccumulatedFundingRates,
        lambda coin, **arguments: accumulated_funding_rates(coin.symbol, arguments["range"]),
        params=AccumulatedFunding,
        record=CoinAccumulatedFunding,
    )
    liquidation_max_pain: Result[LiquidationMaxPain] = upstream_row(
        futures.liquidation.MAX_PAIN,
        LiquidationMaxPain,
        lambda coin, **arguments: liquidation_max_pain(coin.symbol, arguments["range"]),
        params=MaxPain,
        record=CoinMaxPain,
        alternatives={"Coin.liquidations": futures.liquidation.AGGREGATED_HISTORY},
        description="Prices at which most longs and most shorts of the coin would be liquidated.",
    )
    open_interest_history_by_exchange: Result[OpenInterestHistoryByExchange] = upstream(
        futures.open_interest.EXCHANGE_HISTORY, OpenInterestHistoryByExchange, bind=_COIN
    )
    cumulative_volume_delta: Result[CumulativeVolumeDeltaSeries] = upstream(
        futures.taker_volume.AGGREGATED_CVD_HISTORY,
        CumulativeVolumeDeltaSeries,
        bind=_COIN,
        prepare=futures_exchanges,
        alternatives={"Coin.takerVolume": futures.taker_volume.AGGREGATED_HISTORY},
    )
    spot_cumulative_volume_delta: Result[CumulativeVolumeDeltaSeries] = upstream(
        spot.AGGREGATED_CVD_HISTORY,
        CumulativeVolumeDeltaSeries,
        bind=_COIN,
        prepare=spot_exchanges,
        alternatives={"Coin.spotTakerVolume": spot.AGGREGATED_TAKER_VOLUME_HISTORY},
    )
    netflow: Result[CoinNetflow] = upstream(
        futures.taker_volume.COIN_NETFLOW,
        CoinNetflow,
        bind=_COIN,
        prepare=futures_exchanges,
        alternatives={"Coin.takerVolume": futures.taker_volume.AGGREGATED_HISTORY},
    )
    spot_netflow: Result[CoinNetflow] = upstream(
        spot.COIN_NETFLOW,
        CoinNetflow,
        bind=_COIN,
        prepare=spot_exchanges,
        alternatives={"Coin.spotTakerVolume": spot.AGGREGATED_TAKER_VOLUME_HISTORY},
    )

    futures_spot_volume_ratio: Result[FuturesSpotVolumeRatioSeries] = upstream(
        indicators.market.FUTURES_SPOT_VOLUME_RATIO,
        FuturesSpotVolumeRatioSeries,
        bind=_COIN,
        prepare=futures_exchanges,
    )
    bitfinex_margin: Result[BitfinexMarginSeries] = upstream(
        indicators.market.BITFINEX_MARGIN, BitfinexMarginSeries, bind=_COIN, prepare=bitfinex_coin
    )
    borrow_rate: Result[BorrowRateSeries] = upstream(indicators.market.BORROW_RATE, BorrowRateSeries, bind=_COIN)

    @resolved("Futures instruments of the coin.", **CONNECTION)
    async def pairs(
        self, info: Info, exchange: ExchangeFilter = None, first: First = FIRST, after: After = None
    ) -> Connection[Pair] | None:
        return await Pair.page(info, exchange, self.symbol, first, after)

    @resolved("Spot pairs of the coin.", **CONNECTION)
    async def spot_pairs(
        self, info: Info, exchange: ExchangeFilter = None, first: First = FIRST, after: After = None
    ) -> Connection[SpotPair] | None:
        return await SpotPair.page(info, exchange, self.symbol, first, after)

    @resolved("Options of the coin: open interest, volume and max pain.")
    def options(self) -> Options:
        return Options(symbol=self.symbol, unresolved=self.unresolved)

    @resolved("Sentiment around the coin: fear and greed, long/short ratio, taker volume.")
    def sentiment(self) -> Sentiment:
        return Sentiment(coin=self.symbol, unresolved=self.unresolved)

    @classmethod
    def look_up(cls, info: Info, symbol: str) -> Self:
        """Return the coin if the listing is in memory, otherwise the awaitable of `find`."""
        name = info.context.symbols.futures_coins.peek(methodcaller("require", symbol))
        return cast("Self", cls.find(info, symbol)) if name is None else cls(symbol=name)

    @classmethod
    async def find(cls, info: Info, symbol: str) -> Self:
        """Look the coin up; raises UnknownName."""
        try:
            with blamed_on("symbol"):
                return cls(symbol=await info.context.symbols.coin(symbol))
        except CoinglassError as error:
            info.context.validity.mark_uncacheable()
            return cls(symbol=symbol, unresolved=error)

    @classmethod
    async def resolve_reference(cls, info: Info, symbol: str) -> Self:
        return await cls.find(info, symbol)
