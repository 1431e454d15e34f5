"""What is seen on the chains."""

import strawberry

from cg_client.endpoints import on_chain as api
from resolvers.field import upstream
from resolvers.pages import upstream_paged
from schema.on_chain.balances import (
    ExchangeBalanceHistory,
    ExchangeBalanceHistoryResult,
    ExchangeBalances,
    ExchangeBalancesResult,
)
from schema.on_chain.transfers import (
    ExchangeTransfers,
    ExchangeTransfersResult,
    WhaleTransfers,
    WhaleTransfersResult,
)
from schema.on_chain.unlocks import TokenUnlocks, TokenUnlocksResult, Vesting, VestingResult


@strawberry.type(description="What is seen on the chains: balances, transfers, unlocks.")
class OnChain:
    exchange_balances: ExchangeBalancesResult = upstream(api.BALANCE_LIST, ExchangeBalances)
    exchange_balance_history: ExchangeBalanceHistoryResult = upstream(api.BALANCE_CHART, ExchangeBalanceHistory)
    exchange_transfers: ExchangeTransfersResult = upstream_paged(api.EXCHANGE_TRANSFERS, ExchangeTransfers)
    whale_transfers: WhaleTransfersResult = upstream(
        api.WHALE_TRANSFERS,
        WhaleTransfers,
        alternatives={"OnChain.exchangeTransfers": api.EXCHANGE_TRANSFERS},
    )
    token_unlocks: TokenUnlocksResult = upstream_paged(api.UNLOCKS, TokenUnlocks)
    vesting: VestingResult = upstream(api.VESTING, Vesting)
