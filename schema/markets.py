"""Lists over the whole market."""

import strawberry

from cg_client.endpoints import futures, spot
from graph_types.problems import Result
from resolvers.daily import upstream_daily
from resolvers.exchanges import named_exchanges
from resolvers.field import upstream
from resolvers.pages import upstream_paged
from schema.futures.funding_rate import AccumulatedFundingRatesByCoin, FundingArbitrage
from schema.futures.indices import DerivativesIndex, DerivativesRiskIndex
from schema.futures.liquidation import LiquidationMaxPains, LiquidationsByExchange
from schema.futures.market import DelistedPairs, ExchangeRanking, PriceChanges
from schema.futures.taker_volume import FuturesNetflows, SpotNetflows
from schema.futures.technical import (
    AverageTrueRangeByCoin,
    MACDByCoin,
    MovingAveragesByCoin,
    RSIByCoin,
    TDSequentialByCoin,
)
from schema.screeners import COIN_MARKETS, SPOT_COIN_MARKETS, CoinMarketConnection, SpotCoinMarketConnection


@strawberry.type(description="Lists over the whole market.")
class Markets:
    coins: Result[CoinMarketConnection] = COIN_MARKETS
    spot_coins: Result[SpotCoinMarketConnection] = SPOT_COIN_MARKETS
    liquidations_by_exchange: Result[LiquidationsByExchange] = upstream(
        futures.liquidation.EXCHANGE_LIST,
        LiquidationsByExchange,
        description="Liquidations on each exchange, of one coin or of all together.",
    )
    rsi: Result[RSIByCoin] = upstream(
        futures.technical.RSI_LIST, RSIByCoin, alternatives={"Pair.rsi": futures.technical.RSI}
    )
    moving_averages: Result[MovingAveragesByCoin] = upstream(
        futures.technical.MOVING_AVERAGE_LIST,
        MovingAveragesByCoin,
        alternatives={"Pair.movingAverage": futures.technical.MOVING_AVERAGE},
    )
    exponential_moving_averages: Result[MovingAveragesByCoin] = upstream(
        futures.technical.EXPONENTIAL_MOVING_AVERAGE_LIST,
        MovingAveragesByCoin,
        alternatives={"Pair.exponentialMovingAverage": futures.technical.EXPONENTIAL_MOVING_AVERAGE},
    )
    macd: Result[MACDByCoin] = upstream(
        futures.technical.MACD_LIST, MACDByCoin, alternatives={"Pair.macd": futures.technical.MACD}
    )
    average_true_range: Result[AverageTrueRangeByCoin] = upstream(
        futures.technical.AVERAGE_TRUE_RANGE_LIST,
        AverageTrueRangeByCoin,
        alternatives={"Pair.averageTrueRange": futures.technical.AVERAGE_TRUE_RANGE},
    )
    td_sequential: Result[TDSequentialByCoin] = upstream(
        futures.technical.TD_SEQUENTIAL_LIST,
        TDSequentialByCoin,
        alternatives={"Pair.tdSequential": futures.technical.TD_SEQUENTIAL},
    )
    derivatives_index: Result[DerivativesIndex] = upstream_daily(futures.indices.DERIVATIVES_INDEX, DerivativesIndex)
    derivatives_risk_index: Result[DerivativesRiskIndex] = upstream_daily(
        futures.indices.DERIVATIVES_RISK_INDEX, DerivativesRiskIndex
    )

    accumulated_funding_rates: Result[AccumulatedFundingRatesByCoin] = upstream(
        futures.funding_rate.ACCUMULATED_EXCHANGE_LIST,
        AccumulatedFundingRatesByCoin,
        description="Funding rates of each coin on each exchange, added up over a period.",
    )
    funding_arbitrage: Result[FundingArbitrage] = upstream(
        futures.funding_rate.ARBITRAGE,
        FundingArbitrage,
        prepare=named_exchanges,
        alternatives={"Coin.currentFundingRates": futures.funding_rate.EXCHANGE_LIST},
    )
    liquidation_max_pain: Result[LiquidationMaxPains] = upstream(
        futures.liquidation.MAX_PAIN,
        LiquidationMaxPains,
        alternatives={"Coin.liquidations": futures.liquidation.AGGREGATED_HISTORY},
    )
    price_changes: Result[PriceChanges] = upstream(
        futures.market.PRICE_CHANGES, PriceChanges, alternatives={"Pair.market": futures.market.PAIRS_MARKETS}
    )
    delisted_pairs: Result[DelistedPairs] = upstream(futures.market.DELISTED_PAIRS, DelistedPairs)
    exchange_ranking: Result[ExchangeRanking] = upstream(futures.market.EXCHANGE_RANKING, ExchangeRanking)

    netflows: Result[FuturesNetflows] = upstream_paged(futures.taker_volume.NETFLOW_LIST, FuturesNetflows)
    spot_netflows: Result[SpotNetflows] = upstream_paged(spot.NETFLOW_LIST, SpotNetflows)
