"""Lists over the whole market."""

import strawberry

from cg_client.endpoints import futures
from resolvers.exchanges import named_exchanges
from resolvers.field import upstream
from schema.futures.funding_lists import (
    AccumulatedFundingRatesByCoin,
    AccumulatedFundingRatesByCoinResult,
    FundingArbitrage,
    FundingArbitrageResult,
)
from schema.futures.liquidation import LiquidationsByExchange, LiquidationsByExchangeResult
from schema.futures.market_lists import (
    DelistedPairs,
    DelistedPairsResult,
    ExchangeRanking,
    ExchangeRankingResult,
    PriceChanges,
    PriceChangesResult,
)
from schema.futures.max_pain import LiquidationMaxPains, LiquidationMaxPainsResult


@strawberry.type(description="Lists over the whole market.")
class Markets:
    liquidations_by_exchange: LiquidationsByExchangeResult = upstream(
        futures.liquidation.EXCHANGE_LIST,
        LiquidationsByExchange,
        description="Liquidations on each exchange, of one coin or of all together.",
    )
    accumulated_funding_rates: AccumulatedFundingRatesByCoinResult = upstream(
        futures.funding_rate.ACCUMULATED_EXCHANGE_LIST,
        AccumulatedFundingRatesByCoin,
        description="Funding rates of each coin on each exchange, added up over a period.",
    )
    funding_arbitrage: FundingArbitrageResult = upstream(
        futures.funding_rate.ARBITRAGE,
        FundingArbitrage,
        prepare=named_exchanges,
        alternatives={"Coin.currentFundingRates": futures.funding_rate.EXCHANGE_LIST},
    )
    liquidation_max_pain: LiquidationMaxPainsResult = upstream(
        futures.liquidation.MAX_PAIN,
        LiquidationMaxPains,
        alternatives={"Coin.liquidations": futures.liquidation.AGGREGATED_HISTORY},
    )
    price_changes: PriceChangesResult = upstream(
        futures.market.PRICE_CHANGES, PriceChanges, alternatives={"Pair.market": futures.market.PAIRS_MARKETS}
    )
    delisted_pairs: DelistedPairsResult = upstream(futures.market.DELISTED_PAIRS, DelistedPairs)
    exchange_ranking: ExchangeRankingResult = upstream(futures.market.EXCHANGE_RANKING, ExchangeRanking)
