"""What is seen on the chains."""

import strawberry

from cg_client.endpoints import on_chain as api
from graph_types.problems import Result
from resolvers.field import upstream
from resolvers.pages import upstream_paged
from schema.on_chain.balances import (
    ExchangeBalanceHistory,
    ExchangeBalances,
)
from schema.on_chain.transfers import (
    ExchangeTransfers,
    WhaleTransfers,
)
from schema.on_chain.unlocks import TokenUnlocks, Vesting


@strawberry.type(description="What is seen on the chains: balances, transfers, unlocks.")
class OnChain:
    exchange_balances: Result[ExchangeBalances] = upstream(api.BALANCE_LIST, ExchangeBalances)
    exchange_balance_history: Result[ExchangeBalanceHistory] = upstream(api.BALANCE_CHART, ExchangeBalanceHistory)
    exchange_transfers: Result[ExchangeTransfers] = upstream_paged(api.EXCHANGE_TRANSFERS, ExchangeTransfers)
    whale_transfers: Result[WhaleTransfers] = upstream(
        api.WHALE_TRANSFERS,
        WhaleTransfers,
        alternatives={"OnChain.exchangeTransfers": api.EXCHANGE_TRANSFERS},
    )
    token_unlocks: Result[TokenUnlocks] = upstream_paged(api.UNLOCKS, TokenUnlocks)
    vesting: Result[Vesting] = upstream(api.VESTING, Vesting)
